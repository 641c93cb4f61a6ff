#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <string>

#include "claims_kernels.hpp"
#include "claims_sweeps.hpp"
#include "format.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

std::string shown(const json::value& value) {
    if (value.is_null()) return "unknown";
    if (value.is_string()) return std::string{value.get_string()};
    return json::serialize(value);
}

std::string share(const std::optional<double>& value, const char* otherwise = "not measured") {
    return value ? percent(*value) : otherwise;
}

std::string share(const std::optional<ratio>& value, const std::string& otherwise) {
    if (!value) return otherwise;
    return percent(value->value) + " (" + percent(value->ci95.low) + " to " +
           percent(value->ci95.high) + ")";
}

std::string per(double rate, const std::optional<int>& count) {
    if (rate <= 0) return "none";
    return count ? with_prefix(rate / *count, "/s") : "unknown";
}

std::string dollars(double amount) {
    return "$" + digits(amount);
}

std::string joined(const std::vector<std::string>& texts) {
    std::string text;
    for (const auto& one : texts) text += (text.empty() ? "" : "; ") + one;
    return text;
}

report_table figures_table(const work_claims& work) {
    const std::string unit = work.served ? "per million requests" : "per 10^12 elements";
    report_table table{
        work.name,
        "Rate: median over nodes of their medians. Cost at full use of that rate, " + unit + ".",
        {"pool", "CPU", "nodes", "rounds", "rate", "per vCPU", "per core", "per $ an hour",
         "$ an hour", "cost", "ranked"},
        2,
        {}};
    for (const auto& pool : work.pools) {
        const auto cost = pool.cost(work.priced_units);
        table.rows.push_back({pool.pool, pool.cpu_model.empty() ? "unknown" : pool.cpu_model,
                              std::to_string(pool.rates.size()), std::to_string(pool.rounds()),
                              pool.rate > 0 ? with_prefix(pool.rate, "/s") : "none",
                              per(pool.rate, pool.threads), per(pool.rate, pool.cores),
                              !pool.paid ? "no price"
                              : pool.rate <= 0
                                  ? "none"
                                  : with_prefix(pool.rate / pool.paid->usd_per_hour, "/s"),
                              pool.paid ? dollars(pool.paid->usd_per_hour) : "no price",
                              cost        ? dollars(*cost)
                              : pool.paid ? "none"
                                          : "no price",
                              pool.unranked.empty() ? "yes" : "no: " + joined(pool.unranked)});
    }
    return table;
}

std::string name_of(const std::optional<cost_comparison>& cost) {
    if (!cost) return "too few rounds";
    switch (cost->verdict) {
        case cost_verdict::cheaper:
            return "cheaper";
        case cost_verdict::dearer:
            return "dearer";
        case cost_verdict::tie:
            return "tie";
        case cost_verdict::not_decided:
            break;
    }
    if (cost->nodes_to_decide)
        return "not decided; " + counted(static_cast<std::size_t>(*cost->nodes_to_decide), "node") +
               " a pool would";
    if (cost->rounds_to_decide)
        return "not decided; " +
               counted(static_cast<std::size_t>(*cost->rounds_to_decide), "round") + " would";
    return "not decided; more than 1000 would not either";
}

report_table pairs_table(const work_claims& work) {
    report_table table{"Pools compared: " + work.name,
                       "Cost ratio: below 1, the first pool is cheaper. Cheaper: the 95 % interval "
                       "clears 1 ± 3 %; tie: the 90 % "
                       "interval lies inside it.",
                       {"pools", "cost ratio", "95 % interval", "covers", "break-even price",
                        "break-even SMT yield", "verdict"},
                       1,
                       {}};
    for (const auto& pair : work.pairs) {
        const auto& first = work.pools[pair.first].pool;
        const auto& second = work.pools[pair.second].pool;
        table.rows.push_back(
            {first + " : " + second, pair.cost ? digits(pair.cost->ratio) : "none",
             pair.cost ? digits(pair.cost->ci95.low) + " to " + digits(pair.cost->ci95.high)
                       : "none",
             pair.cost && pair.cost->nodes_only ? "these nodes only" : "the pools",
             pair.break_even_price ? second + " at " + dollars(*pair.break_even_price) + " an hour"
                                   : "none",
             pair.break_even_smt_yield
                 ? pair.smt_pool + " at " + percent(*pair.break_even_smt_yield)
                 : "n/a",
             name_of(pair.cost)});
    }
    return table;
}

report_table utilisation_table(const work_claims& work) {
    report_table table{"Cost over utilisation: " + work.name,
                       std::string{"Dollars "} +
                           (work.served ? "per million requests" : "per 10^12 elements") +
                           " when a pool is used at only so much of its rate.",
                       {"pool", "100 %", "80 %", "60 %", "40 %", "20 %"},
                       1,
                       {}};
    for (const auto& pool : work.pools) {
        if (!pool.ranked() || !pool.paid) continue;
        std::vector<std::string> row{pool.pool};
        for (const double used : {1.0, 0.8, 0.6, 0.4, 0.2})
            row.push_back(dollars(*pool.cost(work.priced_units, used)));
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace

report_table machines_table(std::span<const document> documents) {
    report_table table{"Machines",
                       "Within the process's own cpuset. A vCPU is a hardware thread; where a core "
                       "has two, it is half a core.",
                       {"machine", "node", "architecture", "CPU", "variant", "cores", "threads",
                        "threads a core", "quota"},
                       5,
                       {}};
    for (const auto& one : documents) {
        const auto* machine = one.content.at("machine").if_object();
        if (!machine) continue;
        const auto& quota = machine->at("quota_cpus");
        table.rows.push_back({machine_name(one), shown(machine->at("node")),
                              shown(machine->at("architecture")), shown(machine->at("cpu_model")),
                              shown(machine->at("active_variant")), shown(machine->at("cores")),
                              shown(machine->at("threads")), shown(machine->at("threads_per_core")),
                              quota.is_null() ? "none" : shown(quota)});
    }
    return table;
}

std::vector<report_table> cost_tables(std::span<const work_claims> works) {
    std::vector<report_table> tables;
    for (const auto& work : works) {
        tables.push_back(figures_table(work));
        if (!work.pairs.empty()) tables.push_back(pairs_table(work));
        auto used = utilisation_table(work);
        if (work.served && !used.rows.empty()) tables.push_back(std::move(used));
    }
    return tables;
}

std::vector<report_table> thread_tables(std::span<const document> documents) {
    std::vector<report_table> tables;
    for (const auto& one : documents) {
        const auto claims = claims_about_threads(one);
        if (claims.empty()) continue;
        report_table table{
            "Threads on " + machine_and_node(one),
            "SMT yield: all threads ÷ one per core − 1. Neighbour penalty: what a thread loses "
            "when its sibling "
            "runs the same, or reads memory. Limits: share of the multiply-add peak and of the "
            "read rate of that "
            "level, both measured here on one thread. 95 % intervals in brackets.",
            {"kernel", "data in", "one thread", "one per core", "all threads", "SMT yield",
             "neighbour penalty", "memory neighbour", "efficiency, all", "spread over threads",
             "of arithmetic", "of reads", "J per 10^9", "disturbed"},
            2,
            {}};
        for (const auto& thread : claims) {
            const auto rate = [](const std::optional<double>& value) {
                return value ? with_prefix(*value, "/s") : std::string{"no clean round"};
            };
            std::string efficiency = "not measured";
            if (thread.one && !thread.scaling.empty())
                efficiency = percent(thread.scaling.back().efficiency);
            table.rows.push_back(
                {thread.kernel, thread.level, rate(thread.one), rate(thread.one_per_core),
                 rate(thread.all), share(thread.smt_yield, thread.missing),
                 share(thread.neighbour_penalty, thread.missing),
                 share(thread.memory_neighbour_penalty, thread.missing), efficiency,
                 share(thread.spread_across_threads, "n/a"), share(thread.of_arithmetic),
                 share(thread.of_read),
                 thread.joules_per_item ? digits(*thread.joules_per_item * 1e9) : "not measured",
                 counted(static_cast<std::size_t>(thread.disturbed_rounds), "round")});
        }
        tables.push_back(std::move(table));
    }
    return tables;
}

std::vector<report_table> kernel_tables(std::span<const document> documents) {
    std::vector<report_table> tables;
    for (const auto& one : documents) {
        const auto rates = kernel_rates(one);
        if (rates.empty()) continue;
        report_table table{
            "Kernels on " + machine_and_node(one),
            "One thread, pinned. Items a second: median over the repetitions, with its 95 % "
            "interval.",
            {"kernel", "data in", "variant", "items", "interval", "bandwidth", "spread", "ranked"},
            3,
            {}};
        const bool trusted = reasons_not_to_rank(one).empty();
        for (const auto& rate : rates) {
            const auto& items = rate.items_per_second;
            table.rows.push_back(
                {rate.kernel, rate.level, rate.variant, with_prefix(items.median, "/s"),
                 "-" + percent(1 - items.ci95.low / items.median) + " +" +
                     percent(items.ci95.high / items.median - 1),
                 with_prefix(rate.bytes_per_second, "B/s"), percent(items.mad / items.median),
                 !trusted        ? "no: see above"
                 : rate.unranked ? "no: " + *rate.unranked
                                 : "yes"});
        }
        tables.push_back(std::move(table));
    }
    return tables;
}

report_table prices_table(std::span<const work_claims> works, std::string_view today) {
    report_table table{
        "Prices",
        "List prices unless the source says otherwise; --price and --prices replace them.",
        {"instance", "region", "a vCPU is", "$ an hour", "date", "source", "to know"},
        3,
        {}};
    std::set<std::string> seen;
    for (const auto& work : works) {
        for (const auto& pool : work.pools) {
            if (!pool.paid || !seen.insert(pool.paid->instance).second) continue;
            const auto& paid = *pool.paid;
            table.rows.push_back({paid.instance, paid.region.empty() ? "-" : paid.region,
                                  paid.threads_per_core == 1   ? "a core"
                                  : paid.threads_per_core == 2 ? "one of a core's two threads"
                                                               : "unknown",
                                  dollars(paid.usd_per_hour),
                                  paid.date.empty() ? "none" : paid.date, paid.source,
                                  joined(warnings_about(paid, today))});
        }
    }
    return table;
}

report_table disturbances_table(std::span<const document> documents) {
    report_table table{
        "Disturbances", "", {"machine", "file", "kind", "what happened", "bars ranking"}, 5, {}};
    for (const auto& one : documents) {
        const auto* environment = one.content.at("environment").if_object();
        if (!environment) continue;
        const auto& list = environment->at("disturbances").as_array();
        if (list.empty())
            table.rows.push_back(
                {machine_and_node(one), one.file, "none", "nothing beyond its bound", "no"});
        for (const auto& found : list) {
            table.rows.push_back({machine_and_node(one), one.file, shown(found.at("kind")),
                                  shown(found.at("text")),
                                  found.at("bars_ranking").as_bool() ? "yes" : "no"});
        }
    }
    return table;
}

}  // namespace lanewise::bench
