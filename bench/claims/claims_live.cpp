#include "claims_live.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "bench/figures/format.hpp"

namespace lanewise::bench {
namespace {

constexpr double slow_share = 0.01;  // p99

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

look_plan looks_of(const live_section& from) {
    return {from.planned_windows, static_cast<double>(from.planned_steps.value_or(1))};
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

}  // namespace

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
    made.errors = compare_windows(asked, from.error_margin, window_hours, looks);
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
            compared = compare_windows(paired(baseline, candidate, from.windows, slow_in),
                                       from.slow_margin, window_hours, looks);
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
    if (baseline.usd_per_hour && candidate.usd_per_hour) {
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
