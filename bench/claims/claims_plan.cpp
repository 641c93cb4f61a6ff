#include "claims_plan.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "bench/figures/format.hpp"
#include "claims_kernels.hpp"
#include "claims_load.hpp"

namespace lanewise::bench {
namespace {

/// Beyond this a plan is a slip of the keyboard.
constexpr double nodes_max = 100'000;

/// A quotient that is whole but for rounding is whole.
double ceiling(double value) {
    return std::ceil(value - 1e-9);
}

std::string rate_text(double rate) {
    return with_prefix(rate, "requests/s");
}

std::string lost(const plan_request& asked) {
    switch (asked.survived) {
        case loss::none:
            break;
        case loss::node:
            return "when a node is lost";
        case loss::zone:
            return "when a zone is lost";
    }
    return "with nothing lost";
}

/// "With 7 nodes instead of 8, ..." names what one node less would miss.
std::string driver_of(const pool_plan& pool, const plan_request& asked) {
    const int fewer = pool.nodes - 1;
    if (fewer == 0) return "A pool has one node at least.";
    const auto left = nodes_after(fewer, asked.survived, asked.zones);
    const auto begin = "With " + counted(static_cast<std::size_t>(fewer), "node") + " instead of " +
                       std::to_string(pool.nodes) + ", ";
    if (left < 1) return begin + "none would be left " + lost(asked) + ".";
    return begin + "each of the " + std::to_string(left) + " left " + lost(asked) +
           " would have to hold " + rate_text(pool.rate / left) +
           "; a node held p99 within the target up to " + rate_text(pool.planned_node_rate) + ".";
}

std::string nodes_text(const pool_plan& pool) {
    return counted(static_cast<std::size_t>(pool.nodes), "node") + " of " + pool.pool +
           (pool.usd_month ? " ($" + digits(*pool.usd_month) + " a month)" : "");
}

/// The share of the rate that held at which a pool must grow: what is left then covers the loss,
/// and the rise of the load until a new pod is ready.
double share_to_scale_at(const pool_plan& pool, const plan_request& asked) {
    const double rise = 1 + asked.ramp * asked.pod_start_seconds / 60;
    double kept = 1;
    if (asked.survived == loss::zone) kept = (asked.zones - 1.0) / asked.zones;
    if (asked.survived == loss::node)
        kept = std::max(1, pool.nodes - 1) / double(std::max(2, pool.nodes));
    return kept / rise;
}

/// The documents' loads of one pool that count.
std::vector<load_claims> loads_of(std::span<const document> documents, const work_claims& work,
                                  const std::string& pool) {
    std::vector<load_claims> found;
    for (const auto& one : documents) {
        if (!reasons_not_to_rank(one).empty()) continue;
        for (auto& load : claims_about_load(one)) {
            if (load.server.pool == pool && load.name() == work.name) found.push_back(load);
        }
    }
    return found;
}

std::string names_of(const std::vector<const work_claims*>& works) {
    std::string text;
    for (const auto* work : works) {
        std::string pools;
        for (const auto& pool : work->pools) pools += (pools.empty() ? "" : ", ") + pool.pool;
        text += (text.empty() ? "" : "; ") + work->name + " (" + pools + ")";
    }
    return text;
}

/// How much more rounding to whole nodes and the loss weigh than the rates do.
void say_what_rounding_does(plan& made) {
    const auto& first = made.pools[0];
    const auto& second = made.pools[1];
    const double by_rate =
        first.exact * *first.usd_per_hour / (second.exact * *second.usd_per_hour);
    const double planned = *first.usd_month / *second.usd_month;
    if (std::abs(std::log(planned / by_rate)) <= std::abs(std::log(by_rate))) return;
    made.to_know.push_back(
        "At this size, rounding to whole nodes decides more than the rate: by the rate alone " +
        first.pool + " would cost " + percent(std::abs(1 - by_rate)) +
        (by_rate <= 1 ? " less" : " more") + " than " + second.pool + ", in whole nodes " +
        percent(1 - planned) + " less.");
}

std::string verdict_of(plan& made) {
    const auto begin = "For " + made.work + " at " + rate_text(made.asked.rate()) + " with " +
                       in_words(made.asked) + " lost: ";
    if (made.pools.size() < 2) return begin + nodes_text(made.pools.front()) + ".";
    const auto& first = made.pools[0];
    const auto& second = made.pools[1];
    const auto both = nodes_text(first) + " or " + nodes_text(second);
    if (!first.usd_month || !second.usd_month)
        return begin + both + "; without a price of both, no pool is cheaper.";
    const bool apart = first.usd_months->high < second.usd_months->low;
    const auto by_rate =
        made.pair && made.pair->cost ? made.pair->cost->verdict : cost_verdict::not_decided;
    const bool one_node = first.one_node || second.one_node;
    made.cost_decided = apart && by_rate == cost_verdict::cheaper && !one_node;
    if (!first.node_rates || !second.node_rates)
        return begin + both + ". Not decided: a pool has too few rounds for an interval.";
    const auto range = [](const pool_plan& pool) {
        return "$" + digits(pool.usd_months->low) + " to $" + digits(pool.usd_months->high);
    };
    const auto ranges = " (95 %: " + range(first) + " against " + range(second) +
                        (one_node ? "; one node a pool, so this covers those nodes only" : "") +
                        ").";
    if (apart)
        return begin + nodes_text(first) + ", " +
               percent(1 - *first.usd_month / *second.usd_month) + " less than " +
               nodes_text(second) + ranges;
    return begin + both + ". Not decided: their intervals overlap" + ranges;
}

void add_mix(plan& made, const work_claims& work, std::span<const document> documents) {
    if (!made.asked.mix) return;
    const double shares[]{*made.asked.mix, 1 - *made.asked.mix};
    for (std::size_t i = 0; i < 2; ++i) {
        const auto figure = std::ranges::find(work.pools, made.pools[i].pool, &pool_figure::pool);
        auto part = plan_of_pool(*figure, made.asked.rate() * shares[i], made.asked);
        part.scaling = scaling_of(loads_of(documents, work, part.pool),
                                  share_to_scale_at(part, made.asked), made.asked.pods_per_node);
        made.mix.push_back(std::move(part));
    }
}

}  // namespace

std::string problem_of(const plan_request& asked) {
    const auto is = [](double value, double low, double high) {
        return std::isfinite(value) && value >= low && value <= high;
    };
    if (!is(asked.peak, 1e-3, 1e12))
        return "--peak must be requests a second, more than 0, is " + digits(asked.peak);
    if (asked.p99_ms && !is(*asked.p99_ms, 1e-3, 1e7))
        return "--p99-ms must be milliseconds, more than 0, is " + digits(*asked.p99_ms);
    if (asked.zones < 1 || asked.zones > 100)
        return "--zones must be 1 to 100, is " + std::to_string(asked.zones);
    if (asked.survived == loss::zone && asked.zones < 2)
        return "--zones 1 with --survive zone: a service in one zone is lost with it; give two "
               "zones or more, or --survive node";
    if (asked.pods_per_node < 1 || asked.pods_per_node > 1000)
        return "--pods-per-node must be 1 to 1000, is " + std::to_string(asked.pods_per_node);
    if (!is(asked.growth, 0, 1000))
        return "--growth must be a share such as 0.2, not below 0, is " + digits(asked.growth);
    if (!is(asked.burst, 1, 1000))
        return "--burst must be 1 or more, the busiest second \xc3\xb7 the peak, is " +
               digits(asked.burst);
    if (asked.mix && !(*asked.mix > 0 && *asked.mix < 1))
        return "--mix must be a share between 0 and 1 such as 0.5, is " + digits(*asked.mix);
    if (!is(asked.ramp, 0, 1000))
        return "--ramp must be a share a minute such as 0.2, not below 0, is " + digits(asked.ramp);
    if (!is(asked.pod_start_seconds, 0, 86'400))
        return "--pod-start-seconds must be 0 to 86400, is " + digits(asked.pod_start_seconds);
    return {};
}

int nodes_after(int nodes, loss lost, int zones) {
    if (lost == loss::none) return nodes;
    if (lost == loss::node) return nodes - 1;
    return nodes - (nodes + zones - 1) / zones;
}

int nodes_for(double rate, double node_rate, loss lost, int zones) {
    const int needed = std::max(1, static_cast<int>(ceiling(rate / node_rate)));
    int nodes = needed;
    if (lost == loss::zone) {
        // n − ceil(n ÷ z) ≥ needed from about needed · z ÷ (z − 1) on.
        nodes = std::max(needed, static_cast<int>(needed * (zones / (zones - 1.0))) - 2);
    }
    while (nodes_after(nodes, lost, zones) < needed) ++nodes;
    return nodes;
}

pool_plan plan_of_pool(const pool_figure& figure, double rate, const plan_request& asked) {
    pool_plan made;
    made.pool = figure.pool, made.architecture = figure.architecture;
    made.instance = figure.instance;
    made.rate = rate;
    made.node_rate = figure.rate;
    made.one_node = figure.rates.size() < 2;
    made.planned_node_rate = figure.rate;
    double best = figure.rate;
    if (const auto found = rate_interval(figure.rates)) {
        made.node_rates = found->ci95;
        made.planned_node_rate = std::min(figure.rate, found->ci95.low);
        best = std::max(figure.rate, found->ci95.high);
    }
    const auto count = [&](double node_rate) {
        return nodes_for(rate, node_rate, asked.survived, asked.zones);
    };
    made.nodes = count(made.planned_node_rate);
    made.nodes_at_rate = count(made.node_rate);
    made.nodes_at_best = count(best);
    made.needed = nodes_for(rate, made.planned_node_rate, loss::none, 1);
    made.after_loss = nodes_after(made.nodes, asked.survived, asked.zones);
    made.exact = rate / made.planned_node_rate;
    made.replicas = made.nodes * asked.pods_per_node;
    if (figure.paid) {
        made.provider = figure.paid->provider;
        made.usd_per_hour = figure.paid->usd_per_hour;
        made.usd_month = usd_a_month(made.nodes, *made.usd_per_hour);
        made.usd_months = interval{usd_a_month(made.nodes_at_best, *made.usd_per_hour),
                                   usd_a_month(made.nodes, *made.usd_per_hour)};
    }
    made.driver = driver_of(made, asked);
    return made;
}

double usd_a_month(int nodes, double usd_per_hour) {
    return nodes * usd_per_hour * hours_a_month;
}

plan_or_reason plan_for(std::span<const document> documents, const price_table& prices,
                        const plan_request& asked) {
    const auto works = claims_about_cost(documents, prices);
    std::vector<const work_claims*> served;
    for (const auto& work : works) {
        if (work.served) served.push_back(&work);
    }
    if (served.empty())
        return {{}, "no document holds load of a server: `lanewise-bench http` measures that"};
    if (served.size() > 1)
        return {{},
                "the documents are of different requests or p99 targets, and a plan needs "
                "one: " +
                    names_of(served)};
    const auto& work = *served.front();
    std::set<double> targets;
    for (const auto& one : documents) {
        for (const auto& load : claims_about_load(one)) {
            if (load.target_p99_ms) targets.insert(*load.target_p99_ms);
        }
    }
    if (asked.p99_ms && (targets.empty() || std::abs(*targets.begin() - *asked.p99_ms) > 1e-9))
        return {
            {},
            "the documents say what holds with p99 within " +
                (targets.empty() ? std::string{"no target"} : digits(*targets.begin()) + " ms") +
                ", not within " + digits(*asked.p99_ms) + " ms: measure with --p99-ms " +
                digits(*asked.p99_ms)};

    plan made;
    made.asked = asked;
    made.work = work.name;
    for (const auto& one : documents) made.hashes.push_back(one.sha256);
    for (const auto& figure : work.pools) {
        if (!figure.ranked()) {
            made.left_out.push_back(
                figure.pool + ": " +
                (figure.unranked.empty() ? "no round gave a figure" : figure.unranked.front()));
            continue;
        }
        if (asked.rate() / figure.rate > nodes_max) {
            made.left_out.push_back(figure.pool +
                                    ": it would take more than 100,000 nodes; is "
                                    "--peak in requests a second?");
            continue;
        }
        if (const auto found = rate_interval(figure.rates);
            found && found->ci95.low < figure.rate / 2) {
            made.left_out.push_back(
                figure.pool + ": its nodes or rounds differ so much that a node holds " +
                rate_text(found->ci95.low) + " to " + rate_text(found->ci95.high) +
                " (95 % interval); more of them narrow that");
            continue;
        }
        auto pool = plan_of_pool(figure, asked.rate(), asked);
        pool.scaling = scaling_of(loads_of(documents, work, pool.pool),
                                  share_to_scale_at(pool, asked), asked.pods_per_node);
        made.pools.push_back(std::move(pool));
    }
    if (made.pools.empty()) {
        std::string why;
        for (const auto& one : made.left_out) why += (why.empty() ? "" : "; ") + one;
        return {{}, "no pool may be ranked, so there is no plan: " + why};
    }
    // Equal dollars in whole nodes: the one that costs less by its rate alone comes first.
    std::ranges::stable_sort(made.pools, [](const pool_plan& a, const pool_plan& b) {
        if (!a.usd_month || !b.usd_month) return a.usd_month.has_value() && !b.usd_month;
        return std::pair{*a.usd_month, a.exact * *a.usd_per_hour} <
               std::pair{*b.usd_month, b.exact * *b.usd_per_hour};
    });
    if (asked.mix && made.pools.size() < 2)
        return {
            {},
            "--mix needs two pools that may be ranked; there is one: " + made.pools.front().pool};
    if (made.pools.size() > 1) {
        const auto figure = [&](std::size_t place) -> const pool_figure& {
            return *std::ranges::find(work.pools, made.pools[place].pool, &pool_figure::pool);
        };
        made.capacity = compare_rates(figure(0).rates, figure(1).rates);
        for (const auto& pair : work.pairs) {
            if (work.pools[pair.first].pool == made.pools[0].pool &&
                work.pools[pair.second].pool == made.pools[1].pool)
                made.pair = pair;
        }
    }
    made.verdict = verdict_of(made);
    if (made.pools.size() > 1 && made.pools[0].usd_month && made.pools[1].usd_month)
        say_what_rounding_does(made);
    for (const auto& pool : made.pools) {
        if (pool.one_node)
            made.to_know.push_back("The plan of " + pool.pool +
                                   " rests on one node: it says nothing of the next one.");
        if (!pool.node_rates)
            made.to_know.push_back(pool.pool +
                                   " has too few rounds for an interval: its plan is at its rate, "
                                   "with nothing to spare for chance.");
    }
    add_mix(made, work, documents);
    return {std::move(made), {}};
}

std::string in_words(const plan_request& asked) {
    switch (asked.survived) {
        case loss::none:
            break;
        case loss::node:
            return "a node";
        case loss::zone:
            return "a zone of " + std::to_string(asked.zones);
    }
    return "nothing";
}

}  // namespace lanewise::bench
