// Ratios of what windows of live traffic add up to: CPU time a request, dollars a request.
#pragma once

#include <optional>
#include <vector>

#include "bench/figures/statistics.hpp"

namespace lanewise::bench {

struct live_estimate {
    double value = 0;
    interval ci95{0, 0};
};

/// A ratio of sums over windows, with the interval of its linear part.
struct ratio_of_sums {
    double value = 0;
    std::vector<double> relative;  ///< deviations of each window, relative to the value
};

/// Of the same windows; none where they are fewer than `live_windows_min`, or a sum is not above 0.
[[nodiscard]] std::optional<ratio_of_sums> ratio_over(const std::vector<double>& above,
                                                      const std::vector<double>& below);

/// In another unit: the value and its interval times the factor.
[[nodiscard]] live_estimate scaled(const ratio_of_sums& from, double factor);

/// One pool's ratio over another's; the windows are the same ones.
[[nodiscard]] live_estimate quotient(const ratio_of_sums& candidate, const ratio_of_sums& baseline,
                                     double factor);

}  // namespace lanewise::bench
