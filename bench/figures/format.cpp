#include "format.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace lanewise::bench {

std::string digits(double value, int significant) {
    if (!std::isfinite(value)) return "n/a";
    if (value == 0) return "0";
    const int places =
        significant - 1 - static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-12));
    std::array<char, 64> text{};
    // Beyond this the zeros say nothing.
    if (places > 18 || places < -18) {
        std::snprintf(text.data(), text.size(), "%.*e", significant - 1, value);
        return text.data();
    }
    if (places >= 0) {
        std::snprintf(text.data(), text.size(), "%.*f", places, value);
    } else {
        const double step = std::pow(10, -places);
        std::snprintf(text.data(), text.size(), "%.0f", std::round(value / step) * step);
    }
    return text.data();
}

std::string with_prefix(double value, std::string_view unit) {
    constexpr std::array<std::pair<double, const char*>, 8> prefixes{{{1e12, " T"},
                                                                      {1e9, " G"},
                                                                      {1e6, " M"},
                                                                      {1e3, " k"},
                                                                      {1, " "},
                                                                      {1e-3, " m"},
                                                                      {1e-6, " µ"},
                                                                      {1e-9, " n"}}};
    // A symbol joins its prefix, GB/s; a word stands apart, k requests.
    const std::string gap = unit.size() > 3 ? " " : "";
    for (const auto& [scale, prefix] : prefixes) {
        if (std::abs(value) >= scale * 0.9995)
            return digits(value / scale) + prefix + (scale == 1 ? "" : gap) + std::string{unit};
    }
    return digits(value) + " " + std::string{unit};
}

std::string percent(double share) {
    return digits(share * 100, std::abs(share) < 0.1 ? 2 : 3) + " %";
}

std::string counted(std::size_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string{noun} + (count == 1 ? "" : "s");
}

}  // namespace lanewise::bench
