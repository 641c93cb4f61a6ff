// From what a node holds to how many of them a peak needs, what they cost a month, and what drives
// that. Pure functions of claims.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "claims_cost.hpp"
#include "claims_scaling.hpp"

namespace lanewise::bench {

/// What may fail while the peak lasts.
enum class loss : std::uint8_t { none, node, zone };

struct plan_request {
    double peak = 0;               ///< requests a second, a mean over minutes
    std::optional<double> p99_ms;  ///< none: the target of the documents
    loss survived = loss::zone;
    int zones = 3;  ///< that the nodes are spread over evenly
    int pods_per_node = 1;
    double growth = 0;              ///< share by which the peak will grow
    double burst = 1;               ///< the busiest second ÷ the peak
    std::optional<double> mix;      ///< share of the peak that the cheaper pool takes
    double ramp = 0.2;              ///< share by which load rises within a minute
    double pod_start_seconds = 60;  ///< from the rise of the load to a pod that is ready

    /// The rate that is planned for.
    [[nodiscard]] double rate() const { return peak * (1 + growth) * burst; }
};

/// What is wrong with it, by flag, and what would be right; empty: nothing.
[[nodiscard]] std::string problem_of(const plan_request& asked);

/// Nodes that are left when the worst of the losses has happened: of zones, the one with most
/// nodes.
[[nodiscard]] int nodes_after(int nodes, loss lost, int zones);

/// The fewest nodes of which those that are left hold the rate; at least one is left.
[[nodiscard]] int nodes_for(double rate, double node_rate, loss lost, int zones);

/// A month of hours: 365 days ÷ 12.
inline constexpr double hours_a_month = 730;

/// Dollars a month of nodes at this price an hour.
[[nodiscard]] double usd_a_month(int nodes, double usd_per_hour);

struct pool_plan {
    std::string pool, architecture, instance, provider;
    double rate = 0;                     ///< that the pool takes
    double node_rate = 0;                ///< that a node held with p99 within the target
    std::optional<interval> node_rates;  ///< 95 %; none: too few rounds
    double planned_node_rate = 0;        ///< the lower end of it: what is planned with
    bool one_node = false;               ///< it rests on one node
    int nodes = 0, nodes_at_rate = 0,
        nodes_at_best = 0;  ///< at the lower end, the rate, the upper end
    int needed = 0;         ///< of them without a loss
    int after_loss = 0;
    double exact = 0;  ///< nodes that the rate alone asks for, in fractions
    std::optional<double> usd_per_hour, usd_month;
    std::optional<interval> usd_months;  ///< by the ends of node_rates
    std::string driver;                  ///< the number that decides the count, in a sentence
    int replicas = 0;
    scaling_claims scaling;

    [[nodiscard]] double load_after_loss() const { return rate / after_loss; }  ///< a node's
};

/// The pool is ranked; its scaling is left open.
[[nodiscard]] pool_plan plan_of_pool(const pool_figure& figure, double rate,
                                     const plan_request& asked);

struct plan {
    plan_request asked;
    std::string work;
    std::vector<pool_plan>
        pools;                   ///< each for the whole peak; those with a price first, by dollars
    std::vector<pool_plan> mix;  ///< two pools, each for its share; empty: not asked for
    std::vector<std::string> left_out;  ///< "m7i.large: why there is no plan for it"
    std::string verdict;
    std::optional<pool_pair> pair;           ///< of the first two pools, by the rate alone
    std::optional<ratio_interval> capacity;  ///< node rate of the first pool ÷ that of the second
    bool cost_decided = false;  ///< the first of the pools costs less, by rate and as planned
    std::vector<std::string> to_know;
    std::vector<std::string> hashes;  ///< sha256 of the documents
};

struct plan_or_reason {
    std::optional<plan> made;
    std::string reason;  ///< why there is none
};

[[nodiscard]] plan_or_reason plan_for(std::span<const document> documents,
                                      const price_table& prices, const plan_request& asked);

/// "a zone of 3", "a node", "nothing".
[[nodiscard]] std::string in_words(const plan_request& asked);

}  // namespace lanewise::bench
