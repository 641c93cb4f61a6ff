#include "claims_cost.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/figures/format.hpp"
#include "bench/figures/statistics.hpp"
#include "claims_headroom.hpp"
#include "claims_imported.hpp"
#include "claims_kernels.hpp"
#include "claims_load.hpp"
#include "claims_sweeps.hpp"
#include "pool_gathering.hpp"

namespace lanewise::bench {
namespace {

/// Why the document is not ranked, as parts of a sentence: "The clock moved." is "the clock moved".
std::vector<std::string> clauses_not_to_rank(const document& from) {
    auto reasons = reasons_not_to_rank(from);
    for (auto& reason : reasons) {
        if (reason.ends_with('.')) reason.pop_back();
        if (reason.starts_with("The ")) reason.front() = 't';
    }
    return reasons;
}

void add_threads(const document& from, pool_gathering& all) {
    const auto machine = machine_of(from);
    if (!machine) return;
    const auto who = identity_of_machine(*machine);
    // The kernels' variant: programs and libraries choose their own.
    const bool portable = machine->active_variant == "portable";
    for (const auto& claims : claims_about_threads(from)) {
        observation seen;
        seen.who = who, seen.file = from.file;
        seen.unranked = clauses_not_to_rank(from);
        seen.rates = claims.all_rounds;
        seen.one_per_core = claims.one_per_core;
        seen.joules = claims.joules_per_item;
        if (!claims.all) {
            seen.unranked.emplace_back(claims.all_placed
                                           ? "no undisturbed round on all threads"
                                           : "the CPU quota keeps it from all of its threads");
        }
        if (portable && claims.kind == "kernel")
            seen.unranked.emplace_back("only portable runs there, which a pool is not measured on");
        const bool tiny = claims.unit == "elements" || claims.unit == "bytes";
        all.add(
            {claims.kernel + (claims.level.empty() ? "" : " in " + claims.level) + ", all threads",
             claims.unit,
             tiny ? 1e12 : 1e6,
             false,
             {},
             {},
             claims.kind,
             claims.group},
            std::move(seen));
    }
}

void add_imported(const document& from, pool_gathering& all) {
    const auto who = importing_machine(from);
    for (const auto& one : imported_rates(from)) {
        observation seen;
        seen.who = who, seen.file = from.file;
        seen.rates = one.rates;
        if (one.unranked) seen.unranked.push_back(*one.unranked);
        all.add({one.name,
                 one.unit,
                 one.unit == "iterations" ? 1e6 : 1e12,
                 false,
                 {},
                 {},
                 "imported",
                 "imported"},
                std::move(seen));
    }
}

void add_http(const document& from, pool_gathering& all) {
    for (const auto& load : claims_about_load(from)) {
        observation seen;
        seen.who = load.server, seen.file = from.file, seen.place = load.url;
        seen.unranked = clauses_not_to_rank(from);
        if (load.server.emulated) seen.unranked.emplace_back("its server ran under emulation");
        if (load.closed_loop) {
            seen.unranked.emplace_back(
                "closed loop: its clients wait for replies, so its latency is none under that "
                "load");
        }
        if (load.shared) seen.unranked.emplace_back("the generator shared cores with the server");
        if (auto trend = trend_across_rounds(load); !trend.empty())
            seen.unranked.push_back(std::move(trend));
        if (auto limit = what_limits(headroom_of(load)); !limit.empty())
            seen.unranked.push_back(std::move(limit));
        if (!load.warm) seen.to_know.emplace_back("it was not steady when warming up had to end");
        std::vector<double> joules;
        for (const auto& round : load.rounds) {
            if (round.rate_at_target) seen.rates.push_back(*round.rate_at_target);
            if (round.bound_by_generator)
                seen.unranked.emplace_back("the generator could not load it further");
            if (round.confirmed && round.confirmed->joules_per_request)
                joules.push_back(*round.confirmed->joules_per_request);
        }
        if (!joules.empty()) seen.joules = median(joules);
        if (!seen.rates.empty() && seen.rates.size() < load.rounds.size()) {
            seen.to_know.push_back(std::to_string(load.rounds.size() - seen.rates.size()) + " of " +
                                   counted(load.rounds.size(), "round") + " confirmed no rate");
        }
        all.add({load.name(), "requests", 1e6, true, {}, {}}, std::move(seen));
    }
}

/// The SMT yield at which the pool whose cores have siblings would cost as much as the other; both
/// have prices.
void add_smt_break_even(const work_claims& work, pool_pair& pair) {
    for (const auto& [mine, other] :
         {std::pair{pair.first, pair.second}, std::pair{pair.second, pair.first}}) {
        const auto& smt = work.pools[mine];
        const auto& peer = work.pools[other];
        if (smt.threads_per_core.value_or(1) < 2 || !smt.one_per_core) continue;
        const double needed = smt.paid->usd_per_hour / peer.paid->usd_per_hour * peer.rate;
        pair.break_even_smt_yield = needed / *smt.one_per_core - 1;
        pair.smt_pool = smt.pool;
        return;
    }
}

void add_pairs(work_claims& work) {
    for (std::size_t i = 0; i < work.pools.size(); ++i) {
        for (std::size_t j = i + 1; j < work.pools.size(); ++j) {
            pool_pair pair{i, j, {}, {}, {}, {}};
            if (!work.pools[i].ranked() || !work.pools[j].ranked()) continue;
            if (!work.pools[i].paid || !work.pools[j].paid) continue;
            const auto compared = [&] {
                const auto& first = work.pools[pair.first];
                const auto& second = work.pools[pair.second];
                return compare_costs(first.rates, first.paid->usd_per_hour, second.rates,
                                     second.paid->usd_per_hour);
            };
            pair.cost = compared();
            // The first is the cheaper one by the ratio that is judged; without one, by the
            // medians.
            if (pair.cost ? pair.cost->ratio > 1
                          : *work.pools[j].cost(1) < *work.pools[i].cost(1)) {
                std::swap(pair.first, pair.second);
                pair.cost = compared();
            }
            const auto& first = work.pools[pair.first];
            const auto& second = work.pools[pair.second];
            pair.break_even_price = first.paid->usd_per_hour * second.rate / first.rate;
            add_smt_break_even(work, pair);
            work.pairs.push_back(std::move(pair));
        }
    }
}

}  // namespace

std::size_t pool_figure::rounds() const {
    std::size_t count = 0;
    for (const auto& node : rates) count += node.size();
    return count;
}

std::optional<double> pool_figure::cost(double units, double utilisation) const {
    if (!paid || rate <= 0) return std::nullopt;
    return cost_of(units, paid->usd_per_hour, rate * utilisation);
}

std::vector<work_claims> claims_about_cost(std::span<const document> documents,
                                           const price_table& prices) {
    pool_gathering all;
    for (const auto& one : documents) add_http(one, all);
    for (const auto& one : documents) add_threads(one, all);
    for (const auto& one : documents) add_imported(one, all);
    auto works = all.finish(prices);
    for (auto& work : works) add_pairs(work);
    return works;
}

std::string sentence_of(const work_claims& work, const pool_pair& pair) {
    const auto& first = work.pools[pair.first];
    const auto& second = work.pools[pair.second];
    const auto both = first.pool + " and " + second.pool;
    if (!pair.cost)
        return "For " + work.name + ", " + both +
               " are not decided: too few rounds for an interval.";
    const auto less = [](double ratio) {
        return percent(std::abs(1 - ratio)) + (ratio <= 1 ? " less" : " more");
    };
    const auto range =
        "95 % interval " + less(pair.cost->ci95.low) + " to " + less(pair.cost->ci95.high);
    const std::string scope =
        pair.cost->nodes_only ? "; one node a pool, so this covers those nodes only" : "";
    switch (pair.cost->verdict) {
        case cost_verdict::cheaper:
            return "For " + work.name + ", " + first.pool + " costs " + less(pair.cost->ratio) +
                   " than " + second.pool + " (" + range + scope + ").";
        case cost_verdict::tie:
            return "For " + work.name + ", " + both + " cost the same to within 3 % (" + range +
                   scope + ").";
        case cost_verdict::dearer:
        case cost_verdict::not_decided:
            break;
    }
    return "For " + work.name + ", " + both + " are not decided (" + range + scope + "; " +
           what_would_decide(*pair.cost) + ").";
}

std::string what_is_unknown(const pool_figure& pool) {
    std::vector<std::string> parts;
    if (pool.cpu_model.empty()) parts.emplace_back("CPU");
    if (!pool.cores) parts.emplace_back("cores");
    if (!pool.threads) parts.emplace_back("threads");
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i)
        text += (i == 0 ? "" : i + 1 < parts.size() ? ", " : " and ") + parts[i];
    // A URL alone is no name that a flag could take.
    const bool named = pool.pool.find("://") == std::string::npos;
    const auto quote = pool.pool.find(' ') == std::string::npos ? "" : "'";
    const auto flag = [&](const std::string& name, const std::string& value) {
        return "--" + name + " " + quote + (named ? pool.pool : "POOL") + "=" + value + quote;
    };
    if (!text.empty())
        text += (parts.size() == 1 && parts[0] == "CPU" ? " is" : " are") +
                std::string{" unknown: "} + flag("machine", "FILE") + " tells, where FILE is what" +
                " `lanewise-bench machine --json` prints on one of its nodes";
    if (!pool.paid && pool.instance.empty())
        text += (text.empty() ? "the instance is unknown: " : "; ") + flag("instance", "NAME") +
                " names an instance whose price is known";
    if (text.empty()) return {};
    return "Of " + pool.pool + ", " + text + " (flags of `lanewise-bench http`" +
           (named ? "" : ", which then takes POOL=URL") + ").";
}

std::string what_would_decide(const cost_comparison& cost) {
    const bool in_nodes = !cost.nodes_only;
    const auto& needed = in_nodes ? cost.nodes_to_decide : cost.rounds_to_decide;
    const std::string unit = in_nodes ? "node" : "round";
    const std::string of_each = in_nodes ? " per pool" : "";
    // The search for the number ends at a bound: beyond it, no more is known.
    return (needed ? "about " + counted(static_cast<std::size_t>(*needed), unit)
                   : "more than 1,000 " + unit + "s") +
           of_each + " would decide";
}

}  // namespace lanewise::bench
