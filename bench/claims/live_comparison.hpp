// Two pools that answered live traffic side by side, window by window: whether a share of requests
// (errors, or slow ones) is more on the candidate than a margin allows, and after how many more
// hours that would be known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/figures/statistics.hpp"

namespace lanewise::bench {

/// Windows in which both pools were asked something; below that nothing is decided.
inline constexpr std::size_t live_windows_min = 20;

/// By how much an interval of one look is widened so that 95 % hold at all looks together, however
/// many there are, at a time that grows and was planned for so many windows. The boundary is
/// Robbins' of normal mixtures, for sums whose variance grows with the windows n:
/// sqrt((1 + r ÷ n) · log((n + r) ÷ (0.05² · r))) ÷ 1.96, narrowest about n = planned where
/// r = planned ÷ 8.3; a tenth wider, for the windows' spread is an estimate. Of several steps that
/// are watched one after the other, each gets an equal part of the 0.05 (Bonferroni), so that 95 %
/// hold in all of them together.
[[nodiscard]] double widening_of_looks(double windows, double planned_windows, double steps = 1);

enum class live_verdict : std::uint8_t { not_worse, worse, not_decided, not_ranked };

/// A share of the requests on both pools, and by how much the candidate's is larger.
struct live_comparison {
    double baseline = 0, candidate = 0;  ///< shares of all requests
    double difference = 0;  ///< candidate − baseline within the same windows, weighted alike
    interval ci95{0, 0};
    double margin = 0;
    live_verdict verdict = live_verdict::not_decided;
    std::optional<double> hours_more;  ///< of the same traffic, that would decide
    std::string why;                   ///< it is not decided; empty: it is
};

/// One window of one pool: requests, and those among them that count (errors, or slow ones).
struct tally {
    double requests = 0, events = 0;
};

/// A window in which both pools were asked.
struct pair_of_tallies {
    tally baseline, candidate;
};

/// Of how many looks this one is.
struct look_plan {
    std::optional<double> windows;  ///< planned; none: it is the only look
    double steps = 1;

    [[nodiscard]] double widening(double windows_seen) const {
        return windows ? widening_of_looks(windows_seen, *windows, steps) : 1;
    }
};

/// Each window compares the pools with each other, so that a day's pattern or a share that was
/// raised meanwhile favours none; weights as Mantel and Haenszel's. Each pair has requests of both.
[[nodiscard]] live_comparison compare_windows(const std::vector<pair_of_tallies>& windows,
                                              double margin, double window_hours,
                                              const look_plan& looks);

}  // namespace lanewise::bench
