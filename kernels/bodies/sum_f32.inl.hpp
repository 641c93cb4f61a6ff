// Sum over 128 virtual lanes: one load feeds each add, so that it takes twice the lanes of a dot
// product to fill AVX-512.
#pragma once

#include "kernels/registers/lanes.inl.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
[[gnu::noinline]] float sum_f32(const float* x, std::size_t count) noexcept {
    using lanes = virtual_lanes<Arch, 128>;
    // More than sixteen accumulators don't fit into registers beside what is loaded. Then the lanes
    // take turns, a group at a time, over blocks of 16 KiB that stay in the first-level cache.
    constexpr std::size_t group = lanes::registers < 16 ? lanes::registers : 16;
    constexpr std::size_t block = group == lanes::registers ? SIZE_MAX : 4096;

    lanes sums;
    if (count < lanes::count) {
        // Each lane has one element or none: the first level of the tree takes them as they come.
        // What is not there adds 0, which leaves all but the sign of a zero.
        return lanes::fold_once(
            count, [&](std::size_t place, auto part) LANEWISE_INLINE { return part(x + place); });
    }
    using narrow = typename narrower<Arch>::type;
    if constexpr (!std::is_same_v<narrow, Arch>) {
        if (count >= beyond_caches / sizeof(float)) [[unlikely]]
            return sum_f32<narrow>(x, count);
    }
    sums.clear();
    const std::size_t whole = count - count % lanes::count;
    for (std::size_t begin = 0; begin < whole;) {
        const std::size_t end = whole - begin < block ? whole : begin + block;
        unroll<lanes::registers / group>([&](auto turn) LANEWISE_INLINE {
            constexpr std::size_t first = turn * group;
            floats<Arch> part[group];
            unroll<group>([&](auto j) LANEWISE_INLINE { part[j] = sums[first + j]; });
            for (std::size_t i = begin; i < end; i += lanes::count) {
                unroll<group>([&](auto j) LANEWISE_INLINE {
                    part[j] = part[j] + load_whole<Arch>(x + i + lanes::first(first + j));
                });
            }
            unroll<group>([&](auto j) LANEWISE_INLINE { sums[first + j] = part[j]; });
        });
        begin = end;
    }
    lanes::tail(count - whole, [&](auto j, auto part) LANEWISE_INLINE {
        sums[j] = sums[j] + part(x + whole + lanes::first(j));
    });
    return sums.fold();
}

}  // namespace
}  // namespace lanewise::kernels
