// Virtual lanes: what makes a sum the same to the last bit whatever the width of the registers.
// Element i belongs to lane i mod Lanes; each lane is one chain in index order; the lanes are
// folded by halves.
#pragma once

#include "registers.inl.hpp"

namespace lanewise::kernels {
namespace {

// +0 for a zero of either sign, the canonical NaN for any. One comparison tells both from the rest,
// and its branch is off the way that the result takes.
LANEWISE_INLINE inline float canonical_sum(float value) {
    if (__builtin_expect(static_cast<long>(__builtin_islessgreater(value, 0.0F)), 1L) != 0)
        return value;
    return value == 0.0F ? 0.0F : canonical_nan;
}

template <class Arch, std::size_t Lanes>
class virtual_lanes {
public:
    static constexpr std::size_t count = Lanes;
    static constexpr std::size_t width = floats<Arch>::size;
    static constexpr std::size_t registers = Lanes / width;

    LANEWISE_INLINE void clear() {
        unroll<registers>([&](auto j) LANEWISE_INLINE { sums_[j] = floats<Arch>(0.0F); });
    }

    static constexpr std::size_t first(std::size_t j) { return j * width; }

    LANEWISE_INLINE floats<Arch>& operator[](std::size_t j) { return sums_[j]; }

    /// Adds the upper half of the lanes to the lower half until one is left. A zero comes out as
    /// +0, a NaN as canonical.
    LANEWISE_INLINE float fold() {
        fold_to<registers / 2>();
        return canonical_sum(sum_by_halves(sums_[0]));
    }

#if defined(__AVX512F__)
    /// The same of four.
    LANEWISE_INLINE static void fold(virtual_lanes (&lanes)[4], float* to) {
        __m512 each[4];
        unroll<4>([&](auto i) LANEWISE_INLINE {
            lanes[i].template fold_to<registers / 2>();
            each[i] = lanes[i].sums_[0];
        });
        float sums[4];
        sums_by_halves(each, sums);
        unroll<4>([&](auto i) LANEWISE_INLINE { to[i] = canonical_sum(sums[i]); });
    }
#endif

    /// The same of lanes that have one element each, or none from lane `rest` on: take(i, part)
    /// gives what part(p) loads, for a register that begins with lane i. An upper half without
    /// elements would add zeros, which leaves all but the sign of a zero.
    template <class Take>
    LANEWISE_INLINE static float fold_once(std::size_t rest, const Take& take) {
        const auto whole = [](const float* from) LANEWISE_INLINE { return load_whole<Arch>(from); };
        if constexpr (registers > 1) {
            using lower = virtual_lanes<Arch, Lanes / 2>;
            if (rest <= lower::count) return lower::fold_once(rest, take);
            lower lanes;
            unroll<lower::registers>([&](auto j)
                                         LANEWISE_INLINE { lanes[j] = take(first(j), whole); });
            lower::tail(rest - lower::count, [&](auto j, auto part) LANEWISE_INLINE {
                lanes[j] = lanes[j] + take(lower::count + first(j), part);
            });
            return lanes.fold();
        } else {
            if (rest == width) return canonical_sum(sum_by_halves(take(0, whole)));
            return canonical_sum(sum_by_halves(take(0, [&](const float* from) LANEWISE_INLINE {
                return load_part<Arch>(from, rest);
            })));
        }
    }

    /// step(j, part) for each register j that holds some of the last `rest` elements, no more than
    /// there are lanes: part(p) loads what register j takes from p, with zeros beyond the end.
    template <class Step>
    LANEWISE_INLINE static void tail(std::size_t rest, const Step& step) {
        if (rest == 0) return;
        unroll<registers>([&](auto j) LANEWISE_INLINE {
            if (first(j) + width <= rest) {
                step(j, [](const float* from) LANEWISE_INLINE { return load_whole<Arch>(from); });
            } else if (first(j) < rest) {
                step(j, [&](const float* from)
                            LANEWISE_INLINE { return load_part<Arch>(from, rest - first(j)); });
            }
        });
    }

private:
    template <std::size_t Half>
    LANEWISE_INLINE void fold_to() {
        if constexpr (Half > 0) {
            unroll<Half>([&](auto j) LANEWISE_INLINE { sums_[j] = sums_[j] + sums_[j + Half]; });
            fold_to<Half / 2>();
        }
    }

    floats<Arch> sums_[registers];
};

}  // namespace
}  // namespace lanewise::kernels
