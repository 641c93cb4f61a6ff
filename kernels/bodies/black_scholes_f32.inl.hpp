// Prices of European options (Black and Scholes 1973, Merton 1973). With the deviation s = v
// sqrt(t),
//
//     d1 = (ln(S / K) + (r + v^2 / 2) t) / s     d2 = d1 - s     D = K e^(-rt)
//     call = S N(d1) - D N(d2)                   put = D N(-d2) - S N(-d1)
//
// Only the tails N(-|d|) are computed, as e^(-d^2 / 2) times a ratio M(|d|) that falls slowly
// (Mills' ratio over sqrt(2 pi)); and since S e^(-d1^2 / 2) = D e^(-d2^2 / 2), one exponential
// serves both. An error in d1 that d2 shares cancels.
#pragma once

#include "exp.inl.hpp"
#include "log.inl.hpp"

namespace lanewise::kernels {
namespace {

// The domain, in which no step overflows: beyond it, and for NaN, both prices are NaN.
constexpr float option_price_least = 1e-9F;
constexpr float option_price_most = 1e12F;
constexpr float option_years_least = 1e-6F;
constexpr float option_years_most = 100;
constexpr float option_rate_most = 0.5F;  // of either sign
constexpr float option_volatility_least = 1e-3F;
constexpr float option_volatility_most = 10;

template <class Arch>
struct option_lanes {
    floats<Arch> spot, strike, years, rate, volatility;
};

template <class Arch>
struct option_prices {
    floats<Arch> call, put;
};

// N(-d) / e^(-d^2 / 2) for d from 0 to 13, of two d at a time with one division: 1/2 and a
// polynomial in q = d / (1 + 0.32 d), minimax (by Remez' exchange) for an error that counts as the
// tail does: at most 9.5e-9 / e^(-d^2 / 2).
template <class Arch>
LANEWISE_INLINE inline void tail_ratios(floats<Arch>& a, floats<Arch>& b) {
    using f = floats<Arch>;
    const auto ratio = [](f q) LANEWISE_INLINE {
        const auto pair = [&](float upper, float lower)
                              LANEWISE_INLINE { return fma(f(upper), q, f(lower)); };
        const f square = q * q;
        const f low =
            fma(pair(-0x1.c526d2p-7F, 0x1.f51734p-4F), square, pair(-0x1.988444p-2F, 0.5F));
        const f high = fma(pair(-0x1.0620eep-16F, 0x1.5c86a2p-14F), square,
                           pair(0x1.12e0b8p-12F, -0x1.767ff2p-10F));
        return fma(high, square * square, low);
    };
    const f below_a = fma(a, f(0.32F), f(1.0F));
    const f below_b = fma(b, f(0.32F), f(1.0F));
    const f both = f(1.0F) / (below_a * below_b);
    a = ratio(a * (both * below_b));
    b = ratio(b * (both * below_a));
}

template <class Arch>
LANEWISE_INLINE inline auto in_domain(const option_lanes<Arch>& of) {
    using f = floats<Arch>;
    const auto within = [](f value, float least, float most)
                            LANEWISE_INLINE { return (f(least) <= value) & (value <= f(most)); };
    return within(of.spot, option_price_least, option_price_most) &
           within(of.strike, option_price_least, option_price_most) &
           within(of.years, option_years_least, option_years_most) &
           (abs(of.rate) <= f(option_rate_most)) &
           within(of.volatility, option_volatility_least, option_volatility_most);
}

template <class Arch>
LANEWISE_INLINE inline option_prices<Arch> option_price(const option_lanes<Arch>& of) {
    using f = floats<Arch>;
    const f zero(0.0F);
    const f growth = of.rate * of.years;
    const f growth_rest = fma(of.rate, of.years, zero - growth);
    const f discount = exp_ordinary<Arch>(zero - growth);
    const f undiscounted = of.strike * discount;
    const f strike = fma(undiscounted, zero - growth_rest, undiscounted);

    const f deviation = of.volatility * sqrt(of.years);
    const f drift = fma(of.volatility * f(0.5F), of.volatility, of.rate);
    const f d1 = fma(drift, of.years, log_ordinary<Arch>(of.spot / of.strike)) / deviation;
    const f d2 = d1 - deviation;

    // Beyond 13 deviations a tail is nothing beside the prices.
    f spot_tail = min(abs(d1), f(13.0F));
    f strike_tail = min(abs(d2), f(13.0F));
    const f density = of.spot * exp_ordinary<Arch>(spot_tail * spot_tail * f(-0.5F));
    tail_ratios<Arch>(spot_tail, strike_tail);
    spot_tail = density * spot_tail;
    strike_tail = density * strike_tail;

    const f spot_rest = of.spot - spot_tail;
    const f strike_rest = strike - strike_tail;
    const auto spot_above = zero < d1;
    const auto strike_above = zero < d2;
    const f call =
        select(spot_above, spot_rest, spot_tail) - select(strike_above, strike_rest, strike_tail);
    const f put =
        select(strike_above, strike_tail, strike_rest) - select(spot_above, spot_tail, spot_rest);
    const auto valid = in_domain<Arch>(of);
    const f nan(canonical_nan);
    return {.call = select(valid, select(zero < call, call, zero), nan),
            .put = select(valid, select(zero < put, put, zero), nan)};
}

template <class Arch>
void black_scholes_f32(const float* spot, const float* strike, const float* years,
                       const float* rate, const float* volatility, float* call, float* put,
                       std::size_t count) noexcept {
    constexpr std::size_t width = floats<Arch>::size;
    std::size_t i = 0;
    for (; i + width <= count; i += width) {
        const auto prices = option_price<Arch>({.spot = load_whole<Arch>(spot + i),
                                                .strike = load_whole<Arch>(strike + i),
                                                .years = load_whole<Arch>(years + i),
                                                .rate = load_whole<Arch>(rate + i),
                                                .volatility = load_whole<Arch>(volatility + i)});
        store_whole<Arch>(call + i, prices.call);
        store_whole<Arch>(put + i, prices.put);
    }
    if (i < count) {
        const std::size_t rest = count - i;
        const auto prices =
            option_price<Arch>({.spot = load_part<Arch>(spot + i, rest),
                                .strike = load_part<Arch>(strike + i, rest),
                                .years = load_part<Arch>(years + i, rest),
                                .rate = load_part<Arch>(rate + i, rest),
                                .volatility = load_part<Arch>(volatility + i, rest)});
        store_part<Arch>(call + i, prices.call, rest);
        store_part<Arch>(put + i, prices.put, rest);
    }
}

}  // namespace
}  // namespace lanewise::kernels
