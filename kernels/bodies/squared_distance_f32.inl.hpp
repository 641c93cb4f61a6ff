// Squared Euclidean distance over 64 virtual lanes, as the dot product: two loads feed each
// subtraction and fma.
#pragma once

#include "kernels/registers/lanes.inl.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
[[gnu::noinline]] float squared_distance_f32(const float* x, const float* y,
                                             std::size_t count) noexcept {
    using lanes = virtual_lanes<Arch, 64>;
    using narrow = typename narrower<Arch>::type;
    if constexpr (!std::is_same_v<narrow, Arch>) {
        if (count >= beyond_caches / sizeof(float)) [[unlikely]]
            return squared_distance_f32<narrow>(x, y, count);
    }
    lanes sums;
    sums.clear();
    std::size_t i = 0;
    for (; i + lanes::count <= count; i += lanes::count) {
        unroll<lanes::registers>([&](auto j) LANEWISE_INLINE {
            const auto between = load_whole<Arch>(x + i + lanes::first(j)) -
                                 load_whole<Arch>(y + i + lanes::first(j));
            sums[j] = fma(between, between, sums[j]);
        });
    }
    // Lanes beyond the end take (0 - 0)^2, which leaves them as they are.
    lanes::tail(count - i, [&](auto j, auto part) LANEWISE_INLINE {
        const auto between = part(x + i + lanes::first(j)) - part(y + i + lanes::first(j));
        sums[j] = fma(between, between, sums[j]);
    });
    return sums.fold();
}

}  // namespace
}  // namespace lanewise::kernels
