#include "trend.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>

#include "statistics.hpp"

namespace lanewise::bench {
namespace {

constexpr double chance = 0.05;
constexpr std::size_t ranks_tell_from = 5;

struct line {
    double slope, p;
};

line line_through(std::span<const double> logs) {
    const auto n = static_cast<double>(logs.size());
    const double middle = (n - 1) / 2, centre = mean(logs);
    double across = 0, squares = 0;
    for (std::size_t i = 0; i < logs.size(); ++i) {
        const double x = static_cast<double>(i) - middle;
        across += x * (logs[i] - centre);
        squares += x * x;
    }
    const double slope = across / squares;
    double rest = 0;
    for (std::size_t i = 0; i < logs.size(); ++i) {
        const double off = logs[i] - centre - slope * (static_cast<double>(i) - middle);
        rest += off * off;
    }
    const double error = std::sqrt(rest / (n - 2) / squares);
    if (error <= 0) return {slope, slope == 0 ? 1.0 : 0.0};
    const boost::math::students_t t{n - 2};
    return {slope, 2 * boost::math::cdf(boost::math::complement(t, std::abs(slope / error)))};
}

}  // namespace

double mann_kendall_p(std::span<const double> values) {
    if (values.size() < ranks_tell_from) return 1;
    double score = 0;
    std::map<double, double> ties;
    for (std::size_t i = 0; i < values.size(); ++i) {
        ties[values[i]] += 1;
        for (std::size_t j = 0; j < i; ++j)
            score += values[i] > values[j] ? 1 : values[i] < values[j] ? -1 : 0;
    }
    const auto weight = [](double n) { return n * (n - 1) * (2 * n + 5); };
    double variance = weight(static_cast<double>(values.size()));
    for (const auto& [value, count] : ties) variance -= weight(count);
    if (variance <= 0) return 1;
    const double distance = std::max(0.0, std::abs(score) - 1) / std::sqrt(variance / 18);
    return std::erfc(distance / std::sqrt(2));
}

std::optional<double> trend_over(std::span<const double> values) {
    if (values.size() < 3) return std::nullopt;
    std::vector<double> logs;
    for (const double value : values) logs.push_back(std::log(value));
    const auto fitted = line_through(logs);
    const double p = values.size() < ranks_tell_from ? fitted.p : mann_kendall_p(values);
    if (p >= chance) return std::nullopt;
    return std::expm1(fitted.slope * static_cast<double>(values.size() - 1));
}

bool is_steady(std::span<const double> values) {
    return values.size() >= steady_windows && mann_kendall_p(values.last(steady_windows)) >= chance;
}

}  // namespace lanewise::bench
