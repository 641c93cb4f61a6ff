// The matrix product whose result has one column: each element is a dot product with the order of
// dot_f32. Rows share what is loaded of the column, where there are registers for the lanes of more
// than one: AVX-512 has 32 of 16 lanes.
#pragma once

#include "dot_f32.inl.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
constexpr std::size_t gemm_column_rows = 1;

#if defined(__AVX512F__)

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
constexpr std::size_t gemm_column_rows<Arch> = 4;

// So many elements of c.
template <class Arch>
void gemm_column_tile(std::size_t k, const float* a, const float* b, float* c) {
    using f = floats<Arch>;
    using lanes = virtual_lanes<Arch, 64>;
    constexpr std::size_t rows = gemm_column_rows<Arch>;
    lanes sums[rows];
    const auto add = [&](auto j, std::size_t place, const auto& load) LANEWISE_INLINE {
        const f element = load(b + place);
        unroll<rows>([&](auto r) LANEWISE_INLINE {
            sums[r][j] = fma(load(a + r * k + place), element, sums[r][j]);
        });
    };
    unroll<rows>([&](auto r) LANEWISE_INLINE { sums[r].clear(); });
    std::size_t i = 0;
    for (; i + lanes::count <= k; i += lanes::count) {
        unroll<lanes::registers>([&](auto j) LANEWISE_INLINE {
            add(j, i + lanes::first(j),
                [](const float* from) LANEWISE_INLINE { return load_whole<Arch>(from); });
        });
    }
    lanes::tail(k - i, [&](auto j, const auto& part)
                           LANEWISE_INLINE { add(j, i + lanes::first(j), part); });
    lanes::fold(sums, c);
}

#endif

template <class Arch>
void gemm_column(std::size_t m, std::size_t k, const float* a, const float* b, float* c) {
    std::size_t i = 0;
#if defined(__AVX512F__)
    if constexpr (gemm_column_rows<Arch> > 1) {
        for (; i + gemm_column_rows<Arch> <= m; i += gemm_column_rows<Arch>)
            gemm_column_tile<Arch>(k, a + i * k, b, c + i);
    }
#endif
    for (; i < m; ++i) c[i] = dot_f32<Arch>(a + i * k, b, k);
}

}  // namespace
}  // namespace lanewise::kernels
