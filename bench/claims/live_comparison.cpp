#include "live_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bench/figures/autocorrelated.hpp"
#include "bench/figures/format.hpp"

namespace lanewise::bench {
namespace {

// Where neighbours are as alike as that, windows tell too little beyond the first for any estimate
// of their spread: the interval would cover less than it says (`claims_live`).
constexpr double lag_correlation_max = 0.8;
constexpr double hours_max = 24.0 * 365;
constexpr double events_many = 100;

/// Half the interval's width by the counts alone, were each request independent: no traffic varies
/// less. The counts are taken four larger, so that no event in n requests still leaves about 4 in n
/// possible (the exact 97.5 % bound is 3.7 in n).
double counting_half_width(const tally& one, const tally& other, double times = 1) {
    const auto variance = [&](const tally& of) {
        return (times * of.events + 4) / (times * of.requests * times * of.requests);
    };
    return 1.96 * std::sqrt(variance(one) + variance(other));
}

/// How wide an interval is once the windows have become so many times as many.
struct width_over_time {
    double windows;
    look_plan looks;
    double by_windows;
    tally one, other;

    /// The spread that the windows show is a sample too: where events are many, it is taken as it
    /// is unless it is far below what counts allow.
    [[nodiscard]] double half_width(double times = 1) const {
        const bool many = times * std::min(one.events, other.events) >= events_many;
        const double by_counts = counting_half_width(one, other, times);
        return looks.widening(times * windows) *
               std::max(by_windows / std::sqrt(times), many ? 0.8 * by_counts : by_counts);
    }
};

/// Hours of the same traffic beyond `hours` after which the interval would clear the margin.
std::optional<double> hours_to_decide(double hours, double distance, const width_over_time& width) {
    double less = 1, enough = hours_max / hours;
    const auto clears = [&](double times) { return width.half_width(times) <= distance; };
    if (!(distance > 0) || enough <= 1 || !clears(enough)) return std::nullopt;
    for (int i = 0; i < 60; ++i) {
        const double middle = std::sqrt(less * enough);
        (clears(middle) ? enough : less) = middle;
    }
    return hours * (enough - 1);
}

}  // namespace

double widening_of_looks(double windows, double planned_windows, double steps) {
    constexpr double one_look = 1.96, narrowest = 8.3;
    const double alpha = 0.05 / steps;
    constexpr double estimated = 1.1;  // the spread is: without it 0.94 instead of 0.95 hold
    const double r = planned_windows / narrowest;
    return estimated / one_look *
           std::sqrt((1 + r / windows) * std::log((windows + r) / (alpha * alpha * r)));
}

live_comparison compare_windows(const std::vector<pair_of_tallies>& windows, double margin,
                                double window_hours, const look_plan& looks) {
    live_comparison made;
    made.margin = margin;
    tally all_baseline, all_candidate;
    std::vector<double> weights, differences;
    for (const auto& [baseline, candidate] : windows) {
        all_baseline.requests += baseline.requests;
        all_baseline.events += baseline.events;
        all_candidate.requests += candidate.requests;
        all_candidate.events += candidate.events;
        weights.push_back(baseline.requests * candidate.requests /
                          (baseline.requests + candidate.requests));
        differences.push_back(candidate.events / candidate.requests -
                              baseline.events / baseline.requests);
    }
    if (windows.size() < live_windows_min) {
        made.why = "only " + counted(windows.size(), "window") +
                   " in which both pools were asked, " + std::to_string(live_windows_min) +
                   " are needed";
        made.hours_more = static_cast<double>(live_windows_min - windows.size()) * window_hours;
        if (windows.empty()) return made;
    }
    made.baseline = all_baseline.events / all_baseline.requests;
    made.candidate = all_candidate.events / all_candidate.requests;
    const auto n = static_cast<double>(windows.size());
    const double weight = std::accumulate(weights.begin(), weights.end(), 0.0);
    made.difference =
        std::inner_product(weights.begin(), weights.end(), differences.begin(), 0.0) / weight;
    std::vector<double> deviations;
    for (std::size_t i = 0; i < windows.size(); ++i)
        deviations.push_back(weights[i] * (differences[i] - made.difference) * n / weight);
    const double by_windows = mean_half_width(deviations);
    const width_over_time width{n, looks, by_windows, all_baseline, all_candidate};
    const double half_width = width.half_width();
    made.ci95 = {made.difference - half_width, made.difference + half_width};
    if (!made.why.empty()) return made;
    const bool spread_matters = by_windows > counting_half_width(all_baseline, all_candidate) / 2;
    if (spread_matters && lag_correlation(deviations) > lag_correlation_max) {
        made.why = "neighbouring windows are too much alike: longer ones (--window), or more hours";
        made.hours_more = n * window_hours;
        return made;
    }
    if (made.ci95.high <= margin) {
        made.verdict = live_verdict::not_worse;
    } else if (made.ci95.low > margin) {
        made.verdict = live_verdict::worse;
    } else {
        made.why = "the interval holds the margin";
        made.hours_more =
            hours_to_decide(n * window_hours, std::abs(margin - made.difference), width);
    }
    return made;
}

}  // namespace lanewise::bench
