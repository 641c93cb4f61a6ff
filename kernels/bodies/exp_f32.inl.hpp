// e^x of each element, four registers side by side: one chain alone would wait out the latency of
// each fma.
#pragma once

#include "exp.inl.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
void exp_f32(const float* x, float* result, std::size_t count) noexcept {
    using f = floats<Arch>;
    constexpr std::size_t group = 4;
    std::size_t i = 0;
    for (; i + group * f::size <= count; i += group * f::size) {
        f values[group];
        unroll<group>([&](auto j)
                          LANEWISE_INLINE { values[j] = load_whole<Arch>(x + i + j * f::size); });
        const f bound(87.0F);
        const auto ordinary = (abs(values[0]) <= bound) & (abs(values[1]) <= bound) &
                              (abs(values[2]) <= bound) & (abs(values[3]) <= bound);
        if (all(ordinary)) {
            unroll<group>([&](auto j) LANEWISE_INLINE {
                store_whole<Arch>(result + i + j * f::size, exp_ordinary<Arch>(values[j]));
            });
        } else {
            unroll<group>([&](auto j) LANEWISE_INLINE {
                store_whole<Arch>(result + i + j * f::size, exp_any<Arch>(values[j]));
            });
        }
    }
    for (; i + f::size <= count; i += f::size)
        store_whole<Arch>(result + i, exp_any<Arch>(load_whole<Arch>(x + i)));
    if (i < count)
        store_part<Arch>(result + i, exp_any<Arch>(load_part<Arch>(x + i, count - i)), count - i);
}

}  // namespace
}  // namespace lanewise::kernels
