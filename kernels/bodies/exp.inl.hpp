// e^x = 2^n * e^r with n the nearest whole number to x / ln 2 and |r| <= ln(2) / 2, where a
// polynomial of degree 6 serves. It is minimax in relative error (3.1e-9) with its first two
// coefficients held at 1, by Remez' exchange.
#pragma once

#include "kernels/registers/registers.inl.hpp"

namespace lanewise::kernels {
namespace {

// Adding it to a float below 2^22 leaves the nearest whole number in the low bits.
constexpr float exp_rounder = 0x1.8p23F;

// e^r, and exp_rounder + n.
template <class Arch>
LANEWISE_INLINE inline floats<Arch> exp_reduced(floats<Arch> x, floats<Arch>& rounded) {
    using f = floats<Arch>;
    rounded = fma(x, f(0x1.715476p0F), f(exp_rounder));  // 1 / ln 2
    const f n = rounded - f(exp_rounder);
    f r = fma(n, f(-0x1.62e430p-1F), x);  // ln 2 as the sum of two floats
    r = fma(n, f(0x1.05c610p-29F), r);
    f power(0x1.6a2434p-10F);
    power = fma(power, r, f(0x1.1239e2p-7F));
    power = fma(power, r, f(0x1.5558f2p-5F));
    power = fma(power, r, f(0x1.555492p-3F));
    power = fma(power, r, f(0x1.fffffcp-2F));
    power = fma(power, r, f(1.0F));
    return fma(power, r, f(1.0F));
}

// 2^n as a float, from n in the low bits.
template <class Arch>
LANEWISE_INLINE inline floats<Arch> exp_scale(ints<Arch> n) {
    return bitwise_cast<float>((n + ints<Arch>(127)) << 23);
}

// For |x| up to 87 the result is normal, and 2^n goes straight into the exponent.
template <class Arch>
LANEWISE_INLINE inline floats<Arch> exp_ordinary(floats<Arch> x) {
    floats<Arch> rounded;
    const floats<Arch> power = exp_reduced<Arch>(x, rounded);
    return bitwise_cast<float>(bitwise_cast<std::int32_t>(power) +
                               (bitwise_cast<std::int32_t>(rounded) << 23));
}

// For any x. 2^n goes in by two factors: neither overflows, and only the second product rounds, to
// a denormal result.
template <class Arch>
LANEWISE_INLINE inline floats<Arch> exp_any(floats<Arch> x) {
    using f = floats<Arch>;
    // Beyond the bounds the result is 0 or infinity, as it is at the bounds. What they make of a
    // NaN does not matter.
    f rounded;
    const f power = exp_reduced<Arch>(max(min(x, f(89.0F)), f(-104.0F)), rounded);
    const ints<Arch> n =
        bitwise_cast<std::int32_t>(rounded) - bitwise_cast<std::int32_t>(f(exp_rounder));
    const ints<Arch> half = n >> 1;
    const f result = power * exp_scale<Arch>(half) * exp_scale<Arch>(n - half);
    return select(x == x, result, f(canonical_nan));
}

}  // namespace
}  // namespace lanewise::kernels
