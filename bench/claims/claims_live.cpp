#include "claims_live.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "bench/figures/autocorrelated.hpp"
#include "bench/figures/format.hpp"

namespace lanewise::bench {
namespace {

// Where neighbours are as alike as that, windows tell too little beyond the first for any estimate
// of their spread: the interval would cover less than it says (`claims_live`).
constexpr double lag_correlation_max = 0.8;
constexpr double hours_max = 24.0 * 365;
constexpr double events_many = 100;
constexpr double slow_share = 0.01;  // p99

/// One window of one pool: requests, and those among them that count (errors, or slow ones).
struct tally {
    double requests = 0, events = 0;
};

struct pair_of_tallies {
    tally baseline, candidate;
};

const live_pool& pool_named(const live_section& from, const std::string& name) {
    const auto found = std::ranges::find(from.pools, name, &live_pool::name);
    if (found == from.pools.end()) throw std::invalid_argument{"no pool is named " + name};
    return *found;
}

template <class List>
auto at_window(const List& list, std::size_t window) {
    using value = typename List::value_type;
    return window < list.size() ? list[window] : value{};
}

/// Half the interval's width by the counts alone, were each request independent: no traffic varies
/// less. The counts are taken four larger, so that no event in n requests still leaves about 4 in n
/// possible (the exact 97.5 % bound is 3.7 in n).
double counting_half_width(const tally& one, const tally& other, double times = 1) {
    const auto variance = [&](const tally& of) {
        return (times * of.events + 4) / (times * of.requests * times * of.requests);
    };
    return 1.96 * std::sqrt(variance(one) + variance(other));
}

/// Of how many looks this one is.
struct look_plan {
    std::optional<double> windows;  ///< planned; none: it is the only look
    double steps = 1;

    [[nodiscard]] double widening(double windows_seen) const {
        return windows ? widening_of_looks(windows_seen, *windows, steps) : 1;
    }
};

look_plan looks_of(const live_section& from) {
    return {from.planned_windows, static_cast<double>(from.planned_steps.value_or(1))};
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

/// Each window compares the pools with each other, so that a day's pattern or a share that was
/// raised meanwhile favours none; weights as Mantel and Haenszel's.
live_comparison compare(const std::vector<pair_of_tallies>& windows, double margin,
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

std::vector<pair_of_tallies> paired(const live_pool& baseline, const live_pool& candidate,
                                    std::size_t windows, auto tally_of) {
    std::vector<pair_of_tallies> found;
    for (std::size_t i = 0; i < windows; ++i) {
        const std::optional<tally> one = tally_of(baseline, i), other = tally_of(candidate, i);
        if (one && other && one->requests > 0 && other->requests > 0)
            found.push_back({*one, *other});
    }
    return found;
}

std::optional<tally> errors_in(const live_pool& pool, std::size_t window) {
    const auto requests = at_window(pool.requests, window), errors = at_window(pool.errors, window);
    if (!requests || !errors) return std::nullopt;
    return tally{*requests, *errors};
}

/// Requests of all windows up to each bound, and all of them.
std::vector<double> summed(const live_pool& pool) {
    std::vector<double> sums;
    for (const auto& one : pool.buckets) {
        if (one.empty()) continue;
        sums.resize(one.size());
        std::transform(one.begin(), one.end(), sums.begin(), sums.begin(), std::plus{});
    }
    return sums;
}

/// The bucket that holds the quantile.
std::optional<interval> bucket_of(const std::vector<double>& sums,
                                  const std::vector<double>& bounds, double share) {
    if (sums.size() != bounds.size() + 1 || !(sums.back() > 0)) return std::nullopt;
    const double wanted = share * sums.back();
    const auto holds = std::ranges::find_if(sums, [&](double sum) { return sum >= wanted; });
    const auto index = static_cast<std::size_t>(holds - sums.begin());
    return interval{
        index == 0 ? 0 : bounds[index - 1],
        index < bounds.size() ? bounds[index] : std::numeric_limits<double>::infinity()};
}

/// A ratio of sums over windows, with the interval of its linear part.
struct ratio_of_sums {
    double value = 0;
    std::vector<double> relative;  ///< deviations of each window, relative to the value
};

std::optional<ratio_of_sums> ratio_over(const std::vector<double>& above,
                                        const std::vector<double>& below) {
    const auto n = static_cast<double>(above.size());
    const double top = std::accumulate(above.begin(), above.end(), 0.0);
    const double bottom = std::accumulate(below.begin(), below.end(), 0.0);
    if (above.size() < live_windows_min || !(top > 0) || !(bottom > 0)) return std::nullopt;
    ratio_of_sums made{top / bottom, {}};
    for (std::size_t i = 0; i < above.size(); ++i)
        made.relative.push_back((above[i] / top - below[i] / bottom) * n);
    return made;
}

live_estimate scaled(const ratio_of_sums& from, double factor) {
    const double half_width = mean_half_width(from.relative);
    const double value = from.value * factor;
    return {value, {value * std::exp(-half_width), value * std::exp(half_width)}};
}

/// One pool's ratio over another's; the windows are the same ones.
live_estimate quotient(const ratio_of_sums& candidate, const ratio_of_sums& baseline,
                       double factor) {
    std::vector<double> relative;
    for (std::size_t i = 0; i < candidate.relative.size(); ++i)
        relative.push_back(candidate.relative[i] - baseline.relative[i]);
    const double half_width = mean_half_width(relative);
    const double value = candidate.value / baseline.value * factor;
    return {value, {value * std::exp(-half_width), value * std::exp(half_width)}};
}

/// The windows of one pool in which it is known what it used.
struct usage {
    std::vector<double> requests, cpu_seconds, seconds;
};

usage usage_of(const live_section& from, const live_pool& pool, const live_pool* beside) {
    usage found;
    for (std::size_t i = 0; i < from.windows; ++i) {
        const auto requests = at_window(pool.requests, i), cpu = at_window(pool.cpu_seconds, i);
        if (!requests || !cpu) continue;
        if (beside && (!at_window(beside->requests, i) || !at_window(beside->cpu_seconds, i)))
            continue;
        found.requests.push_back(*requests);
        found.cpu_seconds.push_back(*cpu);
        found.seconds.push_back(from.window_seconds);
    }
    return found;
}

live_pool_claims claims_about_pool(const live_section& from, const live_pool& pool) {
    live_pool_claims made;
    made.name = pool.name;
    made.targets = pool.targets;
    made.emulated = pool.emulated;
    std::vector<double> requests, seconds;
    for (std::size_t i = 0; i < from.windows; ++i) {
        const auto asked = at_window(pool.requests, i);
        if (!asked) continue;
        requests.push_back(*asked);
        seconds.push_back(from.window_seconds);
        made.errors += at_window(pool.errors, i).value_or(0);
    }
    made.requests = std::accumulate(requests.begin(), requests.end(), 0.0);
    const double seen_seconds = std::accumulate(seconds.begin(), seconds.end(), 0.0);
    if (seen_seconds > 0) made.rate = made.requests / seen_seconds;
    const auto sums = summed(pool);
    made.p50_seconds = bucket_of(sums, from.bounds_seconds, 0.5);
    made.p99_seconds = bucket_of(sums, from.bounds_seconds, 1 - slow_share);
    const auto used = usage_of(from, pool, nullptr);
    const auto per_request = ratio_over(used.cpu_seconds, used.requests);
    if (per_request) made.cpu_ms_per_request = scaled(*per_request, 1e3);
    if (const auto busy = ratio_over(used.cpu_seconds, used.seconds); busy && pool.cpus)
        made.utilisation = busy->value / *pool.cpus;
    if (!pool.usd_per_hour) return made;
    const double usd_per_second = *pool.usd_per_hour / 3600;
    if (const auto per_time = ratio_over(seconds, requests))
        made.usd_per_million = scaled(*per_time, usd_per_second * 1e6);
    if (per_request && pool.cpus)
        made.usd_per_million_of_cpus = scaled(*per_request, usd_per_second / *pool.cpus * 1e6);
    return made;
}

/// The smallest bound that 99 of 100 of the baseline's requests keep: whether the candidate's p99
/// is above it is a question of counts, however wide the buckets are.
std::optional<std::size_t> slow_bound(const live_section& from, const live_pool& baseline) {
    const auto sums = summed(baseline);
    if (sums.size() != from.bounds_seconds.size() + 1 || !(sums.back() > 0)) return std::nullopt;
    for (std::size_t i = 0; i < from.bounds_seconds.size(); ++i) {
        if (sums[i] >= (1 - slow_share) * sums.back()) return i;
    }
    return std::nullopt;
}

void judge(live_claims& made) {
    for (const auto* pool : {&made.baseline, &made.candidate}) {
        if (pool->emulated)
            made.reasons.push_back(pool->name + " is emulated: its figures are not ranked.");
        if (!(pool->requests > 0))
            made.reasons.push_back(pool->name + " was asked nothing that the Prometheus knows of.");
    }
    if (made.baseline.emulated || made.candidate.emulated) {
        made.verdict = live_verdict::not_ranked;
        return;
    }
    struct part {
        std::string name;
        const live_comparison* compared;
    };
    std::vector<part> parts{{"Errors", &made.errors}};
    if (made.slow) parts.push_back({"Slow requests", &*made.slow});
    made.verdict = live_verdict::not_worse;
    for (const auto& [name, compared] : parts) {
        if (compared->verdict == live_verdict::worse) {
            made.verdict = live_verdict::worse;
            made.reasons.push_back(name + " are more on " + made.candidate.name + ": " +
                                   percent(compared->candidate) + " of its requests, " +
                                   percent(compared->baseline) + " on " + made.baseline.name + ".");
        } else if (compared->verdict == live_verdict::not_decided) {
            if (made.verdict != live_verdict::worse) made.verdict = live_verdict::not_decided;
            made.reasons.push_back(name + " are not decided: " + compared->why + ".");
            if (compared->hours_more)
                made.hours_more = std::max(made.hours_more.value_or(0), *compared->hours_more);
        }
    }
    if (made.verdict != live_verdict::not_decided) made.hours_more.reset();
}

std::string points(double share) {
    return digits(share * 100) + " points";
}

std::string difference_of(const live_comparison& compared) {
    return points(compared.difference) + " (95 % interval " + digits(compared.ci95.low * 100) +
           " to " + points(compared.ci95.high) + ", margin " + points(compared.margin) + ")";
}

std::string usd(const live_estimate& cost) {
    return digits(cost.value) + " USD (" + digits(cost.ci95.low) + " to " + digits(cost.ci95.high) +
           ")";
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

std::string_view words_of(live_verdict verdict) noexcept {
    switch (verdict) {
        case live_verdict::not_worse:
            return "not worse";
        case live_verdict::worse:
            return "worse";
        case live_verdict::not_decided:
            return "not decided";
        case live_verdict::not_ranked:
            break;
    }
    return "not ranked";
}

std::string live_claims::sentence() const {
    std::string text = "By " + counted(windows, "window") + " of live traffic, " + candidate.name;
    switch (verdict) {
        case live_verdict::not_worse:
            text += " is not worse than " + baseline.name;
            break;
        case live_verdict::worse:
            text += " is worse than " + baseline.name;
            break;
        case live_verdict::not_decided:
            text += " beside " + baseline.name + " is not decided";
            break;
        case live_verdict::not_ranked:
            text += " beside " + baseline.name + " is not ranked";
            break;
    }
    if (windows > 0) {
        text += ": errors differ by " + difference_of(errors);
        if (slow)
            text += ", requests slower than " + digits(*slow_bound_seconds * 1e3) + " ms by " +
                    difference_of(*slow);
    }
    text += ".";
    if (one_of_many_looks) {
        text += " These intervals hold at all looks of ";
        text += steps > 1 ? "all " + std::to_string(steps) + " steps together."
                          : std::string{"this time together."};
    }
    if (verdict == live_verdict::not_decided) {
        text += hours_more ? " About " + digits(std::max(*hours_more, 0.1), 2) +
                                 " hours more of such traffic would decide."
                           : " No time within a year would decide at this traffic.";
    }
    return text;
}

std::string live_claims::cost_sentence() const {
    if (!baseline.usd_per_million || !candidate.usd_per_million) return {};
    const auto busy = [](const live_pool_claims& pool) {
        return pool.utilisation ? " at " + percent(*pool.utilisation) + " of its CPUs" : "";
    };
    std::string text = "A million requests cost " + usd(*candidate.usd_per_million) + " on " +
                       candidate.name + busy(candidate) + " and " + usd(*baseline.usd_per_million) +
                       " on " + baseline.name + busy(baseline);
    text += candidate.emulated || baseline.emulated
                ? ", which is no comparison: one of them is emulated."
                : ", each as busy as it was.";
    if (candidate.usd_per_million_of_cpus && baseline.usd_per_million_of_cpus)
        text += " For the CPU time alone, as if both were busy alike: " +
                usd(*candidate.usd_per_million_of_cpus) + " and " +
                usd(*baseline.usd_per_million_of_cpus) + ".";
    return text;
}

live_claims claims_about_live(const live_section& from) {
    const auto& baseline = pool_named(from, from.baseline);
    const auto& candidate = pool_named(from, from.candidate);
    live_claims made;
    made.baseline = claims_about_pool(from, baseline);
    made.candidate = claims_about_pool(from, candidate);
    const double all = made.baseline.requests + made.candidate.requests;
    if (all > 0) {
        made.baseline.traffic_share = made.baseline.requests / all;
        made.candidate.traffic_share = made.candidate.requests / all;
    }
    const double window_hours = from.window_seconds / 3600;
    const auto asked = paired(baseline, candidate, from.windows, errors_in);
    made.windows = asked.size();
    made.windows_less = from.windows - asked.size();
    made.one_of_many_looks = from.planned_windows.has_value();
    made.steps = from.planned_steps.value_or(1);
    const auto looks = looks_of(from);
    made.errors = compare(asked, from.error_margin, window_hours, looks);
    if (!from.bounds_seconds.empty()) {
        live_comparison compared;
        compared.margin = from.slow_margin;
        compared.why = "the p99 of " + baseline.name + " lies above the histogram's last bound";
        if (summed(baseline).empty()) compared.why = "the Prometheus has no durations";
        if (const auto bound = slow_bound(from, baseline)) {
            made.slow_bound_seconds = from.bounds_seconds[*bound];
            const auto slow_in = [&](const live_pool& pool,
                                     std::size_t window) -> std::optional<tally> {
                const auto counts = at_window(pool.buckets, window);
                if (counts.size() != from.bounds_seconds.size() + 1) return std::nullopt;
                return tally{counts.back(), std::max(0.0, counts.back() - counts[*bound])};
            };
            compared = compare(paired(baseline, candidate, from.windows, slow_in), from.slow_margin,
                               window_hours, looks);
        } else {
            made.slow_bound_seconds = from.bounds_seconds.back();
        }
        made.slow = compared;
    }
    const auto of_baseline = usage_of(from, baseline, &candidate);
    const auto of_candidate = usage_of(from, candidate, &baseline);
    const auto baseline_cpu = ratio_over(of_baseline.cpu_seconds, of_baseline.requests);
    const auto candidate_cpu = ratio_over(of_candidate.cpu_seconds, of_candidate.requests);
    if (baseline_cpu && candidate_cpu) made.cpu_ratio = quotient(*candidate_cpu, *baseline_cpu, 1);
    if (baseline.usd_per_hour && candidate.usd_per_hour && made.baseline.usd_per_million &&
        made.candidate.usd_per_million) {
        std::vector<double> one, other, seconds;
        for (std::size_t i = 0; i < from.windows; ++i) {
            const auto a = at_window(baseline.requests, i), b = at_window(candidate.requests, i);
            if (!a || !b) continue;
            one.push_back(*a);
            other.push_back(*b);
            seconds.push_back(from.window_seconds);
        }
        const auto baseline_time = ratio_over(seconds, one),
                   candidate_time = ratio_over(seconds, other);
        if (baseline_time && candidate_time)
            made.cost_ratio = quotient(*candidate_time, *baseline_time,
                                       *candidate.usd_per_hour / *baseline.usd_per_hour);
    }
    judge(made);
    return made;
}

}  // namespace lanewise::bench
