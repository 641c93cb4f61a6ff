// The kernels in double precision, written to be obviously right: the oracle that shares nothing
// with the library.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace reference {

struct total {
    double value = 0;
    double magnitude = 0;  ///< sum of the absolute values of what was added: what a bound on the
                           ///< error is relative to
};

inline total squared_distance_f32(std::span<const float> x, std::span<const float> y) {
    total out;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double difference = double{x[i]} - double{y[i]};
        out.value += difference * difference;
    }
    out.magnitude = out.value;
    return out;
}

inline total dot_f32(std::span<const float> x, std::span<const float> y) {
    total out;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double product = double{x[i]} * double{y[i]};
        out.value += product;
        out.magnitude += std::abs(product);
    }
    return out;
}

inline std::int64_t dot_i8(std::span<const std::int8_t> x, std::span<const std::int8_t> y) {
    std::int64_t out = 0;
    for (std::size_t i = 0; i < x.size(); ++i) out += std::int64_t{x[i]} * std::int64_t{y[i]};
    return out;
}

inline total sum_f32(std::span<const float> x) {
    total out;
    for (const float value : x) {
        out.value += double{value};
        out.magnitude += std::abs(double{value});
    }
    return out;
}

inline double exp_f32(float x) {
    return std::exp(double{x});
}

inline std::vector<long double> softmax_f32(std::span<const float> x) {
    long double most = -HUGE_VALL;
    for (const float value : x) most = std::max(most, static_cast<long double>(value));
    long double sum = 0;
    std::vector<long double> out;
    out.reserve(x.size());
    for (const float value : x) {
        out.push_back(std::exp(static_cast<long double>(value) - most));
        sum += out.back();
    }
    for (auto& value : out) value /= sum;
    return out;
}

struct option_prices {
    long double call, put;
    long double scale;  ///< the larger of spot and discounted strike: what an error is relative to
};

/// By the textbook, with the normal distribution from erfc.
inline option_prices black_scholes_f32(float spot, float strike, float years, float rate,
                                       float volatility) {
    const long double s = spot;
    const long double k = strike;
    const long double t = years;
    const long double r = rate;
    const long double v = volatility;
    const auto normal = [](long double d) { return std::erfc(-d / std::sqrt(2.0L)) / 2; };
    const long double d1 = (std::log(s / k) + (r + v * v / 2) * t) / (v * std::sqrt(t));
    const long double d2 = d1 - v * std::sqrt(t);
    const long double discounted = k * std::exp(-r * t);
    return {.call = s * normal(d1) - discounted * normal(d2),
            .put = discounted * normal(-d2) - s * normal(-d1),
            .scale = std::max(s, discounted)};
}

/// Row-major: element (i, j) of a b.
inline total gemm_f32(std::size_t n, std::size_t k, std::span<const float> a,
                      std::span<const float> b, std::size_t i, std::size_t j) {
    total out;
    for (std::size_t p = 0; p < k; ++p) {
        const double product = double{a[i * k + p]} * double{b[p * n + j]};
        out.value += product;
        out.magnitude += std::abs(product);
    }
    return out;
}

/// The same of signed bytes, modulo 2^32.
inline std::int32_t gemm_i8(std::size_t n, std::size_t k, std::span<const std::int8_t> a,
                            std::span<const std::int8_t> b, std::size_t i, std::size_t j) {
    std::int64_t sum = 0;
    for (std::size_t p = 0; p < k; ++p)
        sum += std::int64_t{a[i * k + p]} * std::int64_t{b[p * n + j]};
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(sum));
}

/// Element (y, x) of the 5 by 5 filter.
inline total convolve_f32(std::size_t height, std::size_t width, std::span<const float> image,
                          std::span<const float> weights, std::size_t y, std::size_t x) {
    total out;
    const auto nearest = [](std::size_t at, std::size_t tap, std::size_t size) {
        const auto place = static_cast<std::ptrdiff_t>(at + tap) - 2;
        return static_cast<std::size_t>(
            std::clamp<std::ptrdiff_t>(place, 0, static_cast<std::ptrdiff_t>(size) - 1));
    };
    for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; j < 5; ++j) {
            const double product =
                double{weights[i * 5 + j]} *
                double{image[nearest(y, i, height) * width + nearest(x, j, width)]};
            out.value += product;
            out.magnitude += std::abs(product);
        }
    }
    return out;
}

inline std::vector<std::uint64_t> histogram_u8(std::span<const std::uint8_t> x) {
    std::vector<std::uint64_t> out(256);
    for (const std::uint8_t value : x) ++out[value];
    return out;
}

/// Indexes of the k largest: numbers before NaNs, then larger first, then the lower index.
inline std::vector<std::uint32_t> topk_f32(std::span<const float> x, std::size_t k) {
    std::vector<std::uint32_t> out(x.size());
    std::iota(out.begin(), out.end(), 0U);
    std::sort(out.begin(), out.end(), [&](std::uint32_t a, std::uint32_t b) {
        if (std::isnan(x[a]) != std::isnan(x[b])) return std::isnan(x[b]);
        if (x[a] == x[b] || std::isnan(x[a])) return a < b;
        return x[a] > x[b];
    });
    out.resize(k);
    return out;
}

/// Where the first sequence begins that is none of UTF-8 (RFC 3629, section 4); the length if there
/// is none. Decodes each character and judges its number.
inline std::size_t utf8_validate(std::span<const std::uint8_t> text) {
    for (std::size_t i = 0; i < text.size();) {
        const unsigned first = text[i];
        const std::size_t length = first < 0x80             ? 1
                                   : (first & 0xe0) == 0xc0 ? 2
                                   : (first & 0xf0) == 0xe0 ? 3
                                   : (first & 0xf8) == 0xf0 ? 4
                                                            : 0;
        if (length == 0 || text.size() - i < length) return i;
        unsigned long number = length == 1 ? first : first & (0x7fU >> length);
        for (std::size_t j = 1; j < length; ++j) {
            if ((text[i + j] & 0xc0) != 0x80) return i;
            number = number << 6 | (text[i + j] & 0x3fU);
        }
        constexpr unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (number < least[length] || number > 0x10ffff) return i;
        if (number >= 0xd800 && number <= 0xdfff) return i;
        i += length;
    }
    return text.size();
}

/// The distance between floats at this magnitude, which is the unit of "ulp"; that of denormals
/// below them.
inline double ulp(double value) {
    const double magnitude = std::abs(value);
    if (magnitude < 0x1p-126) return 0x1p-149;
    return std::ldexp(1.0, std::ilogb(magnitude) - 23);
}

}  // namespace reference
