#include <algorithm>
#include <iterator>
#include <string>

#include "bench/claims/claims_headroom.hpp"
#include "bench/claims/claims_kernels.hpp"
#include "bench/claims/claims_load.hpp"
#include "bench/claims/claims_sweeps.hpp"
#include "bench/figures/format.hpp"
#include "bench/figures/statistics.hpp"
#include "plan_parts.hpp"
#include "report_nodes.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

using series = report_chart::series;

/// The steps that say something about the server, by what they answered.
std::vector<load_step> points_of(std::vector<load_step> steps) {
    std::erase_if(steps, [](const load_step& one) {
        return !one.counts() || one.achieved <= 0 || one.p99_ms <= 0;
    });
    std::ranges::sort(steps, {}, &load_step::achieved);
    return steps;
}

report_chart latency_chart(std::span<const load_claims> loads) {
    report_chart chart{
        "Latency over load",
        "p99 from the intended send time, against requests answered a second. Open loop.",
        "requests a second",
        "p99, ms",
        true,
        {},
        {}};
    for (const auto& load : loads) {
        series line;
        line.name = load.pool_and_node();
        for (const auto& point : points_of(load.curve)) {
            line.x.push_back(point.achieved);
            line.y.push_back(point.p99_ms);
        }
        if (!line.x.empty()) chart.lines.push_back(std::move(line));
    }
    return chart;
}

/// For each node the most requests within a target, of all steps that were measured on it; of a
/// pool's nodes the median.
report_chart target_chart(std::span<const load_claims> loads, std::span<const work_claims> works) {
    report_chart chart{"Cost against the p99 target",
                       "Dollars per million requests at the highest measured rate whose p99 is "
                       "within the target; of a pool's nodes, the median.",
                       "p99 target, ms",
                       "$ per million requests",
                       true,
                       {},
                       {}};
    for (const auto& work : works) {
        for (const auto& pool : work.pools) {
            if (!work.served || !pool.paid || !pool.ranked()) continue;
            series line;
            line.name = pool.pool;
            for (const double goal : {0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0}) {
                std::vector<double> most;
                for (const auto& load : loads) {
                    if (load.server.pool != pool.pool || load.name() != work.name) continue;
                    double best = 0;
                    for (const auto& point : points_of(load.measured)) {
                        if (point.p99_ms <= goal) best = std::max(best, point.achieved);
                    }
                    if (best > 0) most.push_back(best);
                }
                if (most.empty()) continue;
                line.x.push_back(goal);
                line.y.push_back(cost_of(1e6, pool.paid->usd_per_hour, median(most)));
            }
            if (!line.x.empty()) chart.lines.push_back(std::move(line));
        }
    }
    return chart;
}

report_chart utilisation_chart(std::span<const work_claims> works) {
    report_chart chart{"Cost over utilisation",
                       "An idle node costs as much as a busy one.",
                       "share of the rate that is used, %",
                       "$ per million requests",
                       false,
                       {},
                       {}};
    for (const auto& work : works) {
        for (const auto& pool : work.pools) {
            if (!work.served || !pool.paid || !pool.ranked()) continue;
            series line;
            line.name = pool.pool;
            for (int used = 10; used <= 100; used += 10) {
                line.x.push_back(used);
                line.y.push_back(*pool.cost(work.priced_units, used / 100.0));
            }
            chart.lines.push_back(std::move(line));
        }
    }
    return chart;
}

/// How much work a server does at each share of its CPUs: a line that bends down is SMT, or a clock
/// that falls.
report_chart busy_chart(std::span<const load_claims> loads) {
    report_chart chart{"Requests over CPU use",
                       "Each step of the curve that says something of the server. A straight line "
                       "through 0: a busy CPU does what its utilisation says.",
                       "CPUs of the server that are busy, %",
                       "requests a second",
                       false,
                       {},
                       {}};
    for (const auto& load : loads) {
        series line;
        line.name = load.pool_and_node();
        for (const auto& point : points_of(load.curve)) {
            if (!point.cpu_utilisation) continue;
            line.x.push_back(100 * *point.cpu_utilisation);
            line.y.push_back(point.achieved);
        }
        if (!line.x.empty()) chart.lines.push_back(std::move(line));
    }
    return chart;
}

report_chart headroom_chart(std::span<const load_claims> loads) {
    report_chart chart{
        "Headroom",
        "How busy a server's CPUs are at the most that it holds, and where p99 leaves "
        "its target; over rounds, with 95 % intervals.",
        "",
        "%",
        false,
        {},
        {}};
    series held, left;
    held.name = "busy at the target", left.name = "busy where p99 leaves it";
    for (const auto& load : loads) {
        const auto headroom = headroom_of(load);
        if (!headroom.utilisation_at_target || !headroom.utilisation_leaving) continue;
        chart.labels.push_back(load.pool_and_node());
        for (auto [line, value] : {std::pair{&held, &headroom.utilisation_at_target},
                                   std::pair{&left, &headroom.utilisation_leaving}}) {
            line->y.push_back(100 * (*value)->median);
            line->low.push_back(100 * (*value)->ci95.low);
            line->high.push_back(100 * (*value)->ci95.high);
        }
    }
    if (!chart.labels.empty()) chart.lines = {held, left};
    return chart;
}

report_chart smt_chart(const std::vector<thread_claims>& claims) {
    report_chart chart{"SMT",
                       "Yield: what the second threads of all cores add. Penalty: what one thread "
                       "loses to its sibling.",
                       "",
                       "%",
                       false,
                       {},
                       {}};
    series yield, same, memory;
    yield.name = "SMT yield", same.name = "neighbour penalty",
    memory.name = "penalty beside a memory reader";
    for (const auto& one : claims) {
        if (!one.smt_yield || !one.neighbour_penalty || !one.memory_neighbour_penalty) continue;
        chart.labels.push_back(one.kernel + " " + one.level);
        for (auto [line, value] :
             {std::pair{&yield, &one.smt_yield}, std::pair{&same, &one.neighbour_penalty},
              std::pair{&memory, &one.memory_neighbour_penalty}}) {
            line->y.push_back(100 * (*value)->value);
            line->low.push_back(100 * (*value)->ci95.low);
            line->high.push_back(100 * (*value)->ci95.high);
        }
    }
    if (!chart.labels.empty()) chart.lines = {yield, same, memory};
    return chart;
}

report_chart scaling_chart(const std::vector<thread_claims>& claims) {
    report_chart chart{"Scaling",
                       "Speed of so many threads as a multiple of one; cores are filled first, "
                       "siblings after them.",
                       "threads",
                       "times one thread",
                       false,
                       {},
                       {}};
    for (const auto& one : claims) {
        series line;
        line.name = one.kernel + " " + one.level;
        for (const auto& point : one.scaling) {
            line.x.push_back(point.threads);
            line.y.push_back(point.efficiency * point.threads);
        }
        if (line.x.size() > 1) chart.lines.push_back(std::move(line));
    }
    return chart;
}

report_chart roofline_chart(const document& from, const std::vector<thread_claims>& claims) {
    report_chart chart{"Roofline",
                       "One thread. Roofs: the multiply-add peak and the read rate of each level, "
                       "measured on this machine.",
                       "operations per byte",
                       "operations a second",
                       true,
                       {},
                       {}};
    const auto limits = limits_of(from);
    if (!limits.operations_per_second) return chart;
    for (const auto& [where, bytes] : limits.bytes_per_second) {
        series roof;
        roof.name = "roof of " + where;
        roof.bound = true;
        const double ridge = *limits.operations_per_second / bytes;
        for (const double intensity :
             {std::min(0.03, ridge / 2), ridge, std::max(30.0, ridge * 2)}) {
            roof.x.push_back(intensity);
            roof.y.push_back(std::min(*limits.operations_per_second, intensity * bytes));
        }
        chart.lines.push_back(std::move(roof));
    }
    for (const auto& one : claims) {
        if (!one.of_arithmetic || !one.operations_per_byte || *one.operations_per_byte <= 0)
            continue;
        series point;
        point.name = one.kernel + " " + one.level;
        point.x = {*one.operations_per_byte};
        point.y = {*one.of_arithmetic * *limits.operations_per_second};
        chart.lines.push_back(std::move(point));
    }
    return chart;
}

}  // namespace

std::vector<report_chart> make_charts(std::span<const document> documents,
                                      std::span<const work_claims> works) {
    std::vector<load_claims> loads;
    for (const auto& one : documents) {
        auto found = claims_about_load(one);
        std::ranges::move(found, std::back_inserter(loads));
    }
    const auto shown = loads_to_show(loads);
    std::vector<report_chart> charts{target_chart(loads, works), latency_chart(shown),
                                     busy_chart(shown), headroom_chart(shown),
                                     utilisation_chart(works)};
    for (const auto& planned : planned_pools_of(works, {}))
        std::ranges::move(peaks_charts(planned, {}), std::back_inserter(charts));
    std::vector<node_chart> smt, scaling, roofline;
    for (const auto& one : documents) {
        const auto claims = claims_about_threads(one);
        if (claims.empty()) continue;
        const auto who = rows_of(one);
        smt.push_back({who.pool, who.node, smt_chart(claims)});
        scaling.push_back({who.pool, who.node, scaling_chart(claims)});
        roofline.push_back({who.pool, who.node, roofline_chart(one, claims)});
    }
    for (const auto& [kind, between] :
         {std::pair{&smt, " on "}, std::pair{&scaling, " on "}, std::pair{&roofline, " of "}})
        std::ranges::move(charts_by_pool(*kind, between), std::back_inserter(charts));
    std::erase_if(charts, [](const report_chart& chart) { return chart.lines.empty(); });
    return charts;
}

}  // namespace lanewise::bench
