#include "time_budget.hpp"

#include <algorithm>

namespace lanewise::bench {
namespace {

constexpr double share_measured = 0.5;
constexpr double share_of_case_max = 0.03;

// Shorter than this the clock and the start of the threads show. Longer adds nothing, and on a busy
// machine it leaves fewer repetitions that nobody interrupts.
constexpr double shortest = 0.002;
constexpr double longest = 0.02;

}  // namespace

double seconds_of_repetition(double budget, std::size_t repetitions) noexcept {
    const auto count = static_cast<double>(std::max<std::size_t>(1, repetitions));
    return std::clamp(budget * share_measured / count, shortest, longest);
}

double seconds_of_call_max(double budget, int repetitions) noexcept {
    return budget * share_of_case_max / std::max(1, repetitions);
}

}  // namespace lanewise::bench
