// Matrix product. Each element of the result is one chain of fma over the inner index, in order,
// which blocking only interrupts: a tile of the result is loaded, carried on and stored again. So
// the blocks may differ by family; the bits do not.
//
// A tile is `rows` rows by `registers` registers, all in registers. Rows of a are copied to a panel
// that stays in the first-level cache while the panels of b stream past; both copies read whole
// registers, and their strides fall on no power of two.
#pragma once

#include "registers.inl.hpp"
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
    static_assert(rows <= gemm_rows_max && columns <= gemm_columns_max);
};

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

// One function per number of rows and of registers.
template <class Arch, class Tile>
struct gemm_steps {
    using tile = gemm_tile<Arch>;
    using function = void (*)(const gemm_block&);
    function of[tile::rows][tile::registers];

    constexpr gemm_steps() : of() {
        unroll<tile::rows>([&](auto i) LANEWISE_INLINE {
            unroll<tile::registers>(
                [&](auto j) LANEWISE_INLINE { of[i][j] = Tile::template step<i + 1, j + 1>; });
        });
    }
};

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
                copy_floats<Arch>(from, here, to);
                for (std::size_t extra = here; extra < tile::columns; ++extra) to[extra] = 0.0F;
            }
        }
    }
}

template <class Arch, class Tile>
void gemm_blocked(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
                  float* c, float* scratch) noexcept {
    using tile = gemm_tile<Arch>;
    static constexpr gemm_steps<Arch, Tile> steps;
    float* const a_panel = scratch;
    float* const b_panels = scratch + gemm_rows_max * gemm_panel_stride;

    if (k == 0) {
        for (std::size_t i = 0; i < m * n; ++i) c[i] = 0.0F;
        return;
    }
    // Panels of nearly equal height: no last one of a single row.
    const std::size_t panels = (m + tile::rows - 1) / tile::rows;
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
                for (std::size_t jj = 0; jj < columns; jj += tile::columns) {
                    const std::size_t here =
                        columns - jj < tile::columns ? columns - jj : tile::columns;
                    const std::size_t registers = (here + tile::width - 1) / tile::width;
                    float* const target = c + i * n + j + jj;
                    gemm_block block{.a = a_panel,
                                     .b = b_panels + jj * depth,
                                     .c = target,
                                     .c_stride = n,
                                     .depth = depth,
                                     .first = p == 0,
                                     .last = p + depth == k};
                    const auto step = steps.of[rows - 1][registers - 1];
                    if (here % tile::width == 0) {
                        step(block);
                    } else {
                        // A tile beyond the edge of c is computed beside it.
                        alignas(64) float beside[tile::rows * tile::columns];
                        if (!block.first) {
                            for (std::size_t r = 0; r < rows; ++r) {
                                copy_floats<Arch>(target + r * n, here, beside + r * tile::columns);
                                for (std::size_t e = here; e < registers * tile::width; ++e) {
                                    beside[r * tile::columns + e] = 0.0F;
                                }
                            }
                        }
                        block.c = beside;
                        block.c_stride = tile::columns;
                        step(block);
                        for (std::size_t r = 0; r < rows; ++r) {
                            copy_floats<Arch>(beside + r * tile::columns, here, target + r * n);
                        }
                    }
                }
            }
        }
    }
}

// ---- Few rows, or one column: too little work for each element of the larger matrix to copy it
// first. The chains are the same.

// One row of the result, from column j on, by Registers registers at a time and then by half as
// many.
template <class Arch, std::size_t Registers>
void gemm_row(std::size_t n, std::size_t k, const float* a, const float* b, float* c,
              std::size_t j) {
    using f = floats<Arch>;
    for (; j + Registers * f::size <= n; j += Registers * f::size) {
        f sums[Registers];
        unroll<Registers>([&](auto r) LANEWISE_INLINE { sums[r] = f(0.0F); });
        for (std::size_t p = 0; p < k; ++p) {
            const f element(a[p]);
            unroll<Registers>([&](auto r) LANEWISE_INLINE {
                sums[r] = fma(element, load_whole<Arch>(b + p * n + j + r * f::size), sums[r]);
            });
        }
        unroll<Registers>([&](auto r) LANEWISE_INLINE {
            store_whole<Arch>(c + j + r * f::size, canonical_lanes<Arch>(sums[r]));
        });
    }
    if constexpr (Registers > 1) {
        gemm_row<Arch, Registers / 2>(n, k, a, b, c, j);
    } else if (j < n) {
        f sum(0.0F);
        for (std::size_t p = 0; p < k; ++p) {
            sum = fma(f(a[p]), load_part<Arch>(b + p * n + j, n - j), sum);
        }
        store_part<Arch>(c + j, canonical_lanes<Arch>(sum), n - j);
    }
}

// Swaps rows and columns of as many registers as each has lanes.
template <class Arch>
LANEWISE_INLINE inline void transpose_lanes(floats<Arch>* rows) {
    constexpr std::size_t size = floats<Arch>::size;
    floats<Arch> next[size];
    for (std::size_t round = 1; round < size; round *= 2) {
        unroll<size / 2>([&](auto i) LANEWISE_INLINE {
            next[2 * i] = rows[i];
            next[2 * i + 1] = rows[i + size / 2];
            interleave<Arch>(next[2 * i], next[2 * i + 1]);
        });
        unroll<size>([&](auto i) LANEWISE_INLINE { rows[i] = next[i]; });
    }
}

// A lane for each row: registers of a are transposed, so that each lane meets its own row's
// elements in order.
template <class Arch, std::size_t Blocks>
void gemm_column_blocks(std::size_t rows, std::size_t k, const float* a, const float* b, float* c) {
    using f = floats<Arch>;
    f sums[Blocks];
    unroll<Blocks>([&](auto block) LANEWISE_INLINE { sums[block] = f(0.0F); });
    for (std::size_t p = 0; p < k; p += f::size) {
        const std::size_t here = k - p < f::size ? k - p : f::size;
        unroll<Blocks>([&](auto block) LANEWISE_INLINE {
            f part[f::size];
            unroll<f::size>([&](auto r) LANEWISE_INLINE {
                // Rows beyond the last are the last one again; nobody stores their lanes.
                const std::size_t row = block * f::size + r < rows ? block * f::size + r : rows - 1;
                const float* const from = a + row * k + p;
                part[r] = here == f::size ? load_whole<Arch>(from) : load_part<Arch>(from, here);
            });
            transpose_lanes<Arch>(part);
            unroll<f::size>([&](auto q) LANEWISE_INLINE {
                if (q < here) sums[block] = fma(part[q], f(b[p + q]), sums[block]);
            });
        });
    }
    unroll<Blocks>([&](auto block) LANEWISE_INLINE {
        const f sum = canonical_lanes<Arch>(sums[block]);
        constexpr std::size_t first = block * f::size;
        if (first + f::size <= rows) {
            store_whole<Arch>(c + first, sum);
        } else if (first < rows) {
            store_part<Arch>(c + first, sum, rows - first);
        }
    });
}

template <class Arch>
void gemm_column(std::size_t m, std::size_t k, const float* a, const float* b, float* c) {
    constexpr std::size_t size = floats<Arch>::size;
    std::size_t i = 0;
    for (; i + 4 * size <= m; i += 4 * size)
        gemm_column_blocks<Arch, 4>(4 * size, k, a + i * k, b, c + i);
    for (; i < m; i += size) {
        gemm_column_blocks<Arch, 1>(m - i < size ? m - i : size, k, a + i * k, b, c + i);
    }
}

template <class Arch>
void gemm_f32(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b, float* c,
              float* scratch) noexcept {
    constexpr std::size_t row_registers = gemm_tile<Arch>::rows > 6 ? 16 : 8;
    if (m <= 3) {
        for (std::size_t i = 0; i < m; ++i)
            gemm_row<Arch, row_registers>(n, k, a + i * k, b, c + i * n, 0);
    } else if (n == 1) {
        gemm_column<Arch>(m, k, a, b, c);
    } else {
        gemm_blocked<Arch, gemm_chain<Arch>>(m, n, k, a, b, c, scratch);
    }
}

}  // namespace
}  // namespace lanewise::kernels
