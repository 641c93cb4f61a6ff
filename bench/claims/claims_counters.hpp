// What a CPU's own counters say of a work: why its second threads add much, or nothing. Pure
// functions of what a document kept.
#pragma once

#include <optional>
#include <vector>

#include "bench/documents/thread_counts.hpp"

namespace lanewise::bench {

/// Over all threads that count; none: not counted.
struct counter_claims {
    std::optional<double> ipc;                      ///< instructions a cycle of a thread
    std::optional<double> ipc_lowest, ipc_highest;  ///< of any thread
    std::optional<double> cycles_per_item;
    std::optional<double> branch_misses;      ///< in a thousand instructions
    std::optional<double> last_level_misses;  ///< likewise
};

/// None where nothing was counted.
[[nodiscard]] std::optional<counter_claims> claims_about_counters(
    const std::optional<std::vector<thread_counts>>& threads);

}  // namespace lanewise::bench
