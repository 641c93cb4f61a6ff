#include "compare_pools.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace lanewise::bench {
namespace {

constexpr int nodes_max = 1000;

double t_quantile(double share, double degrees) {
    return boost::math::quantile(boost::math::students_t{degrees}, share);
}

/// The logarithm of a pool's rate, the variance of that, and how many independent values it rests
/// on.
struct summary {
    double centre;
    double variance;
    double count;
};

/// One node over its rounds. Rounds that follow one another are alike: lag-1 autocorrelation,
/// corrected for its bias in short series, says how many independent ones they are worth.
std::optional<summary> over_rounds(const std::vector<double>& rates) {
    if (rates.size() < 3) return std::nullopt;
    std::vector<double> logs;
    logs.reserve(rates.size());
    for (const double rate : rates) logs.push_back(std::log(rate));
    const double centre = mean(logs);
    const auto n = static_cast<double>(logs.size());
    double squares = 0, products = 0;
    for (std::size_t i = 0; i < logs.size(); ++i) {
        squares += (logs[i] - centre) * (logs[i] - centre);
        if (i > 0) products += (logs[i] - centre) * (logs[i - 1] - centre);
    }
    const double lag = squares > 0 ? products / squares : 0;
    const double correlation = std::clamp(lag + (1 + 4 * lag) / n, 0.0, 0.8);
    const double effective = std::max(2.0, n * (1 - correlation) / (1 + correlation));
    return summary{centre, squares / (n - 1) / effective, effective};
}

summary over_nodes(const pool_rates& pool) {
    std::vector<double> centres;
    for (const auto& rates : pool) {
        double sum = 0;
        for (const double rate : rates) sum += std::log(rate);
        centres.push_back(sum / static_cast<double>(rates.size()));
    }
    const auto n = static_cast<double>(centres.size());
    return {mean(centres), variance(centres) / n, n};
}

/// A t quantile is right where nodes are even. Where a few nodes are slow by much, a sample often
/// lacks them and shows too little of the spread: the quantile alone covers 0.88 of 5 nodes and
/// 0.92 of 20. For one pool of exponentially slowed nodes, simulation asks for 1.81 (2 nodes),
/// 1.65 (5), 1.39 (10), 1.20 (20), 1.10 (40) to cover 0.95; this curve follows those numbers.
double widening(double nodes) {
    return std::min(1.8, 1 + 3.8 / nodes);
}

double half_width(const summary& first, const summary& second, double share, bool nodes_only) {
    const auto widened = [&](const summary& one) { return nodes_only ? 1 : widening(one.count); };
    const auto own = [&](const summary& one) {
        const double reach = t_quantile(share, one.count - 1) * widened(one);
        return reach * reach * one.variance;
    };
    const double cochran = std::sqrt(own(first) + own(second));
    const double both = first.variance + second.variance;
    if (nodes_only || both <= 0) return cochran;
    const double degrees = both * both /
                           (first.variance * first.variance / (first.count - 1) +
                            second.variance * second.variance / (second.count - 1));
    const double widened_both =
        (widened(first) * first.variance + widened(second) * second.variance) / both;
    const double welch = t_quantile(share, degrees) * widened_both * std::sqrt(both);
    const double fewer = std::min(first.count, second.count),
                 more = std::max(first.count, second.count);
    const double alike = fewer / more;
    return std::lerp(cochran, welch, alike * alike);
}

struct log_comparison {
    double centre, half95, half90;
    bool nodes_only;
    summary first, second;
};

std::optional<log_comparison> compare_logs(const pool_rates& first, const pool_rates& second) {
    if (first.empty() || second.empty()) return std::nullopt;
    const bool nodes_only = first.size() == 1 || second.size() == 1;
    const auto of = [](const pool_rates& pool) {
        return pool.size() == 1 ? over_rounds(pool.front()) : std::optional{over_nodes(pool)};
    };
    const auto a = of(first), b = of(second);
    if (!a || !b) return std::nullopt;
    return log_comparison{a->centre - b->centre,
                          half_width(*a, *b, 0.975, nodes_only),
                          half_width(*a, *b, 0.95, nodes_only),
                          nodes_only,
                          *a,
                          *b};
}

interval around(double centre, double half) {
    return {std::exp(centre - half), std::exp(centre + half)};
}

/// The smallest count a pool at which the interval would be narrow enough to decide, if the spread
/// stays.
std::optional<int> count_to_decide(const log_comparison& seen, double log_ratio) {
    const double away = std::abs(log_ratio);
    const double below = -std::log1p(-tie_margin), above = std::log1p(tie_margin);
    const double edge = log_ratio < 0 ? below : above;
    const double inside = std::min(edge - away, (log_ratio < 0 ? above : below) + away);
    for (int count = 2; count <= nodes_max; ++count) {
        const auto at = [&](const summary& one) {
            return summary{one.centre, one.variance * one.count / count,
                           static_cast<double>(count)};
        };
        const auto a = at(seen.first), b = at(seen.second);
        if (away > edge ? half_width(a, b, 0.975, seen.nodes_only) < away - edge
                        : half_width(a, b, 0.95, seen.nodes_only) < inside) {
            return count;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<ratio_interval> compare_rates(const pool_rates& first, const pool_rates& second) {
    const auto found = compare_logs(first, second);
    if (!found) return std::nullopt;
    return ratio_interval{std::exp(found->centre), around(found->centre, found->half95),
                          around(found->centre, found->half90), found->nodes_only};
}

std::optional<ratio_interval> rate_interval(const pool_rates& pool) {
    if (pool.empty()) return std::nullopt;
    const bool node_only = pool.size() == 1;
    const auto of = node_only ? over_rounds(pool.front()) : std::optional{over_nodes(pool)};
    if (!of) return std::nullopt;
    const auto half = [&](double share) {
        return t_quantile(share, of->count - 1) * (node_only ? 1 : widening(of->count)) *
               std::sqrt(of->variance);
    };
    return ratio_interval{std::exp(of->centre), around(of->centre, half(0.975)),
                          around(of->centre, half(0.95)), node_only};
}

std::optional<cost_comparison> compare_costs(const pool_rates& first, double first_usd_per_hour,
                                             const pool_rates& second, double second_usd_per_hour) {
    const auto found = compare_logs(first, second);
    if (!found) return std::nullopt;
    // Cost is price over rate: its logarithm turns the ratio of rates around.
    const double centre = std::log(first_usd_per_hour / second_usd_per_hour) - found->centre;
    cost_comparison made{std::exp(centre),
                         around(centre, found->half95),
                         around(centre, found->half90),
                         found->nodes_only,
                         cost_verdict::not_decided,
                         {},
                         {}};
    if (made.ci95.high < 1 - tie_margin) {
        made.verdict = cost_verdict::cheaper;
    } else if (made.ci95.low > 1 + tie_margin) {
        made.verdict = cost_verdict::dearer;
    } else if (made.ci90.low > 1 - tie_margin && made.ci90.high < 1 + tie_margin) {
        made.verdict = cost_verdict::tie;
    } else {
        auto& count = found->nodes_only ? made.rounds_to_decide : made.nodes_to_decide;
        count = count_to_decide(*found, centre);
    }
    return made;
}

double cost_of(double units, double usd_per_hour, double rate) {
    return units * usd_per_hour / (3600 * rate);
}

}  // namespace lanewise::bench
