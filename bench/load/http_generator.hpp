// Open-loop HTTP load over sockets: requests leave at their intended times over a bounded number of
// connections, whatever the replies do; one that finds no free connection waits in the generator,
// and that counts as its latency.
#pragma once

#include <cstdint>
#include <vector>

#include "http_target.hpp"
#include "load_step.hpp"

namespace lanewise::bench {

struct load_options {
    double rate = 1000;         ///< requests a second
    double seconds = 2;         ///< that count
    double warm_seconds = 0.2;  ///< before them, that do not
    int connections = 64;
    std::vector<int>
        cpus;  ///< one generating thread is pinned to each; empty: one thread, not pinned
    std::uint64_t seed = 1;
};

/// What the counted part of the step came to. Gives up what has no reply two seconds after the last
/// intended send.
[[nodiscard]] step_counts generate_load(const http_target& target, const load_options& options);

}  // namespace lanewise::bench
