#include "plan_parts.hpp"

#include <algorithm>
#include <cmath>

#include "bench/figures/format.hpp"

namespace lanewise::bench {
namespace {

constexpr int steps_drawn = 24;  ///< more of them are a straight line to the eye

/// 1, 2 or 5 times a power of ten, the next one at or above.
double round_up(double value) {
    const double power = std::pow(10, std::floor(std::log10(value) + 1e-9));
    for (const double times : {1.0, 2.0, 5.0}) {
        if (times * power >= value * (1 - 1e-9)) return times * power;
    }
    return 10 * power;
}

/// From about one node up to some dozens.
std::vector<double> peaks_of(const planned_pools& planned) {
    double least = planned.pools.front().planned_node_rate;
    for (const auto& pool : planned.pools) least = std::min(least, pool.planned_node_rate);
    std::vector<double> peaks{round_up(least / 2)};
    while (peaks.size() < 7) peaks.push_back(round_up(peaks.back() * 1.6));
    return peaks;
}

/// A rate of a peak, with growth and bursts.
double beyond_peak(const plan_request& asked) {
    return (1 + asked.growth) * asked.burst;
}

std::string condition(const plan_request& asked) {
    std::string text = "With " + in_words(asked) +
                       " lost, each node stays below the load at which "
                       "p99 held, by the lower end of its 95 % interval";
    if (asked.growth > 0) text += "; with " + percent(asked.growth) + " of growth";
    if (asked.burst > 1) text += "; with bursts of " + digits(asked.burst) + " times the peak";
    return text + ".";
}

}  // namespace

std::vector<planned_pools> planned_pools_of(std::span<const work_claims> works,
                                            const plan_request& asked) {
    std::vector<planned_pools> found;
    for (const auto& work : works) {
        if (!work.served) continue;
        planned_pools planned{work.name, {}};
        for (const auto& pool : work.pools) {
            if (pool.ranked()) planned.pools.push_back(plan_of_pool(pool, pool.rate, asked));
        }
        if (!planned.pools.empty()) found.push_back(std::move(planned));
    }
    return found;
}

report_table peaks_table(const planned_pools& planned, const plan_request& asked) {
    report_table table{"Nodes and dollars over the peak: " + planned.work,
                       condition(asked) + " A month has 730 hours; whole nodes make steps.",
                       {"peak"},
                       0,
                       {}};
    for (const auto& pool : planned.pools) {
        table.head.push_back(pool.pool + ", nodes");
        table.head.push_back("$ a month");
    }
    // The last column of a table stands to the left, as a sentence does.
    table.head.emplace_back("fewest dollars");
    for (const double peak : peaks_of(planned)) {
        std::vector<std::string> row{with_prefix(peak, "/s")};
        std::optional<double> least;
        std::string cheapest;
        for (const auto& pool : planned.pools) {
            const int nodes = nodes_for(peak * beyond_peak(asked), pool.planned_node_rate,
                                        asked.survived, asked.zones);
            row.push_back(std::to_string(nodes));
            if (!pool.usd_per_hour) {
                row.emplace_back("no price");
                continue;
            }
            const double month = usd_a_month(nodes, *pool.usd_per_hour);
            row.push_back("$" + digits(month));
            if (!least || month < *least) {
                least = month, cheapest = pool.pool;
            } else if (month == *least) {
                cheapest += ", " + pool.pool;
            }
        }
        row.push_back(cheapest.empty() ? "no price" : cheapest);
        table.rows.push_back(std::move(row));
    }
    return table;
}

std::vector<report_chart> peaks_charts(const planned_pools& planned, const plan_request& asked) {
    report_chart nodes{"Nodes over the peak: " + planned.work,
                       condition(asked),
                       "peak, requests a second",
                       "nodes",
                       false,
                       {},
                       {}};
    report_chart money{"Dollars over the peak: " + planned.work,
                       condition(asked) + " A month has 730 hours.",
                       "peak, requests a second",
                       "$ a month",
                       false,
                       {},
                       {}};
    // As far as the plan needs, or the steps of the slowest pool reach.
    double end = 1.5 * asked.peak;
    if (end <= 0) {
        end = planned.pools.front().planned_node_rate;
        for (const auto& pool : planned.pools) end = std::min(end, pool.planned_node_rate);
        end *= 8 / beyond_peak(asked);
    }
    for (const auto& pool : planned.pools) {
        report_chart::series line, cost;
        line.name = cost.name = pool.pool;
        const double width = pool.planned_node_rate / beyond_peak(asked);
        const int steps = std::max(1, static_cast<int>(std::ceil(end / width - 1e-9)));
        const int stride = (steps + steps_drawn - 1) / steps_drawn;
        for (int step = 1; step <= steps; step += stride) {
            const int count = nodes_for(step * pool.planned_node_rate, pool.planned_node_rate,
                                        asked.survived, asked.zones);
            const double from = (step - 1) * width, to = std::min(end, (step - 1 + stride) * width);
            const auto add = [&](double x, int many) {
                line.x.push_back(x), line.y.push_back(many);
                if (!pool.usd_per_hour) return;
                cost.x.push_back(x), cost.y.push_back(usd_a_month(many, *pool.usd_per_hour));
            };
            add(from, count);
            if (stride == 1) add(to, count);
        }
        nodes.lines.push_back(std::move(line));
        if (!cost.x.empty()) money.lines.push_back(std::move(cost));
    }
    std::vector<report_chart> charts{std::move(nodes)};
    if (!money.lines.empty()) charts.push_back(std::move(money));
    return charts;
}

}  // namespace lanewise::bench
