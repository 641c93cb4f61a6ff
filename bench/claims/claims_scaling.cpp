#include "claims_scaling.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "claims_headroom.hpp"

namespace lanewise::bench {
namespace {

constexpr double daemons_millicores = 150;

}  // namespace

int millicores_for_pods(double cpus) {
    const auto of = [&](double from, double to, double share) {
        return std::max(0.0, std::min(cpus, to) - from) * 1000 * share;
    };
    const double kept = of(0, 1, 0.06) + of(1, 2, 0.01) + of(2, 4, 0.005) + of(4, 1e9, 0.0025);
    return std::max(10, static_cast<int>(cpus * 1000 - kept - daemons_millicores));
}

std::optional<double> busy_at(const load_claims& load, double share) {
    const auto held = load.rate_that_held();
    if (!held) return std::nullopt;
    std::vector<std::pair<double, double>> points;
    for (const auto& step : load.measured) {
        if (step.counts() && step.cpu_utilisation && step.achieved > 0)
            points.emplace_back(step.achieved, *step.cpu_utilisation);
    }
    if (points.empty()) return std::nullopt;
    points.emplace_back(0, 0);
    std::ranges::sort(points);
    const double rate = share * *held;
    const auto above = std::ranges::find_if(
        points, [&](const auto& point) { return point.first >= rate && point.first > 0; });
    if (above == points.end()) return points.back().second;
    const auto& below = *std::prev(above);
    const double way = (rate - below.first) / (above->first - below.first);
    return std::lerp(below.second, above->second, way);
}

scaling_claims scaling_of(std::span<const load_claims> nodes, double load_share,
                          int pods_per_node) {
    scaling_claims found;
    found.load_share = load_share;
    std::vector<double> busy, full, cpus;
    for (const auto& load : nodes) {
        if (load.cpus) cpus.push_back(*load.cpus);
        const auto here = busy_at(load, load_share), held = busy_at(load, 1);
        if (!here || !held) continue;
        busy.push_back(*here);
        full.push_back(*held);
    }
    if (busy.empty() || cpus.empty()) {
        found.undecided = "no document says how busy its CPUs were";
        return found;
    }
    found.busy = median(busy);
    found.busy_at_target = median(full);
    found.busy_range = interval{std::ranges::min(busy), std::ranges::max(busy)};
    found.cpus = median(cpus);
    const int available = millicores_for_pods(found.cpus) / std::max(1, pods_per_node);
    found.cpu_millicores = std::max(10, available / 10 * 10);
    const double usage = *found.busy * found.cpus * 1000 / pods_per_node;
    found.utilisation_percent = static_cast<int>(
        std::floor(100 * usage / found.cpu_millicores / (1 + autoscaler_tolerance)));
    if (busy.size() < 2) {
        found.undecided = "it rests on one node";
    } else if (found.utilisation_percent < 1) {
        found.undecided = "its CPUs were hardly used";
    } else if (found.busy_range->high - found.busy_range->low > 0.1) {
        found.undecided = "its nodes differ by more than 10 % of their CPUs at the same load";
    }
    return found;
}

}  // namespace lanewise::bench
