#include "statistics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>

namespace lanewise::bench {

double mean(std::span<const double> values) {
    assert(!values.empty());
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double quantile(std::span<const double> values, double share) {
    assert(!values.empty() && share >= 0 && share <= 1);
    std::vector<double> sorted{values.begin(), values.end()};
    std::ranges::sort(sorted);
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    if (below + 1 == sorted.size()) return sorted.back();
    return std::lerp(sorted[below], sorted[below + 1], place - static_cast<double>(below));
}

double median(std::span<const double> values) {
    return quantile(values, 0.5);
}

double median_absolute_deviation(std::span<const double> values) {
    const double centre = median(values);
    std::vector<double> distances;
    distances.reserve(values.size());
    for (const double value : values) distances.push_back(std::abs(value - centre));
    return median(distances);
}

double variance(std::span<const double> values) {
    assert(values.size() >= 2);
    const double centre = mean(values);
    double squares = 0;
    for (const double value : values) squares += (value - centre) * (value - centre);
    return squares / static_cast<double>(values.size() - 1);
}

std::uint64_t random_source::bits() noexcept {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

double random_source::uniform() noexcept {
    return static_cast<double>(bits() >> 11) * 0x1p-53;
}

std::size_t random_source::below(std::size_t n) noexcept {
    return std::min(n - 1, static_cast<std::size_t>(uniform() * static_cast<double>(n)));
}

double random_source::normal() noexcept {
    // Box and Muller; the second of the pair is thrown away, so that a sequence depends on the
    // count of calls alone.
    const double radius = std::sqrt(-2 * std::log1p(-uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
}

double random_source::exponential() noexcept {
    return -std::log1p(-uniform());
}

interval median_interval(std::span<const double> values, std::uint64_t seed) {
    // Of five values all five lie on one side of the median once in 16: their range is a 94 %
    // interval at best, and resampling them would claim more than that.
    if (values.size() < 6) {
        const auto [low, high] = std::ranges::minmax(values);
        return {low, high};
    }
    constexpr int resamples = 2000;
    random_source random{seed};
    std::vector<double> medians, sample(values.size());
    medians.reserve(resamples);
    for (int round = 0; round < resamples; ++round) {
        for (double& drawn : sample) drawn = values[random.below(values.size())];
        medians.push_back(median(sample));
    }
    return {quantile(medians, 0.025), quantile(medians, 0.975)};
}

estimate summarize(std::span<const double> values, std::uint64_t seed) {
    return {median(values), median_interval(values, seed), median_absolute_deviation(values),
            values.size()};
}

}  // namespace lanewise::bench
