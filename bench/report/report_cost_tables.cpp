#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "bench/claims/claims_headroom.hpp"
#include "bench/claims/claims_load.hpp"
#include "bench/claims/claims_spot.hpp"
#include "bench/figures/format.hpp"
#include "bench/figures/statistics.hpp"
#include "report_nodes.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

/// A GET is what most ask: it goes without saying.
std::string asked_of(const load_claims& load) {
    constexpr std::string_view usual = "GET ";
    const bool is_usual = load.request.starts_with(usual);
    return load.request.substr(is_usual ? usual.size() : 0) +
           (load.verified ? "" : " (certificate not verified)");
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

std::string rate_of(const std::optional<double>& bytes) {
    return bytes ? with_prefix(*bytes, "B/s") : "unknown";
}

/// "0.12 (0.11 to 0.13)".
node_figure with_interval(const std::optional<estimate>& value, std::string (*format)(double)) {
    if (!value) return "unknown";
    node_figure shown{value->median, format};
    if (value->count > 1)
        shown.text += " (" + format(value->ci95.low) + " to " + format(value->ci95.high) + ")";
    return shown;
}

std::string priced(const work_claims& work) {
    return (work.priced_units < 1e12 ? "per million " : "per 10^12 ") + work.unit;
}

/// "/s" where the table says of what.
std::string unit_of_rate(const work_claims& work) {
    return work.served || work.kind == "kernel" ? "/s" : work.unit + "/s";
}

/// A table of kernels has a column that says which; of served work the title does.
void name_rows(report_table& table, std::span<const work_claims* const> works) {
    if (works.front()->served) return;
    table.head.insert(table.head.begin(), "work");
    ++table.numbers_from;
}

/// "dot_f32 in L1" of "dot_f32 in L1, all threads", which the title says already.
void add_row(report_table& table, const work_claims& work, std::vector<std::string> row) {
    if (!work.served)
        row.insert(row.begin(), work.name.substr(0, work.name.rfind(", all threads")));
    table.rows.push_back(std::move(row));
}

std::vector<std::string> figures_of(const work_claims& work, const pool_figure& pool) {
    const auto cost = pool.cost(work.priced_units);
    const std::string no_cost = pool.paid ? "none" : "no price";
    std::string ranked =
        pool.unranked.empty() ? std::string{"yes"} : "no: " + joined(pool.unranked);
    if (!pool.to_know.empty()) ranked += "; " + joined(pool.to_know);
    return {pool.pool,
            pool.cpu_model.empty() ? "unknown" : pool.cpu_model,
            std::to_string(pool.rates.size()),
            std::to_string(pool.rounds()),
            pool.rate > 0 ? with_prefix(pool.rate, unit_of_rate(work)) : "none",
            per(pool.rate, pool.threads),
            per(pool.rate, pool.cores),
            pool.paid && pool.rate > 0 ? with_prefix(pool.rate / pool.paid->usd_per_hour, "/s")
                                       : no_cost,
            pool.paid ? dollars(pool.paid->usd_per_hour) : "no price",
            cost ? dollars(*cost) : no_cost,
            pool.joules ? digits(*pool.joules * (work.kind == "kernel" && !work.served ? 1e9 : 1))
                        : "not measured",
            ranked};
}

/// "per million runs"; of works that count unlike things, each of those.
std::string priced_in(std::span<const work_claims* const> works) {
    std::string text;
    for (const auto* work : works) {
        const auto mine = priced(*work);
        if (text.find(mine) == std::string::npos) text += (text.empty() ? "" : ", ") + mine;
    }
    return text;
}

std::string joules_head(const work_claims& work) {
    if (work.served) return "J a request";
    return work.kind == "kernel" ? "J per 10^9" : "J a unit";
}

/// All works of one kind in one table: a dozen kernels would be dozens of tables.
report_table figures_table(std::span<const work_claims* const> works, std::string title) {
    const auto& first = *works.front();
    report_table table{std::move(title),
                       "Rate: median over nodes of their medians. Cost " + priced_in(works) +
                           ", at full use of that rate. A vCPU is a hardware thread.",
                       {"pool", "CPU", "nodes", "rounds", "rate", "per vCPU", "per core",
                        "per $ an hour", "$ an hour", "cost", joules_head(first), "ranked"},
                       2,
                       {}};
    name_rows(table, works);
    for (const auto* work : works) {
        for (const auto& pool : work->pools) {
            add_row(table, *work, figures_of(*work, pool));
        }
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
    return "not decided; " + what_would_decide(*cost);
}

report_table pairs_table(std::span<const work_claims* const> works, std::string title) {
    report_table table{
        std::move(title),
        "Cost ratio: below 1, the first pool is cheaper. Cheaper: the 95 % interval "
        "clears 1 ± 3 %; tie: the 90 % interval lies inside it. An interval of pools covers "
        "94 to 99 of 100 simulated pairs with 2 to 20 nodes a pool, also where a "
        "few nodes are slow; an interval of these nodes says nothing of others.",
        {"pools", "cost ratio", "95 % interval", "covers", "break-even price",
         "break-even SMT yield", "verdict"},
        1,
        {}};
    name_rows(table, works);
    for (const auto* work : works) {
        for (const auto& pair : work->pairs) {
            const auto& first = work->pools[pair.first].pool;
            const auto& second = work->pools[pair.second].pool;
            add_row(table, *work,
                    {first + " : " + second, pair.cost ? digits(pair.cost->ratio) : "none",
                     pair.cost ? digits(pair.cost->ci95.low) + " to " + digits(pair.cost->ci95.high)
                               : "none",
                     pair.cost && pair.cost->nodes_only ? "these nodes only" : "the pools",
                     pair.break_even_price
                         ? second + " at " + dollars(*pair.break_even_price) + " an hour"
                         : "none",
                     pair.break_even_smt_yield
                         ? pair.smt_pool + " at " + percent(*pair.break_even_smt_yield)
                         : "n/a",
                     name_of(pair.cost)});
        }
    }
    return table;
}

/// Who costs less at that price: "m7g.2xlarge is cheaper".
std::string name_of(const spot_case& one, const std::string& first, const std::string& second) {
    if (!one.second_spot) return "no spot price of " + second + " is known";
    if (!one.at_spot) return "not decided: too few rounds";
    switch (one.at_spot->verdict) {
        case cost_verdict::cheaper:
            return first + " is cheaper";
        case cost_verdict::dearer:
            return second + " is cheaper: the verdict turns";
        case cost_verdict::tie:
            return "tie";
        case cost_verdict::not_decided:
            break;
    }
    return "not decided";
}

std::string in_words(const std::optional<price::spot_price>& spot) {
    if (!spot) return "unknown";
    if (!spot->low || !spot->high) return dollars(spot->usd_per_hour);
    return dollars(spot->usd_per_hour) + " (" + dollars(*spot->low) + " to " +
           dollars(*spot->high) + ")";
}

report_table spot_table(const work_claims& work) {
    report_table table{
        "On spot: " + work.name,
        "Dollars an hour. The dearer pool on spot, with the lowest and highest price of its zones: "
        "at which spot price the verdict turns. Between the two prices beside it, the pools tie "
        "or are not decided.",
        {"on spot", "against", "its spot price", "turns at", "stays dearer above",
         "is cheaper below", "at its spot price"},
        2,
        {}};
    const auto or_none = [](const std::optional<double>& value) {
        return value ? dollars(*value) : std::string{"none"};
    };
    for (const auto& pair : work.pairs) {
        const auto& first = work.pools[pair.first];
        const auto& second = work.pools[pair.second];
        for (const auto& one : spot_cases(work, pair)) {
            table.rows.push_back(
                {second.pool,
                 first.pool + (one.both ? " on spot, " + in_words(one.first_spot)
                                        : " on demand, " + dollars(first.paid->usd_per_hour)),
                 in_words(one.second_spot), or_none(one.turns_at), or_none(one.first_cheaper_above),
                 or_none(one.second_cheaper_below), name_of(one, first.pool, second.pool)});
        }
    }
    return table;
}

report_table utilisation_table(const work_claims& work) {
    report_table table{
        "Cost over utilisation: " + work.name,
        "Dollars " + priced(work) + " when a pool is used at only so much of its rate.",
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

std::vector<report_table> cost_tables(std::span<const work_claims> works) {
    std::vector<report_table> tables;
    const auto of_kind = [&](std::string_view kind) {
        std::vector<const work_claims*> found;
        for (const auto& work : works) {
            if (!work.served && work.kind == kind) found.push_back(&work);
        }
        return found;
    };
    const auto add = [&](std::span<const work_claims* const> of, const std::string& title) {
        tables.push_back(figures_table(of, title));
        tables.push_back(pairs_table(of, title + ": pools compared"));
    };
    for (const auto& work : works) {
        if (!work.served) continue;
        const auto* one = &work;
        add({&one, 1}, work.name);
        tables.push_back(spot_table(work));
        tables.push_back(utilisation_table(work));
    }
    for (const auto& [kind, title] : {std::pair{"program", "Programs on all threads"},
                                      std::pair{"imported", "Imported benchmarks"},
                                      std::pair{"service", "Services' work on all threads"},
                                      std::pair{"kernel", "Kernels on all threads"}}) {
        if (const auto found = of_kind(kind); !found.empty()) add(found, title);
    }
    return tables;
}

std::vector<report_table> load_tables(std::span<const document> documents) {
    const std::vector<std::string> head{"server",  "path",      "requests a second", "answered",
                                        "p50, ms", "p99, ms",   "p99.9, ms",         "most, ms",
                                        "errors",  "sent late", "out, B/s",          "in, B/s",
                                        "CPU, ms", "busy",      "J a request",       "verdict"};
    report_table open{
        "Latency over load",
        "Open loop: from the intended send time. Sent late: by the generator, over 1 ms or a "
        "twentieth of the p99 target; a step that held holds with them too, another with many of "
        "those says nothing of the server. Out "
        "and in: bytes of requests and of replies. CPU: the server's, a request; busy: of the CPUs "
        "that it may use.",
        head,
        2,
        {}};
    report_table closed{"Closed loop, by wrk",
                        "Its clients wait for replies: this is no latency under that load, and is "
                        "never ranked.",
                        head,
                        2,
                        {}};
    std::vector<load_claims> loads;
    for (const auto& one : documents) {
        auto found = claims_about_load(one);
        std::ranges::move(found, std::back_inserter(loads));
    }
    for (const auto& load : loads_to_show(std::move(loads))) {
        for (const auto& step : load.curve) {
            (load.closed_loop ? closed : open)
                .rows.push_back(
                    {load.pool_and_node(), asked_of(load),
                     step.rate ? digits(*step.rate) : "as they came", digits(step.achieved),
                     digits(step.p50_ms), digits(step.p99_ms), digits(step.p999_ms),
                     digits(step.max_ms), digits(step.errors), digits(step.late),
                     rate_of(step.sent_per_second), rate_of(step.received_per_second),
                     step.cpu_ms_per_request ? digits(*step.cpu_ms_per_request) : "unknown",
                     step.cpu_utilisation ? percent(*step.cpu_utilisation) : "unknown",
                     step.joules_per_request ? digits(*step.joules_per_request) : "not measured",
                     step.verdict + (load.shared ? ", shared cores" : "")});
        }
    }
    return {open, closed};
}

node_tables headroom_of_nodes(std::span<const document> documents) {
    node_tables tables{"CPU and headroom",
                       "CPU ms a request, and busy (share of its CPUs), at the rate that held; "
                       "over rounds, with 95 % "
                       "intervals. Leaves: how busy it is where p99 leaves its target. At full "
                       "use: rate ÷ busy. Of "
                       "linear: work a CPU second there ÷ at the lowest load; below 100 %, a busy "
                       "CPU does less than "
                       "it shows, as SMT does.",
                       {"CPUs", "CPU, ms a request", "busy", "leaves", "at full use", "of linear",
                        "busy at most", "what limits it"},
                       0};
    for (const auto& one : documents) {
        for (const auto& load : claims_about_load(one)) {
            const auto headroom = headroom_of(load);
            if (!headroom.known() && load.cpu_unknown.empty()) continue;
            const auto as_share = [](double value) { return percent(value); };
            const auto as_number = [](double value) { return digits(value); };
            const auto as_rate = [](double value) { return with_prefix(value, "/s"); };
            const auto limit = what_limits(headroom);
            auto full_use = with_interval(headroom.rate_at_full_use, as_rate);
            full_use.judged = true;
            tables.nodes.push_back(
                {load.server.pool,
                 load.server.node,
                 one.file,
                 "",
                 {{number_figure(load.cpus), with_interval(headroom.cpu_ms_per_request, as_number),
                   with_interval(headroom.utilisation_at_target, as_share),
                   with_interval(headroom.utilisation_leaving, as_share), full_use,
                   percent_figure(headroom.of_linear, "unknown"),
                   percent_figure(headroom.utilisation_max, "unknown"),
                   !limit.empty()              ? limit
                   : !load.cpu_unknown.empty() ? "unknown: " + load.cpu_unknown
                   : headroom.utilisation_max  ? std::string{"CPU"}
                   : load.cpus
                       ? std::string{"unknown: it was not loaded beyond its limit"}
                       : std::string{"unknown: --server-cpus tells how many CPUs it has"}}}});
        }
    }
    return tables;
}

node_tables held_by_nodes(std::span<const document> documents) {
    node_tables tables{"Load", "", {"of", "rate that held"}, 1};
    for (const auto& one : documents) {
        for (const auto& load : claims_about_load(one)) {
            const auto held = load.rate_that_held();
            if (!held) continue;
            tables.nodes.push_back({load.server.pool,
                                    load.server.node,
                                    one.file,
                                    "",
                                    {{load.name(), rate_figure(held, "/s", "")}}});
        }
    }
    return tables;
}

report_table prices_table(std::span<const work_claims> works, std::string_view today) {
    report_table table{
        "Prices",
        "List prices unless the source says otherwise; --price and --prices replace them.",
        {"instance", "region", "a vCPU is", "$ an hour", "spot", "date", "age", "source",
         "to know"},
        3,
        {}};
    std::set<std::string> seen;
    for (const auto& work : works) {
        for (const auto& pool : work.pools) {
            if (!pool.paid || !seen.insert(pool.paid->instance).second) continue;
            const auto& paid = *pool.paid;
            const auto age = age_in_days(paid, today);
            table.rows.push_back(
                {paid.instance, paid.region.empty() ? "-" : paid.region,
                 paid.threads_per_core == 1   ? "a core"
                 : paid.threads_per_core == 2 ? "one of a core's two threads"
                                              : "unknown",
                 dollars(paid.usd_per_hour), in_words(paid.spot),
                 paid.date.empty() ? "none" : paid.date,
                 age ? counted(static_cast<std::size_t>(std::max(0, *age)), "day") : "unknown",
                 paid.source, joined(warnings_about(paid, today))});
        }
    }
    return table;
}

}  // namespace lanewise::bench
