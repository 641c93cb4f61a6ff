// Statistics as pure functions: no clock, no global random state; the same input gives the same
// output.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lanewise::bench {

struct interval {
    double low;
    double high;
};

/// A median with its 95 % interval and its spread.
struct estimate {
    double median;
    interval ci95;
    double mad;  ///< median absolute deviation, unscaled
    std::size_t count;
};

/// Values must not be empty for any of these.
[[nodiscard]] double mean(std::span<const double> values);
[[nodiscard]] double median(std::span<const double> values);
[[nodiscard]] double median_absolute_deviation(std::span<const double> values);

/// The share-quantile, 0 to 1, interpolated linearly between order statistics.
[[nodiscard]] double quantile(std::span<const double> values, double share);

/// Sample variance over count - 1; at least two values.
[[nodiscard]] double variance(std::span<const double> values);

/// A small generator whose sequence the standard does not leave to the library, unlike its
/// distributions.
class random_source {
public:
    explicit random_source(std::uint64_t seed) : state_{seed} {}
    [[nodiscard]] std::uint64_t bits() noexcept;              ///< splitmix64
    [[nodiscard]] double uniform() noexcept;                  ///< in [0, 1)
    [[nodiscard]] std::size_t below(std::size_t n) noexcept;  ///< in [0, n), n at least 1
    [[nodiscard]] double normal() noexcept;
    [[nodiscard]] double exponential() noexcept;  ///< of mean 1

private:
    std::uint64_t state_;
};

/// 95 % interval of the median by percentile bootstrap, or for fewer than six values their range,
/// which is then wider.
[[nodiscard]] interval median_interval(std::span<const double> values, std::uint64_t seed = 1);

[[nodiscard]] estimate summarize(std::span<const double> values, std::uint64_t seed = 1);

}  // namespace lanewise::bench
