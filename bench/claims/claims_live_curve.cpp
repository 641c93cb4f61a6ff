#include "claims_live_curve.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <utility>
#include <vector>

#include "bench/figures/format.hpp"
#include "bench/figures/statistics.hpp"

namespace lanewise::bench {
namespace {

/// CPU time a request over the share of the CPUs that is busy, the least busy first.
using curve = std::vector<std::pair<double, double>>;

std::string usual_name(const std::string& architecture) {
    if (architecture == "x86_64") return "amd64";
    return architecture == "aarch64" ? "arm64" : architecture;
}

bool belongs_to(const load_claims& load, const std::string& pool) {
    const auto& server = load.server;
    return server.pool == pool || server.instance == pool ||
           (!server.architecture.empty() && usual_name(server.architecture) == usual_name(pool));
}

curve curve_of(const load_claims& load) {
    curve points;
    for (const auto& step : load.curve) {
        if (step.counts() && step.cpu_utilisation && step.cpu_ms_per_request &&
            *step.cpu_utilisation > 0 && *step.cpu_ms_per_request > 0)
            points.emplace_back(*step.cpu_utilisation, *step.cpu_ms_per_request);
    }
    std::ranges::sort(points);
    return points;
}

/// On the straight line between the two steps around it; nothing beyond the ends.
std::optional<double> at(const curve& points, double utilisation) {
    for (std::size_t i = 1; i < points.size(); ++i) {
        const auto& [below, ms_below] = points[i - 1];
        const auto& [above, ms_above] = points[i];
        if (utilisation < below || utilisation > above) continue;
        if (above <= below) return ms_below;
        return ms_below + (ms_above - ms_below) * (utilisation - below) / (above - below);
    }
    return std::nullopt;
}

double half_width_of(const live_estimate& value) {
    return std::log(value.ci95.high / value.value);
}

live_estimate around(double value, double half_width) {
    return {value, {value * std::exp(-half_width), value * std::exp(half_width)}};
}

std::string share_of_cpus(double utilisation) {
    return percent(utilisation) + " of the CPUs";
}

std::string usd(const live_estimate& cost) {
    return digits(cost.value) + " USD (" + digits(cost.ci95.low) + " to " + digits(cost.ci95.high) +
           ")";
}

/// Logarithms of the candidate's moves, one a node; why_not where there is none.
std::vector<double> moves_of(const std::vector<curve>& curves, double from, double to,
                             cost_at_equal_use& made) {
    std::vector<double> moves;
    double low = 1, high = 0;
    for (const auto& points : curves) {
        low = std::min(low, points.front().first);
        high = std::max(high, points.back().first);
        const auto here = at(points, from), there = at(points, to);
        if (here && there) moves.push_back(std::log(*there / *here));
    }
    if (moves.empty()) {
        const bool own = from < low || from > high;
        made.why_not = "Costs are not compared at one utilisation: the headroom curve of " +
                       made.candidate + " goes from " + percent(low) + " to " +
                       share_of_cpus(high) + ", and " + (own ? made.candidate : made.baseline) +
                       " was at " + percent(own ? from : to) + ".";
    }
    return moves;
}

}  // namespace

std::string cost_at_equal_use::sentence() const {
    if (!why_not.empty()) return why_not;
    const double less = 1 - ratio.value;
    const auto far = [](double times) {
        return percent(std::abs(1 - times)) + (times < 1 ? " less" : " more");
    };
    std::string text = "With both at " + share_of_cpus(utilisation) + ", as " + baseline +
                       " was, a million requests cost " + usd(candidate_usd_per_million) + " on " +
                       candidate + " and " + usd(baseline_usd_per_million) + " on " + baseline +
                       ": " + percent(std::abs(less)) + (less >= 0 ? " less" : " more") + " on " +
                       candidate + " (95 % interval " + far(ratio.ci95.low) + " to " +
                       far(ratio.ci95.high) + ").";
    text += " The CPU time a request of " + candidate + " was moved by a factor of " +
            digits(candidate_moved) + " along " +
            (curves > 1 ? "the headroom curves of " + counted(curves, "node")
                        : "the headroom curve of one node, whose spread over nodes is not known") +
            ".";
    return text;
}

std::optional<cost_at_equal_use> costs_at_equal_use(const live_section& from,
                                                    const live_claims& claims,
                                                    std::span<const load_claims> loads) {
    cost_at_equal_use made;
    made.baseline = from.baseline;
    made.candidate = from.candidate;
    std::vector<curve> curves;
    std::vector<std::string> pools;
    bool emulated = false;
    for (const auto& load : loads) {
        if (load.closed_loop || !belongs_to(load, from.candidate)) continue;
        auto points = curve_of(load);
        if (points.size() < 2) continue;
        emulated = emulated || load.server.emulated;
        if (std::ranges::find(pools, load.server.pool) == pools.end())
            pools.push_back(load.server.pool);
        curves.push_back(std::move(points));
    }
    if (curves.empty()) return std::nullopt;
    const auto refused = [&](std::string why) {
        made.why_not = std::move(why);
        return made;
    };
    if (emulated || claims.candidate.emulated || claims.baseline.emulated)
        return refused("Costs are not compared at one utilisation: something of it is emulated.");
    if (pools.size() > 1)
        return refused("Costs are not compared at one utilisation: the documents have curves of " +
                       pools[0] + " and of " + pools[1] + ", and " + from.candidate +
                       " may be either.");
    const auto& baseline = claims.baseline;
    const auto& candidate = claims.candidate;
    if (!baseline.utilisation || !candidate.utilisation || !baseline.usd_per_million_of_cpus ||
        !candidate.usd_per_million_of_cpus || !claims.cpu_ratio)
        return refused(
            "Costs are not compared at one utilisation: price, CPUs or CPU time of a "
            "pool is not known.");
    made.utilisation = *baseline.utilisation;
    const auto moves = moves_of(curves, *candidate.utilisation, made.utilisation, made);
    if (!made.why_not.empty()) return made;
    made.curves = moves.size();
    const double moved = mean(moves);
    made.candidate_moved = std::exp(moved);
    double by_nodes = 0;
    if (moves.size() > 1) {
        const auto n = static_cast<double>(moves.size());
        const boost::math::students_t spread{n - 1};
        by_nodes = boost::math::quantile(spread, 0.975) * std::sqrt(variance(moves) / n);
    }
    // The pool's price buys so many CPU seconds; at that use only this share of them does work.
    const auto& paid_baseline = *baseline.usd_per_million_of_cpus;
    const auto& paid_candidate = *candidate.usd_per_million_of_cpus;
    made.baseline_usd_per_million =
        around(paid_baseline.value / made.utilisation, half_width_of(paid_baseline));
    made.candidate_usd_per_million =
        around(paid_candidate.value * made.candidate_moved / made.utilisation,
               std::hypot(half_width_of(paid_candidate), by_nodes));
    // Of the quotient the windows' noise is that of both pools in the same windows.
    made.ratio = around(made.candidate_usd_per_million.value / made.baseline_usd_per_million.value,
                        std::hypot(half_width_of(*claims.cpu_ratio), by_nodes));
    return made;
}

}  // namespace lanewise::bench
