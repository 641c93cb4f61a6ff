// The matrix product where the result has few rows or few columns: each element of the larger
// matrix meets too few of the other's for a copy to panels to pay. The chains are those of
// gemm_f32.
#pragma once

#include "kernels/registers/registers.inl.hpp"
#include "scratch.hpp"

namespace lanewise::kernels {
namespace {

// The largest tile: with 32 registers, 28 accumulators or 24 leave room for a row of b and one
// element of a. Narrow registers take three to a row, so that there are more fma than loads.
template <class Arch>
struct gemm_tile {
    static constexpr std::size_t width = floats<Arch>::size;
#if defined(__AVX512F__) || defined(__aarch64__)
    static constexpr std::size_t rows = width == 1 ? 4 : width == 4 ? 8 : 14;
    static constexpr std::size_t registers = width == 1 ? 4 : width == 4 ? 3 : 2;
#else
    static constexpr std::size_t rows = width == 1 ? 4 : 6;
    static constexpr std::size_t registers = width == 1 ? 4 : 2;
#endif
    static constexpr std::size_t columns = registers * width;
    // Where the result is one register wide, so many rows keep as many chains going as fma has
    // latency to hide.
    static constexpr std::size_t tall_rows = rows < 8 && width > 1 ? 12 : rows;
    static_assert(tall_rows <= gemm_rows_max && columns <= gemm_columns_max);
};

// A few rows of the result. Element p of row i of a is a[i * a_row + p * a_step].
struct gemm_strip {
    const float* a;
    std::size_t a_row;
    std::size_t a_step;
    const float* b;
    std::size_t b_stride;
    float* c;
    std::size_t c_stride;
    std::size_t columns;
    std::size_t depth;
    bool first;  // c begins at zero
    bool last;   // c gets canonical NaNs
};

template <class Arch, std::size_t Rows, std::size_t Registers, class Load, class Store>
LANEWISE_INLINE inline void gemm_strip_tile(const gemm_strip& strip, std::size_t j,
                                            const Load& load, const Store& store) {
    using f = floats<Arch>;
    float* const c = strip.c + j;
    f sums[Rows][Registers];
    const auto each = [](const auto& step) LANEWISE_INLINE {
        unroll<Rows>([&](auto i) LANEWISE_INLINE {
            unroll<Registers>([&](auto r) LANEWISE_INLINE { step(i, r); });
        });
    };
    each([&](auto i, auto r) LANEWISE_INLINE {
        sums[i][r] = strip.first ? f(0.0F) : load(c + i * strip.c_stride + r * f::size);
    });
    const float* a = strip.a;
    const float* b = strip.b + j;
    for (std::size_t p = 0; p < strip.depth; ++p, a += strip.a_step, b += strip.b_stride) {
        f elements[Rows];
        unroll<Rows>([&](auto i) LANEWISE_INLINE { elements[i] = f(a[i * strip.a_row]); });
        unroll<Registers>([&](auto r) LANEWISE_INLINE {
            const f row = load(b + r * f::size);
            unroll<Rows>([&](auto i)
                             LANEWISE_INLINE { sums[i][r] = fma(elements[i], row, sums[i][r]); });
        });
    }
    each([&](auto i, auto r) LANEWISE_INLINE {
        store(c + i * strip.c_stride + r * f::size,
              strip.last ? canonical_lanes<Arch>(sums[i][r]) : sums[i][r]);
    });
}

// The columns from j on, fewer than a register holds.
template <class Arch, std::size_t Rows>
LANEWISE_INLINE inline void gemm_strip_rest(const gemm_strip& strip, std::size_t j) {
    const std::size_t rest = strip.columns - j;
    gemm_strip_tile<Arch, Rows, 1>(
        strip, j, [=](const float* from) LANEWISE_INLINE { return load_part<Arch>(from, rest); },
        [=](float* to, floats<Arch> values)
            LANEWISE_INLINE { store_part<Arch>(to, values, rest); });
}

#if defined(__AVX512F__)

// The columns from j on, Registers whole registers and no more than a register of 256 bits beside
// them: the elements of a are loaded once for both.
template <class Arch, std::size_t Rows, std::size_t Registers>
void gemm_strip_end(const gemm_strip& strip, std::size_t j) {
    using narrow = typename narrower<Arch>::type;
    using f = floats<Arch>;
    using n = floats<narrow>;
    constexpr std::size_t beside = Registers * f::size;
    const std::size_t rest = strip.columns - j - beside;
    float* const c = strip.c + j;
    f sums[Rows][Registers];
    n ends[Rows];
    unroll<Rows>([&](auto i) LANEWISE_INLINE {
        float* const row = c + i * strip.c_stride;
        unroll<Registers>([&](auto r) LANEWISE_INLINE {
            sums[i][r] = strip.first ? f(0.0F) : load_whole<Arch>(row + r * f::size);
        });
        ends[i] = strip.first ? n(0.0F) : load_part<narrow>(row + beside, rest);
    });
    const float* a = strip.a;
    const float* b = strip.b + j;
    for (std::size_t p = 0; p < strip.depth; ++p, a += strip.a_step, b += strip.b_stride) {
        f row[Registers];
        unroll<Registers>([&](auto r)
                              LANEWISE_INLINE { row[r] = load_whole<Arch>(b + r * f::size); });
        const n end = load_part<narrow>(b + beside, rest);
        unroll<Rows>([&](auto i) LANEWISE_INLINE {
            const f element(a[i * strip.a_row]);
            unroll<Registers>(
                [&](auto r) LANEWISE_INLINE { sums[i][r] = fma(element, row[r], sums[i][r]); });
            ends[i] = fma(n(_mm512_castps512_ps256(element)), end, ends[i]);
        });
    }
    unroll<Rows>([&](auto i) LANEWISE_INLINE {
        float* const row = c + i * strip.c_stride;
        unroll<Registers>([&](auto r) LANEWISE_INLINE {
            store_whole<Arch>(row + r * f::size,
                              strip.last ? canonical_lanes<Arch>(sums[i][r]) : sums[i][r]);
        });
        store_part<narrow>(row + beside, strip.last ? canonical_lanes<narrow>(ends[i]) : ends[i],
                           rest);
    });
}

#endif

// From column j on, by Registers registers at a time and then by half as many.
template <class Arch, std::size_t Rows, std::size_t Registers>
void gemm_strip_columns(const gemm_strip& strip, std::size_t j) {
    constexpr std::size_t width = floats<Arch>::size;
    for (; j + Registers * width <= strip.columns; j += Registers * width) {
#if defined(__AVX512F__)
        if constexpr (width == 16 && Rows * (Registers + 1) <= 28) {
            const std::size_t after = strip.columns - j - Registers * width;
            if (after > 0 && after <= width / 2)
                return gemm_strip_end<Arch, Rows, Registers>(strip, j);
        }
#endif
        gemm_strip_tile<Arch, Rows, Registers>(
            strip, j, [](const float* from) LANEWISE_INLINE { return load_whole<Arch>(from); },
            [](float* to, floats<Arch> values) LANEWISE_INLINE { store_whole<Arch>(to, values); });
    }
    if constexpr (Registers > 1) {
        gemm_strip_columns<Arch, Rows, Registers / 2>(strip, j);
    } else if (j < strip.columns) {
        // AMD's CPUs before Zen 5 take twice as long for a register of 512 bits.
        using narrow = typename narrower<Arch>::type;
        if (floats<narrow>::size < width && strip.columns - j <= floats<narrow>::size) {
            gemm_strip_rest<narrow, Rows>(strip, j);
        } else {
            gemm_strip_rest<Arch, Rows>(strip, j);
        }
    }
}

// The most registers to a row, a power of two, that leave as many accumulators as a tile has.
template <class Arch>
constexpr std::size_t gemm_strip_registers(std::size_t rows) {
    std::size_t registers = 16;
    while (registers * rows > gemm_tile<Arch>::rows * gemm_tile<Arch>::registers) registers /= 2;
    return registers;
}

template <class Arch>
constexpr std::size_t gemm_few_columns = floats<Arch>::size / 2;
template <class Arch>
constexpr std::size_t gemm_strip_rows_max = gemm_few_columns<Arch> < 4 ? 4 : gemm_few_columns<Arch>;

// One function per number of rows, up to Rows.
template <class Arch, std::size_t Rows = gemm_strip_rows_max<Arch>>
void gemm_strip_rows(std::size_t rows, const gemm_strip& strip) {
    if (rows == Rows) {
        gemm_strip_columns<Arch, Rows, gemm_strip_registers<Arch>(Rows)>(strip, 0);
    } else if constexpr (Rows > 1) {
        gemm_strip_rows<Arch, Rows - 1>(rows, strip);
    }
}

// With so little work a copy to panels does not pay; the larger the registers, the less it does.
template <class Arch>
constexpr std::size_t gemm_little = floats<Arch>::size == 16 ? 104 : 32;
template <class Arch>
constexpr std::size_t gemm_little_work = gemm_little<Arch> * gemm_little<Arch> * gemm_little<Arch>;
// So much of b stays in the first- or second-level cache, however many of its rows are streams.
constexpr std::size_t gemm_near_floats = std::size_t{16} * 1024;

// Few rows of the result, or little work: b is read where it is, so many of its rows at a time as
// the hardware follows as streams.
template <class Arch>
void gemm_short(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
                float* c) {
    const std::size_t streams = k * n <= gemm_near_floats ? k : 16;
    for (std::size_t i = 0; i < m; i += gemm_strip_rows_max<Arch>) {
        const std::size_t rows =
            m - i < gemm_strip_rows_max<Arch> ? m - i : gemm_strip_rows_max<Arch>;
        for (std::size_t p = 0; p < k; p += streams) {
            const std::size_t depth = k - p < streams ? k - p : streams;
            gemm_strip_rows<Arch>(rows, {.a = a + i * k + p,
                                         .a_row = k,
                                         .a_step = 1,
                                         .b = b + p * n,
                                         .b_stride = n,
                                         .c = c + i * n,
                                         .c_stride = n,
                                         .columns = n,
                                         .depth = depth,
                                         .first = p == 0,
                                         .last = p + depth == k});
        }
    }
}

// to = from with rows and columns exchanged, block by block. The last block of either begins early
// enough to be whole.
template <class Arch>
void gemm_transpose(const float* from, std::size_t stride, std::size_t rows, std::size_t columns,
                    float* to) {
    using block = transposed_block<Arch>;
    if (rows < block::rows || columns < block::columns) {
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < columns; ++j)
                to[j * gemm_narrow_rows + i] = from[i * stride + j];
        }
        return;
    }
    for (std::size_t row = 0; row < rows; row += block::rows) {
        const std::size_t i = row + block::rows <= rows ? row : rows - block::rows;
        const float* place = from + i * stride;
        const float* const last = place + columns - block::columns;
        for (float* out = to + i; place < last; place += block::columns) {
            block::copy(place, stride, out, gemm_narrow_rows);
            out += block::columns * gemm_narrow_rows;
        }
        block::copy(last, stride, to + (columns - block::columns) * gemm_narrow_rows + i,
                    gemm_narrow_rows);
    }
}

// Few columns of the result, at least two: a lane for each row. Blocks of a are transposed to a
// panel that stays in the first-level cache, a run of a few cache lines from each row: rows that
// lie a power of two apart drive each other out. With the panel, the result's columns are few rows.
template <class Arch>
void gemm_narrow(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
                 float* c, float* scratch) {
    float* const panel = scratch;
    float* const beside = scratch + gemm_narrow_rows * gemm_narrow_depth;
    for (std::size_t i = 0; i < m; i += gemm_narrow_rows) {
        const std::size_t rows = m - i < gemm_narrow_rows ? m - i : gemm_narrow_rows;
        for (std::size_t p = 0; p < k; p += gemm_narrow_depth) {
            const std::size_t depth = k - p < gemm_narrow_depth ? k - p : gemm_narrow_depth;
            gemm_transpose<Arch>(a + i * k + p, k, rows, depth, panel);
            gemm_strip_rows<Arch>(n, {.a = b + p * n,
                                      .a_row = 1,
                                      .a_step = n,
                                      .b = panel,
                                      .b_stride = gemm_narrow_rows,
                                      .c = beside,
                                      .c_stride = gemm_narrow_rows,
                                      .columns = rows,
                                      .depth = depth,
                                      .first = p == 0,
                                      .last = p + depth == k});
        }
        for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t j = 0; j < n; ++j)
                c[(i + r) * n + j] = beside[j * gemm_narrow_rows + r];
        }
    }
}

}  // namespace
}  // namespace lanewise::kernels
