// ln x = e * ln 2 + ln(1 + f) with 1 + f from 2/3 to 4/3, where f + f^2 * (a polynomial of degree
// 8) serves: minimax in relative error (1e-8, coefficients rounded), by Remez' exchange.
#pragma once

#include "kernels/registers/registers.inl.hpp"

namespace lanewise::kernels {
namespace {

// Of positive normal numbers; any other gives some number.
template <class Arch>
LANEWISE_INLINE inline floats<Arch> log_ordinary(floats<Arch> x) {
    using f = floats<Arch>;
    constexpr float integers = 0x1.8p23F;  // whose low bits are a whole number's
    const ints<Arch> bits = bitwise_cast<std::int32_t>(x);
    const ints<Arch> exponent = (bits - ints<Arch>(0x3f2aaaab)) >> 23;  // less the bits of 2/3
    const f part = bitwise_cast<float>(bits - (exponent << 23)) - f(1.0F);
    const f whole =
        bitwise_cast<float>(exponent + bitwise_cast<std::int32_t>(f(integers))) - f(integers);
    // Pairs of terms, then pairs of pairs: half as long a chain as one term after another.
    const auto pair = [&](float upper, float lower)
                          LANEWISE_INLINE { return fma(f(upper), part, f(lower)); };
    const f square = part * part;
    const f fourth = square * square;
    const f low = fma(pair(0x1.99d1f2p-3F, -0x1.fffe84p-3F), square, pair(0x1.555502p-2F, -0.5F));
    f high =
        fma(pair(0x1.1ed132p-3F, -0x1.f25d86p-4F), square, pair(0x1.1ebe6cp-3F, -0x1.55a758p-3F));
    high = fma(f(-0x1.09328cp-3F), fourth, high);
    return fma(whole, f(0x1.62e430p-1F), fma(fma(high, fourth, low), square, part));  // ln 2
}

}  // namespace
}  // namespace lanewise::kernels
