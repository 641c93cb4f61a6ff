// Dot product over 64 virtual lanes: two loads feed each fma, so that many lanes keep both load
// ports of AVX-512 busy.
#pragma once

#include "kernels/registers/lanes.inl.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
[[gnu::noinline]] float dot_f32(const float* x, const float* y, std::size_t count) noexcept {
    using lanes = virtual_lanes<Arch, 64>;
    // A product is what an fma adds to +0, but for the sign of a zero, which fold() gives up.
    if (count < lanes::count) [[likely]] {
        return lanes::fold_once(count, [&](std::size_t place, auto part) LANEWISE_INLINE {
            return part(x + place) * part(y + place);
        });
    }
    using narrow = typename narrower<Arch>::type;
    if constexpr (!std::is_same_v<narrow, Arch>) {
        if (count >= beyond_caches / sizeof(float)) [[unlikely]]
            return dot_f32<narrow>(x, y, count);
    }
    lanes sums;
    unroll<lanes::registers>([&](auto j) LANEWISE_INLINE {
        sums[j] = load_whole<Arch>(x + lanes::first(j)) * load_whole<Arch>(y + lanes::first(j));
    });
    std::size_t i = lanes::count;
    for (; i + lanes::count <= count; i += lanes::count) {
        unroll<lanes::registers>([&](auto j) LANEWISE_INLINE {
            sums[j] = fma(load_whole<Arch>(x + i + lanes::first(j)),
                          load_whole<Arch>(y + i + lanes::first(j)), sums[j]);
        });
    }
    // Lanes beyond the end take 0 times 0: that leaves all but the sign of a zero, and fold()
    // answers +0 for either.
    lanes::tail(count - i, [&](auto j, auto part) LANEWISE_INLINE {
        sums[j] = fma(part(x + i + lanes::first(j)), part(y + i + lanes::first(j)), sums[j]);
    });
    return sums.fold();
}

}  // namespace
}  // namespace lanewise::kernels
