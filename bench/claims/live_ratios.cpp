#include "live_ratios.hpp"

#include <cmath>
#include <numeric>

#include "bench/figures/autocorrelated.hpp"
#include "live_comparison.hpp"

namespace lanewise::bench {

std::optional<ratio_of_sums> ratio_over(const std::vector<double>& above,
                                        const std::vector<double>& below) {
    const auto n = static_cast<double>(above.size());
    const double top = std::accumulate(above.begin(), above.end(), 0.0);
    const double bottom = std::accumulate(below.begin(), below.end(), 0.0);
    if (above.size() < live_windows_min || !(top > 0) || !(bottom > 0)) return std::nullopt;
    ratio_of_sums made{top / bottom, {}};
    for (std::size_t i = 0; i < above.size(); ++i)
        made.relative.push_back((above[i] / top - below[i] / bottom) * n);
    return made;
}

live_estimate scaled(const ratio_of_sums& from, double factor) {
    const double half_width = mean_half_width(from.relative);
    const double value = from.value * factor;
    return {value, {value * std::exp(-half_width), value * std::exp(half_width)}};
}

live_estimate quotient(const ratio_of_sums& candidate, const ratio_of_sums& baseline,
                       double factor) {
    std::vector<double> relative;
    for (std::size_t i = 0; i < candidate.relative.size(); ++i)
        relative.push_back(candidate.relative[i] - baseline.relative[i]);
    const double half_width = mean_half_width(relative);
    const double value = candidate.value / baseline.value * factor;
    return {value, {value * std::exp(-half_width), value * std::exp(half_width)}};
}

}  // namespace lanewise::bench
