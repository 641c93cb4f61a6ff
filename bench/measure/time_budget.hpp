// How a run's time is shared out: so much in all, whatever the machine's size and the number of
// kernels. Pure arithmetic, no clock.
#pragma once

#include <cstddef>

namespace lanewise::bench {

/// Seconds that a run takes at most, about, where the user says nothing.
inline constexpr double budget_full = 165;
inline constexpr double budget_quick = 48;

/// What remains is for the threads, so that a slow start does not make the whole late.
inline constexpr double budget_share_of_kernels = 0.35;

/// Seconds of one repetition, if `repetitions` of them are to end within the budget with some time
/// left: to find out how many calls that is, to warm up, and to run again what was disturbed.
[[nodiscard]] double seconds_of_repetition(double budget, std::size_t repetitions) noexcept;

/// A case whose single call takes longer would have more than its share of the budget.
[[nodiscard]] double seconds_of_call_max(double budget, int repetitions) noexcept;

}  // namespace lanewise::bench
