// e^x of each element over the sum of all: the largest first, which keeps every power at most 1;
// then the powers, added over virtual lanes; then one division, and a product for each element.
#pragma once

#include "exp.inl.hpp"
#include "kernels/registers/lanes.inl.hpp"

namespace lanewise::kernels {
namespace {

// The largest of at least one number. What it makes of a NaN does not matter: the sum is NaN then.
template <class Arch>
float largest(const float* x, std::size_t count) {
    using f = floats<Arch>;
    constexpr std::size_t group = 4;
    constexpr float lowest = -__builtin_inff();
    if (count < f::size) {
        float most = lowest;
        for (std::size_t i = 0; i < count; ++i) most = x[i] > most ? x[i] : most;
        return most;
    }
    f most[group];
    unroll<group>([&](auto j) LANEWISE_INLINE { most[j] = f(lowest); });
    std::size_t i = 0;
    for (; i + group * f::size <= count; i += group * f::size) {
        unroll<group>([&](auto j) LANEWISE_INLINE {
            most[j] = max(most[j], load_whole<Arch>(x + i + j * f::size));
        });
    }
    for (; i + f::size <= count; i += f::size) most[0] = max(most[0], load_whole<Arch>(x + i));
    // The last register begins before what is left: an element may be looked at twice.
    most[1] = max(most[1], load_whole<Arch>(x + count - f::size));
    return reduce_max(max(max(most[0], most[1]), max(most[2], most[3])));
}

// Lanes is what the order of the sum, and so its bits, depends on.
template <class Arch, std::size_t Lanes>
void softmax_over(const float* x, float* result, std::size_t count) noexcept {
    using f = floats<Arch>;
    using lanes = virtual_lanes<Arch, Lanes>;
    constexpr std::size_t group = 4;  // chains of fma side by side, as in exp_f32
    constexpr std::size_t step = Lanes < group * f::size ? group * f::size : Lanes;
    if (count == 0) return;

    const f most(largest<Arch>(x, count));
    lanes sums;
    sums.clear();
    std::size_t i = 0;
    for (; i + step <= count; i += step) {
        unroll<step / (group * f::size)>([&](auto g) LANEWISE_INLINE {
            const std::size_t first = i + g * group * f::size;
            f powers[group];
            unroll<group>([&](auto j) LANEWISE_INLINE {
                powers[j] = load_whole<Arch>(x + first + j * f::size) - most;
            });
            const f bound(-87.0F);  // none is above 0
            const auto ordinary = (bound <= powers[0]) & (bound <= powers[1]) &
                                  (bound <= powers[2]) & (bound <= powers[3]);
            if (all(ordinary)) {
                unroll<group>([&](auto j)
                                  LANEWISE_INLINE { powers[j] = exp_ordinary<Arch>(powers[j]); });
            } else {
                unroll<group>([&](auto j)
                                  LANEWISE_INLINE { powers[j] = exp_any<Arch>(powers[j]); });
            }
            unroll<group>([&](auto j) LANEWISE_INLINE {
                constexpr std::size_t lane = (g * group + j) % lanes::registers;
                sums[lane] = sums[lane] + powers[j];
                store_whole<Arch>(result + first + j * f::size, powers[j]);
            });
        });
    }
    std::size_t p = i;
    for (; p + f::size <= count; p += f::size)
        store_whole<Arch>(result + p, exp_any<Arch>(load_whole<Arch>(x + p) - most));
    if (p < count) {
        const f powers = exp_any<Arch>(load_part<Arch>(x + p, count - p) - most);
        store_part<Arch>(result + p, powers, count - p);
    }
    for (; i + lanes::count <= count; i += lanes::count) {
        unroll<lanes::registers>([&](auto j) LANEWISE_INLINE {
            sums[j] = sums[j] + load_whole<Arch>(result + i + lanes::first(j));
        });
    }
    lanes::tail(count - i, [&](auto j, auto part) LANEWISE_INLINE {
        sums[j] = sums[j] + part(result + i + lanes::first(j));
    });

    const float sum = sums.fold();
    if (sum != sum) {
        for (i = 0; i < count; ++i) result[i] = canonical_nan;
        return;
    }
    const f scale(1.0F / sum);
    for (i = 0; i + group * f::size <= count; i += group * f::size) {
        unroll<group>([&](auto j) LANEWISE_INLINE {
            float* const at = result + i + j * f::size;
            store_whole<Arch>(at, load_whole<Arch>(at) * scale);
        });
    }
    for (; i + f::size <= count; i += f::size)
        store_whole<Arch>(result + i, load_whole<Arch>(result + i) * scale);
    if (i < count) {
        store_part<Arch>(result + i, load_part<Arch>(result + i, count - i) * scale, count - i);
    }
}

template <class Arch>
void softmax_f32(const float* x, float* result, std::size_t count) noexcept {
    softmax_over<Arch, 32>(x, result, count);
}

}  // namespace
}  // namespace lanewise::kernels
