// Matrix product. Each element of the result is one chain of fma over the inner index, in order,
// which blocking only interrupts: a tile of the result is loaded, carried on and stored again. So
// the blocks may differ by family; the bits do not. Where the result has one column there is no
// row of it to hold in registers, and each element is a dot product instead, with its order.
//
// A tile is `rows` rows by `registers` registers, all in registers. Rows of a are copied to a panel
// that stays in the first-level cache while the panels of b stream past; both copies read whole
// registers, and their strides fall on no power of two.
#pragma once

#include "gemm_column.inl.hpp"
#include "gemm_thin.inl.hpp"
#include "kernels/registers/registers.inl.hpp"
#include "scratch.hpp"

namespace lanewise::kernels {
namespace {

struct gemm_block {
    const float* a;  // a panel of rows, each gemm_panel_stride after the one before
    const float* b;  // a panel of columns, row after row
    float* c;
    std::size_t c_stride;
    std::size_t depth;
    bool first;  // c begins at zero
    bool last;   // c gets canonical NaNs
};

template <class Arch, std::size_t Rows, std::size_t Registers>
void gemm_tile_step(const gemm_block& block) {
    using f = floats<Arch>;
    constexpr std::size_t b_stride = gemm_tile<Arch>::columns;
    f sums[Rows][Registers];
    const auto each = [](const auto& step) LANEWISE_INLINE {
        unroll<Rows>([&](auto i) LANEWISE_INLINE {
            unroll<Registers>([&](auto j) LANEWISE_INLINE { step(i, j); });
        });
    };
    if (block.first) {
        each([&](auto i, auto j) LANEWISE_INLINE { sums[i][j] = f(0.0F); });
    } else {
        each([&](auto i, auto j) LANEWISE_INLINE {
            sums[i][j] = load_whole<Arch>(block.c + i * block.c_stride + j * f::size);
        });
    }
    const float* a = block.a;
    const float* b = block.b;
    for (const float* const end = a + block.depth; a != end; ++a, b += b_stride) {
        f row[Registers];
        unroll<Registers>([&](auto j)
                              LANEWISE_INLINE { row[j] = load_whole<Arch>(b + j * f::size); });
        unroll<Rows>([&](auto i) LANEWISE_INLINE {
            const f element(a[i * gemm_panel_stride]);
            unroll<Registers>(
                [&](auto j) LANEWISE_INLINE { sums[i][j] = fma(element, row[j], sums[i][j]); });
        });
    }
    if (block.last) {
        each([&](auto i, auto j)
                 LANEWISE_INLINE { sums[i][j] = canonical_lanes<Arch>(sums[i][j]); });
    }
    each([&](auto i, auto j) LANEWISE_INLINE {
        store_whole<Arch>(block.c + i * block.c_stride + j * f::size, sums[i][j]);
    });
}

// What a tile does with its part of the inner index: carries the chains on.
template <class Arch>
struct gemm_chain {
    template <std::size_t Rows, std::size_t Registers>
    static void step(const gemm_block& block) {
        gemm_tile_step<Arch, Rows, Registers>(block);
    }
};

// One function per number of rows and of registers; of one register, for more rows.
template <class Arch, class Tile>
struct gemm_steps {
    using tile = gemm_tile<Arch>;
    using function = void (*)(const gemm_block&);
    function of[tile::rows][tile::registers];
    function tall[tile::tall_rows];

    constexpr gemm_steps() : of(), tall() {
        unroll<tile::tall_rows>([&](auto i)
                                    LANEWISE_INLINE { tall[i] = Tile::template step<i + 1, 1>; });
        unroll<tile::rows>([&](auto i) LANEWISE_INLINE {
            unroll<tile::registers>(
                [&](auto j) LANEWISE_INLINE { of[i][j] = Tile::template step<i + 1, j + 1>; });
        });
    }
};

// `count` floats, and zeros up to `whole`, a multiple of a register's.
template <class Arch>
LANEWISE_INLINE inline void gemm_copy_padded(const float* from, std::size_t count,
                                             std::size_t whole, float* to) {
    using f = floats<Arch>;
    for (std::size_t i = 0; i < whole; i += f::size) {
        store_whole<Arch>(to + i, i + f::size <= count ? load_whole<Arch>(from + i)
                                  : i < count          ? load_part<Arch>(from + i, count - i)
                                                       : f(0.0F));
    }
}

// `depth` rows of b, in panels of columns; the last panel is filled up with zeros.
template <class Arch>
void gemm_pack_b(const float* b, std::size_t b_stride, std::size_t depth, std::size_t columns,
                 float* to) {
    using tile = gemm_tile<Arch>;
    for (std::size_t j = 0; j < columns; j += tile::columns) {
        const std::size_t here = columns - j < tile::columns ? columns - j : tile::columns;
        for (std::size_t p = 0; p < depth; ++p, to += tile::columns) {
            const float* from = b + p * b_stride + j;
            if (here == tile::columns) {
                unroll<tile::registers>([&](auto r) LANEWISE_INLINE {
                    store_whole<Arch>(to + r * tile::width,
                                      load_whole<Arch>(from + r * tile::width));
                });
            } else {
                gemm_copy_padded<Arch>(from, here, tile::columns, to);
            }
        }
    }
}

// A tile beyond the edge of c is computed beside it: `columns` of the tile's whole registers are
// c's.
template <class Arch>
void gemm_edge_tile(gemm_block block, std::size_t rows, std::size_t columns,
                    void (*step)(const gemm_block&)) {
    using tile = gemm_tile<Arch>;
    const std::size_t whole = (columns + tile::width - 1) / tile::width * tile::width;
    float* const target = block.c;
    const std::size_t target_stride = block.c_stride;
    alignas(64) float beside[tile::tall_rows * tile::columns];
    if (!block.first) {
        for (std::size_t r = 0; r < rows; ++r) {
            gemm_copy_padded<Arch>(target + r * target_stride, columns, whole,
                                   beside + r * tile::columns);
        }
    }
    block.c = beside;
    block.c_stride = tile::columns;
    step(block);
    for (std::size_t r = 0; r < rows; ++r)
        copy_floats<Arch>(beside + r * tile::columns, columns, target + r * target_stride);
}

// One panel of rows of a by all panels of b, tile after tile along c.
template <class Arch, class Tile>
void gemm_row_panel(const gemm_block& panel, std::size_t rows, std::size_t columns) {
    using tile = gemm_tile<Arch>;
    static constexpr gemm_steps<Arch, Tile> steps;
    for (std::size_t j = 0; j < columns; j += tile::columns) {
        const std::size_t here = columns - j < tile::columns ? columns - j : tile::columns;
        const std::size_t registers = (here + tile::width - 1) / tile::width;
        const auto step = registers == 1 ? steps.tall[rows - 1] : steps.of[rows - 1][registers - 1];
        gemm_block block = panel;
        block.b += j * panel.depth;
        block.c += j;
        if (here % tile::width == 0) {
            step(block);
        } else {
            gemm_edge_tile<Arch>(block, rows, here, step);
        }
    }
}

template <class Arch, class Tile>
void gemm_blocked(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
                  float* c, float* scratch) noexcept {
    using tile = gemm_tile<Arch>;
    float* const a_panel = scratch;
    float* const b_panels = scratch + gemm_rows_max * gemm_panel_stride;

    // Panels of nearly equal height: no last one of a single row.
    const std::size_t rows_max = n <= tile::width ? tile::tall_rows : tile::rows;
    const std::size_t panels = (m + rows_max - 1) / rows_max;
    for (std::size_t j = 0; j < n; j += gemm_columns) {
        const std::size_t columns = n - j < gemm_columns ? n - j : gemm_columns;
        for (std::size_t p = 0; p < k; p += gemm_depth) {
            const std::size_t depth = k - p < gemm_depth ? k - p : gemm_depth;
            gemm_pack_b<Arch>(b + p * n + j, n, depth, columns, b_panels);
            for (std::size_t panel = 0; panel < panels; ++panel) {
                const std::size_t i = panel * m / panels;
                const std::size_t rows = (panel + 1) * m / panels - i;
                for (std::size_t r = 0; r < rows; ++r) {
                    copy_floats<Arch>(a + (i + r) * k + p, depth, a_panel + r * gemm_panel_stride);
                }
                gemm_row_panel<Arch, Tile>({.a = a_panel,
                                            .b = b_panels,
                                            .c = c + i * n + j,
                                            .c_stride = n,
                                            .depth = depth,
                                            .first = p == 0,
                                            .last = p + depth == k},
                                           rows, columns);
            }
        }
    }
}

template <class Arch>
void gemm_f32(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b, float* c,
              float* scratch) noexcept {
    if (k == 0) {
        for (std::size_t i = 0; i < m * n; ++i) c[i] = 0.0F;
    } else if (n == 1) {
        gemm_column<Arch>(m, k, a, b, c);
    } else if (n <= gemm_few_columns<Arch> && n < m) {
        gemm_narrow<Arch>(m, n, k, a, b, c, scratch);
    } else if (m <= gemm_strip_rows_max<Arch> || m * n * k <= gemm_little_work<Arch>) {
        gemm_short<Arch>(m, n, k, a, b, c);
    } else {
        gemm_blocked<Arch, gemm_chain<Arch>>(m, n, k, a, b, c, scratch);
    }
}

}  // namespace
}  // namespace lanewise::kernels
