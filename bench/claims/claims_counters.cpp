#include "claims_counters.hpp"

#include <algorithm>

namespace lanewise::bench {
namespace {

using amount = std::optional<double>;

/// Known where it is of every thread.
amount sum_of(const std::vector<thread_counts>& threads, amount thread_counts::* field) {
    double sum = 0;
    for (const auto& one : threads) {
        if (!(one.*field)) return std::nullopt;
        sum += *(one.*field);
    }
    return sum;
}

amount quotient(const amount& above, const amount& below, double factor = 1) {
    return above && below.value_or(0) > 0 ? amount{factor * *above / *below} : std::nullopt;
}

}  // namespace

std::optional<counter_claims> claims_about_counters(
    const std::optional<std::vector<thread_counts>>& threads) {
    if (!threads || threads->empty()) return std::nullopt;
    const auto cycles = sum_of(*threads, &thread_counts::cycles);
    const auto instructions = sum_of(*threads, &thread_counts::instructions);
    double items = 0;
    for (const auto& one : *threads) items += one.items;
    counter_claims found;
    found.ipc = quotient(instructions, cycles);
    found.cycles_per_item = quotient(cycles, items);
    found.branch_misses =
        quotient(sum_of(*threads, &thread_counts::branch_misses), instructions, 1000);
    found.last_level_misses =
        quotient(sum_of(*threads, &thread_counts::last_level_misses), instructions, 1000);
    for (const auto& one : *threads) {
        const auto mine = quotient(one.instructions, one.cycles);
        if (!mine) continue;
        found.ipc_lowest = std::min(found.ipc_lowest.value_or(*mine), *mine);
        found.ipc_highest = std::max(found.ipc_highest.value_or(*mine), *mine);
    }
    return found;
}

}  // namespace lanewise::bench
