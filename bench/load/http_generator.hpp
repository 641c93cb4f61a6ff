// Open-loop HTTP load over sockets: requests leave at their intended times over a bounded number of
// connections, whatever the replies do; one that finds no free connection waits in the generator,
// and that counts as its latency. So does the opening of a connection that it needs.
#pragma once

#include <cstdint>
#include <vector>

#include "destination.hpp"
#include "load_step.hpp"
#include "request_mix.hpp"

namespace lanewise::bench {

struct load_options {
    double rate = 1000;               ///< requests a second
    double seconds = 2;               ///< that count
    double warm_seconds = 0.2;        ///< before them, that do not
    double give_up_seconds = 2;       ///< after them, for replies that are still to come
    double first_open_seconds = 0.5;  ///< after them, where not one connection was opened yet
    std::int64_t late_bound_ns = 1'000'000;  ///< what leaves later than this is late
    int connections = 64;
    int requests_per_connection = 0;  ///< 0: as many as the server lets
    std::vector<int>
        cpus;            ///< one generating thread is pinned to each; empty: one thread, not pinned
    bool sleeps = true;  ///< until the next request is due; else it looks again and again, for a
                         ///< CPU of a virtual machine that sleeps may be woken milliseconds late
    std::uint64_t seed = 1;
};

/// What the counted part of the step came to. It ends when every reply is there, at the latest
/// `give_up_seconds` after the last intended time; sooner where no connection ever came about,
/// and at once on Ctrl-C.
[[nodiscard]] step_counts generate_load(const load_destination& destination, const request_mix& mix,
                                        const load_options& options);

}  // namespace lanewise::bench
