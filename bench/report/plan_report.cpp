#include "plan_report.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <string>

#include "bench/figures/format.hpp"
#include "plan_parts.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

std::string dollars(double amount) {
    return "$" + digits(amount);
}

std::string range(int low, int high) {
    return low == high ? std::to_string(low) : std::to_string(low) + " to " + std::to_string(high);
}

std::vector<std::string> row_of(const pool_plan& pool) {
    const auto rate = [](double value) { return with_prefix(value, "/s"); };
    return {pool.pool,
            rate(pool.rate),
            rate(pool.node_rate),
            pool.node_rates ? rate(pool.node_rates->low) + " to " + rate(pool.node_rates->high)
                            : "none",
            std::to_string(pool.nodes),
            range(pool.nodes_at_best, pool.nodes),
            digits(pool.exact),
            std::to_string(pool.after_loss),
            percent(pool.load_after_loss() / pool.planned_node_rate),
            std::to_string(pool.replicas),
            pool.usd_per_hour ? dollars(*pool.usd_per_hour) : "no price",
            pool.usd_month ? dollars(*pool.usd_month) : "no price",
            pool.usd_months
                ? dollars(pool.usd_months->low) + " to " + dollars(pool.usd_months->high)
                : "no price",
            pool.driver};
}

report_table nodes_table(const plan& made, std::span<const pool_plan> pools, std::string title) {
    report_table table{
        std::move(title),
        "Planned with the lower end of a node's 95 % interval. By the rate: nodes without rounding "
        "and without a loss. Busy: load of each node that is left after the loss, of what a node "
        "holds. A month has 730 hours; its interval is that of the rate.",
        {"pool", "takes", "a node holds", "95 % interval", "nodes", "interval", "by the rate",
         "left after the loss", "then busy", "pods", "$ an hour", "$ a month", "interval, $",
         "what decides the count"},
        1,
        {}};
    for (const auto& pool : pools) table.rows.push_back(row_of(pool));
    if (!made.mix.empty() && pools.data() == made.mix.data() && made.mix[0].usd_month &&
        made.mix[1].usd_month) {
        const auto& a = made.mix[0];
        const auto& b = made.mix[1];
        table.rows.push_back(
            {"both", with_prefix(a.rate + b.rate, "/s"), "", "", std::to_string(a.nodes + b.nodes),
             range(a.nodes_at_best + b.nodes_at_best, a.nodes + b.nodes), digits(a.exact + b.exact),
             std::to_string(a.after_loss + b.after_loss), "",
             std::to_string(a.replicas + b.replicas), "", dollars(*a.usd_month + *b.usd_month),
             dollars(a.usd_months->low + b.usd_months->low) + " to " +
                 dollars(a.usd_months->high + b.usd_months->high),
             "each pool survives the loss by itself"});
    }
    return table;
}

report_table scaling_table(std::span<const pool_plan> pools) {
    report_table table{
        "When to add pods",
        "At this share of the rate that held, pods must be added: what is left covers the loss, "
        "and "
        "the load's rise until new pods are ready. Busy: of the node's CPUs there. Target: busy, "
        "as "
        "a share of what a pod asks for, less the tenth within which the autoscaler does nothing.",
        {"pool", "at a load of", "busy there", "busy at the limit", "CPUs", "a pod asks for",
         "target", "why there is none"},
        1,
        {}};
    for (const auto& pool : pools) {
        const auto& scaling = pool.scaling;
        const bool known = scaling.busy.has_value();
        table.rows.push_back(
            {pool.pool, percent(scaling.load_share), known ? percent(*scaling.busy) : "unknown",
             known ? percent(*scaling.busy_at_target) : "unknown",
             known ? digits(scaling.cpus) : "unknown",
             known ? std::to_string(scaling.cpu_millicores) + "m" : "unknown",
             scaling.undecided.empty() ? std::to_string(scaling.utilisation_percent) + " %"
                                       : "none",
             scaling.undecided.empty() ? "-" : scaling.undecided});
    }
    return table;
}

json::value or_null(const std::optional<double>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

json::value or_null(const std::optional<interval>& value) {
    return value ? json::value(json::array{value->low, value->high}) : json::value(nullptr);
}

json::object to_json(const pool_plan& pool) {
    const auto& scaling = pool.scaling;
    const bool decided = scaling.undecided.empty();
    return {{"pool", pool.pool},
            {"architecture", pool.architecture},
            {"instance", pool.instance},
            {"rate", pool.rate},
            {"node_rate", pool.node_rate},
            {"node_rate_ci95", or_null(pool.node_rates)},
            {"planned_node_rate", pool.planned_node_rate},
            {"one_node", pool.one_node},
            {"nodes", pool.nodes},
            {"nodes_range", {pool.nodes_at_best, pool.nodes}},
            {"nodes_by_rate", pool.exact},
            {"nodes_without_loss", pool.needed},
            {"nodes_after_loss", pool.after_loss},
            {"replicas", pool.replicas},
            {"usd_per_hour", or_null(pool.usd_per_hour)},
            {"usd_month", or_null(pool.usd_month)},
            {"usd_month_range", or_null(pool.usd_months)},
            {"what_decides", pool.driver},
            {"scaling",
             {{"load_share", scaling.load_share},
              {"busy", or_null(scaling.busy)},
              {"busy_at_target", or_null(scaling.busy_at_target)},
              {"cpu_millicores", scaling.busy ? json::value(scaling.cpu_millicores) : nullptr},
              {"utilisation_percent", decided ? json::value(scaling.utilisation_percent) : nullptr},
              {"undecided", decided ? json::value(nullptr) : json::value(scaling.undecided)}}}};
}

json::array to_json(std::span<const pool_plan> pools) {
    json::array list;
    for (const auto& pool : pools) list.push_back(to_json(pool));
    return list;
}

}  // namespace

report plan_report(const plan& made, report of_documents) {
    auto& shown = of_documents;
    shown.verdict = made.verdict;
    std::vector<std::string> warnings;
    for (const auto& one : made.left_out) warnings.push_back("No plan for " + one + ".");
    warnings.insert(warnings.end(), made.to_know.begin(), made.to_know.end());
    warnings.insert(warnings.end(), shown.warnings.begin(), shown.warnings.end());
    shown.warnings = std::move(warnings);
    const auto prices = std::ranges::find(shown.tables, "Prices", &report_table::title);
    std::vector<report_table> tables;
    const auto& asked = made.asked;
    const auto size = with_prefix(asked.rate(), "requests/s") + ", " + in_words(asked) + " lost";
    tables.push_back(nodes_table(made, made.pools, "Plan: " + size));
    if (!made.mix.empty())
        tables.push_back(nodes_table(made, made.mix,
                                     "Mix: " + percent(*asked.mix) + " on " + made.mix[0].pool +
                                         ", the rest on " + made.mix[1].pool));
    tables.push_back(scaling_table(made.mix.empty() ? made.pools : made.mix));
    const planned_pools pools{made.work, made.pools};
    tables.push_back(peaks_table(pools, asked));
    if (prices != shown.tables.end()) tables.push_back(*prices);
    shown.tables = std::move(tables);
    shown.charts = peaks_charts(pools, asked);
    return of_documents;
}

json::object plan_json(const plan& made, const report& of_documents) {
    const auto& asked = made.asked;
    json::array documents;
    for (const auto& source : of_documents.sources)
        documents.push_back({{"file", source.file}, {"sha256", source.sha256}});
    json::array warnings;
    for (const auto& one : made.to_know) warnings.emplace_back(one);
    json::array left_out;
    for (const auto& one : made.left_out) left_out.emplace_back(one);
    return {{"schema", "lanewise.plan/1"},
            {"synthetic", of_documents.synthetic},
            {"work", made.work},
            {"asked",
             {{"peak", asked.peak},
              {"growth", asked.growth},
              {"burst", asked.burst},
              {"rate", asked.rate()},
              {"zones", asked.zones},
              {"survive", asked.survived == loss::zone   ? "zone"
                          : asked.survived == loss::node ? "node"
                                                         : "none"},
              {"pods_per_node", asked.pods_per_node},
              {"mix", or_null(asked.mix)},
              {"ramp", asked.ramp},
              {"pod_start_seconds", asked.pod_start_seconds}}},
            {"verdict", made.verdict},
            {"cost_decided", made.cost_decided},
            {"pools", to_json(made.pools)},
            {"mix", to_json(made.mix)},
            {"left_out", left_out},
            {"to_know", warnings},
            {"documents", documents},
            {"command", of_documents.command}};
}

}  // namespace lanewise::bench
