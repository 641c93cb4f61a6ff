// Option prices from other libraries' vector functions, compiled once per set of instructions: the
// textbook's formula, the normal distribution by erf, which is faster than erfc in both, and the
// put from the call by parity.
#include "peers.hpp"

#include <immintrin.h>

#if PEERS_SLEEF
#include <sleef.h>
#endif

namespace lanewise::peers {
namespace {

#if defined(__AVX512F__)
using wide = __m512;
#define PEERS_WIDE(name) _mm512_##name
#else
using wide = __m256;
#define PEERS_WIDE(name) _mm256_##name
#endif
constexpr std::size_t width = sizeof(wide) / sizeof(float);

wide all(float value) {
    return PEERS_WIDE(set1_ps)(value);
}

template <class Functions>
void prices(const float* const* in, float* call, float* put, std::size_t count) {
    const wide half = all(0.5F);
    const auto normal = [&](wide d) { return half + half * Functions::erf(d * all(0.70710678F)); };
    const auto some = [&](const float* spots, const float* strikes, const float* all_years,
                          const float* rates, const float* volatilities, float* calls,
                          float* puts) {
        const wide spot = PEERS_WIDE(loadu_ps)(spots);
        const wide strike = PEERS_WIDE(loadu_ps)(strikes);
        const wide years = PEERS_WIDE(loadu_ps)(all_years);
        const wide rate = PEERS_WIDE(loadu_ps)(rates);
        const wide volatility = PEERS_WIDE(loadu_ps)(volatilities);
        const wide deviation = volatility * PEERS_WIDE(sqrt_ps)(years);
        const wide drift = PEERS_WIDE(fmadd_ps)(volatility * half, volatility, rate);
        const wide d1 =
            PEERS_WIDE(fmadd_ps)(drift, years, Functions::log(spot / strike)) / deviation;
        const wide discounted = strike * Functions::exp(all(0.0F) - rate * years);
        const wide price = spot * normal(d1) - discounted * normal(d1 - deviation);
        PEERS_WIDE(storeu_ps)(calls, price);
        PEERS_WIDE(storeu_ps)(puts, price - spot + discounted);
    };
    std::size_t i = 0;
    for (; i + width <= count; i += width)
        some(in[0] + i, in[1] + i, in[2] + i, in[3] + i, in[4] + i, call + i, put + i);
    if (i == count) return;
    float rest[5][width];
    float results[2][width];
    for (std::size_t a = 0; a < 5; ++a) {
        for (std::size_t j = 0; j < width; ++j) rest[a][j] = j < count - i ? in[a][i + j] : 1.0F;
    }
    some(rest[0], rest[1], rest[2], rest[3], rest[4], results[0], results[1]);
    for (std::size_t j = i; j < count; ++j) {
        call[j] = results[0][j - i];
        put[j] = results[1][j - i];
    }
}

#if PEERS_LIBMVEC

#if defined(__AVX512F__)
#define PEERS_MVEC(name) _ZGVeN16v_##name
#else
#define PEERS_MVEC(name) _ZGVdN8v_##name
#endif
extern "C" wide PEERS_MVEC(expf)(wide);
extern "C" wide PEERS_MVEC(logf)(wide);
extern "C" wide PEERS_MVEC(erff)(wide);

struct mvec_functions {
    static wide exp(wide x) { return PEERS_MVEC(expf)(x); }
    static wide log(wide x) { return PEERS_MVEC(logf)(x); }
    static wide erf(wide x) { return PEERS_MVEC(erff)(x); }
};
constexpr auto mvec_prices = prices<mvec_functions>;

#else
constexpr decltype(option_peers::libmvec) mvec_prices = nullptr;
#endif
#if PEERS_SLEEF

#if defined(__AVX512F__)
#define PEERS_SLEEF_FUNCTION(name, error) Sleef_##name##16_##error##avx512f
#else
#define PEERS_SLEEF_FUNCTION(name, error) Sleef_##name##8_##error##avx2
#endif

struct sleef_functions {
    static wide exp(wide x) { return PEERS_SLEEF_FUNCTION(expf, u10)(x); }
    static wide log(wide x) { return PEERS_SLEEF_FUNCTION(logf, u10)(x); }
    static wide erf(wide x) { return PEERS_SLEEF_FUNCTION(erff, u10)(x); }
};
constexpr auto sleef_prices = prices<sleef_functions>;

#else
constexpr decltype(option_peers::sleef) sleef_prices = nullptr;
#endif

}  // namespace

const option_peers PEERS_OPTIONS{
    .libmvec = mvec_prices,
    .sleef = sleef_prices,
};

}  // namespace lanewise::peers
