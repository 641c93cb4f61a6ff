// The one rule by which two pools are compared: an interval on the ratio of their rates that
// simulations show to cover, and what may be said of a cost ratio by it. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/figures/statistics.hpp"

namespace lanewise::bench {

/// A pool's rates: for each node, one a round. No node is without a round.
using pool_rates = std::vector<std::vector<double>>;

struct ratio_interval {
    double value;  ///< geometric mean of the first pool's nodes ÷ that of the second's
    interval ci95, ci90;
    bool nodes_only;  ///< a pool of one node: the interval covers these nodes' ratio, not their
                      ///< pools'
};

/// On logarithms, over nodes (each the mean of its rounds). Pools of equal size: Welch's t. Pools
/// of unequal size: nearer to Cochran's, which gives each pool's spread its own t quantile, because
/// Welch counts too many degrees of freedom for two nodes of skewed speed beside twenty even ones.
/// Both quantiles are widened, most for few nodes: a sample often lacks the few slow nodes of its
/// pool. A pool of one node is taken over its rounds, whose autocorrelation widens the interval;
/// nullopt if it has fewer than three.
[[nodiscard]] std::optional<ratio_interval> compare_rates(const pool_rates& first,
                                                          const pool_rates& second);

/// The same rule for one pool: its rate, and the interval on that. nullopt: one node with fewer
/// than three rounds.
[[nodiscard]] std::optional<ratio_interval> rate_interval(const pool_rates& pool);

enum class cost_verdict : std::uint8_t { cheaper, dearer, tie, not_decided };

inline constexpr double tie_margin = 0.03;

struct cost_comparison {
    double ratio;  ///< cost of the first per unit of work ÷ that of the second
    interval ci95, ci90;
    bool nodes_only;
    cost_verdict verdict;
    std::optional<int> nodes_to_decide;   ///< nodes a pool that would decide, at the spread seen;
                                          ///< none where decided
    std::optional<int> rounds_to_decide;  ///< the same in rounds, where each pool is one node
};

/// Cheaper or dearer: the 95 % interval clears 1 ± 3 %. Tie: the 90 % interval lies wholly inside
/// it.
[[nodiscard]] std::optional<cost_comparison> compare_costs(const pool_rates& first,
                                                           double first_usd_per_hour,
                                                           const pool_rates& second,
                                                           double second_usd_per_hour);

/// Dollars for so many units of work at a rate of them a second.
[[nodiscard]] double cost_of(double units, double usd_per_hour, double rate);

}  // namespace lanewise::bench
