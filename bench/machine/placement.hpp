// Which hardware threads a measurement runs on: vCPUs are not cores, so that is said of each
// figure.
#pragma once

#include <string>
#include <vector>

#include "kernels/machine/machine.hpp"

namespace lanewise::bench {

struct placement {
    std::string name;       ///< one, one_per_core, all, scaling; neighbour_same, neighbour_memory
    std::vector<int> cpus;  ///< one thread is pinned to each
    bool neighbour =
        false;  ///< only the first thread's speed counts, the second is its busy sibling
};

/// Threads in the order in which a machine should be filled: one of each core first, then their
/// siblings.
[[nodiscard]] std::vector<int> filling_order(const machine::facts& facts);

/// All that this machine has: 1, 2, 4 ... threads, one per core, all, each once, and the neighbours
/// where a core has siblings. A thread more than the quota allows is not placed.
[[nodiscard]] std::vector<placement> placements_of(const machine::facts& facts);

/// Hardware threads within the cpuset that share no core with any of the others'.
[[nodiscard]] std::vector<int> cpus_apart_from(const std::vector<int>& others,
                                               const machine::facts& facts);

}  // namespace lanewise::bench
