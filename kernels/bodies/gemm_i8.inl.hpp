// Matrix product of signed bytes, exact modulo 2^32: order and grouping change no bit, so that each
// family takes its own steps. Panels of b, their bytes interleaved as a step takes them, stay in
// the second- or third-level cache, a panel of a in the first; a tile of the result stays in
// registers while both stream past.
#pragma once

#include "gemm_i8_thin.inl.hpp"
#include "kernels/registers/byte_tiles.inl.hpp"
#include "scratch.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
struct gemm_i8_sizes {
    using tile = byte_tile<Arch>;
    using element = typename tile::element;
    static constexpr std::size_t parts = tile::group_rows;
    static constexpr std::size_t columns = tile::registers * tile::width;
    static constexpr std::size_t groups = tile::rows / parts;
    static constexpr std::size_t step = columns * tile::depth;  // elements of b
    static constexpr bool in_tiles = parts == 16;
    static constexpr std::size_t strip =
        in_tiles ? 4 : tile::depth;  // rows of b interleaved at once
    static constexpr std::size_t depth = in_tiles ? gemm_i8_tiles_depth : gemm_i8_depth;
    // From a group of rows of a to the next, an odd number of cache lines.
    static constexpr std::size_t group_stride = parts * depth + 64 / sizeof(element);
    static_assert(groups * group_stride * sizeof(element) <= gemm_i8_a_bytes);
    static_assert(columns <= gemm_i8_columns_max);
    static_assert(gemm_i8_columns % columns == 0 && gemm_i8_short_columns % columns == 0);
    static_assert(depth % tile::depth == 0);
    static_assert(in_tiles || gemm_i8_short_depth % tile::depth == 0);
    static_assert(columns % tile::block == 0);
    static_assert(tile::width / 2 <= gemm_i8_narrow_columns_max);
};

template <class Arch>
struct gemm_i8_block {
    const typename byte_tile<Arch>::element* a;  // a panel of groups of rows
    const typename byte_tile<Arch>::element* b;  // a panel of columns, step after step
    const std::int32_t* corrections;             // of each column, where a is biased
    std::int32_t* c;
    std::size_t c_stride;
    std::size_t steps;
    bool first;  // c begins at zero
};

template <class Arch, std::size_t Groups, std::size_t Registers>
    requires(gemm_i8_sizes<Arch>::in_tiles)
void gemm_i8_tile_step(const gemm_i8_block<Arch>& block) {
    byte_tile<Arch>::template multiply<Groups, Registers>(
        block.a, gemm_i8_sizes<Arch>::group_stride, block.b, block.c, block.c_stride, block.steps,
        block.first);
}

template <class Arch, std::size_t Groups, std::size_t Registers>
    requires(!gemm_i8_sizes<Arch>::in_tiles)
void gemm_i8_tile_step(const gemm_i8_block<Arch>& block) {
    using tile = byte_tile<Arch>;
    using sizes = gemm_i8_sizes<Arch>;
    constexpr std::size_t parts = sizes::parts;
    constexpr std::size_t across = Registers * parts;
    constexpr std::size_t lane_elements = tile::width * tile::depth / parts;
    typename tile::sum sums[Groups][across];

    // Register r of row `part` of group i lies in sums[i][r * parts + part].
    const auto each = [&](const auto& step) LANEWISE_INLINE {
        unroll<Groups>([&](auto i) LANEWISE_INLINE {
            unroll<across>([&](auto j) LANEWISE_INLINE {
                step(sums[i][j], (i * parts + j % parts) * block.c_stride + j / parts * tile::width,
                     j / parts * tile::width);
            });
        });
    };
    each([&](typename tile::sum& sum, std::size_t place, [[maybe_unused]] std::size_t column)
             LANEWISE_INLINE {
                 sum = block.first ? tile::zero() : tile::load(block.c + place);
                 if constexpr (tile::biased)
                     sum = tile::minus(sum, tile::load(block.corrections + column));
             });
    if constexpr (parts == 2) {
        unroll<Groups>([&](auto i) LANEWISE_INLINE {
            unroll<Registers>(
                [&](auto r) LANEWISE_INLINE { tile::zip(sums[i][2 * r], sums[i][2 * r + 1]); });
        });
    }

    const auto* a = block.a;
    const auto* b = block.b;
    for (std::size_t s = block.steps; s != 0; --s) {
        if constexpr (across <= Groups) {
            typename tile::lanes row[across];
            unroll<across>(
                [&](auto j) LANEWISE_INLINE { row[j] = tile::load_lanes(b + j * lane_elements); });
            unroll<Groups>([&](auto i) LANEWISE_INLINE {
                const auto group = tile::load_group(a + i * sizes::group_stride);
                unroll<across>([&](auto j)
                                   LANEWISE_INLINE { tile::add(sums[i][j], group, row[j]); });
            });
        } else {
            typename tile::group groups[Groups];
            unroll<Groups>([&](auto i) LANEWISE_INLINE {
                groups[i] = tile::load_group(a + i * sizes::group_stride);
            });
            unroll<across>([&](auto j) LANEWISE_INLINE {
                const auto row = tile::load_lanes(b + j * lane_elements);
                unroll<Groups>([&](auto i)
                                   LANEWISE_INLINE { tile::add(sums[i][j], groups[i], row); });
            });
        }
        a += parts * tile::depth;
        b += sizes::step;
    }

    if constexpr (parts == 2) {
        unroll<Groups>([&](auto i) LANEWISE_INLINE {
            unroll<Registers>(
                [&](auto r) LANEWISE_INLINE { tile::unzip(sums[i][2 * r], sums[i][2 * r + 1]); });
        });
    }
    each([&](typename tile::sum& sum, std::size_t place, std::size_t /*column*/)
             LANEWISE_INLINE { tile::store(block.c + place, sum); });
}

// One function per number of groups and of registers.
template <class Arch>
struct gemm_i8_steps {
    using sizes = gemm_i8_sizes<Arch>;
    using function = void (*)(const gemm_i8_block<Arch>&);
    static constexpr std::size_t registers = byte_tile<Arch>::registers;
    function of[sizes::groups][registers];

    constexpr gemm_i8_steps() : of() {
        unroll<sizes::groups>([&](auto i) LANEWISE_INLINE {
            unroll<registers>(
                [&](auto j) LANEWISE_INLINE { of[i][j] = gemm_i8_tile_step<Arch, i + 1, j + 1>; });
        });
    }
};

// `depth` rows of b, in panels of columns; what a step lacks at the end is filled up with zeros. A
// cache line of each row at a time.
template <class Arch>
void gemm_i8_pack_b(const std::int8_t* b, std::size_t b_stride, std::size_t depth,
                    std::size_t columns, typename byte_tile<Arch>::element* to) {
    using tile = byte_tile<Arch>;
    using sizes = gemm_i8_sizes<Arch>;
    constexpr std::size_t line = 64;
    const std::size_t steps = (depth + tile::depth - 1) / tile::depth;
    for (std::size_t begin = 0; begin < columns; begin += line) {
        const std::size_t end = columns - begin < line ? columns : begin + line;
        for (std::size_t p = 0; p < steps * tile::depth; p += sizes::strip) {
            const std::size_t left = p < depth ? depth - p : 0;
            const std::size_t rows = left < sizes::strip ? left : sizes::strip;
            for (std::size_t j = begin; j < end; j += tile::block) {
                auto* const place =
                    to + (j / sizes::columns * steps + p / tile::depth) * sizes::step +
                    j % sizes::columns * tile::depth + p % tile::depth * tile::block;
                const std::int8_t* const from = b + p * b_stride + j;
                if (rows == sizes::strip && columns - j >= tile::block) {
                    tile::interleave(from, b_stride, place);
                    continue;
                }
                const std::size_t here = columns - j < tile::block ? columns - j : tile::block;
                if constexpr (requires { tile::interleave_part(from, 1, 1, 1, place); }) {
                    tile::interleave_part(from, b_stride, rows, here, place);
                    continue;
                }
                std::int8_t beside[sizes::strip * tile::block] = {};
                for (std::size_t r = 0; r < rows; ++r) {
                    for (std::size_t q = 0; q < here; ++q)
                        beside[r * tile::block + q] = from[r * b_stride + q];
                }
                tile::interleave(beside, tile::block, place);
            }
        }
    }
}

// What the bias of a adds to each column: 128 times the sum of b's.
template <class Arch>
void gemm_i8_corrections(const typename byte_tile<Arch>::element* b, std::size_t steps,
                         std::size_t columns, std::int32_t* to) {
    using tile = byte_tile<Arch>;
    using sizes = gemm_i8_sizes<Arch>;
    for (std::size_t j = 0; j < columns; j += sizes::columns, b += steps * sizes::step) {
        typename tile::sum sums[tile::registers];
        unroll<tile::registers>([&](auto r) LANEWISE_INLINE { sums[r] = tile::zero(); });
        for (std::size_t s = 0; s < steps; ++s) {
            unroll<tile::registers>([&](auto r) LANEWISE_INLINE {
                tile::add(sums[r], tile::bias(),
                          tile::load_lanes(b + s * sizes::step + r * tile::width * tile::depth));
            });
        }
        unroll<tile::registers>(
            [&](auto r) LANEWISE_INLINE { tile::store(to + j + r * tile::width, sums[r]); });
    }
}

// So many rows of a, by groups; where the last group lacks a row, it has its first one twice.
template <class Arch>
void gemm_i8_pack_a(const std::int8_t* a, std::size_t a_stride, std::size_t rows, std::size_t depth,
                    typename byte_tile<Arch>::element* to) {
    using tile = byte_tile<Arch>;
    using sizes = gemm_i8_sizes<Arch>;
    constexpr std::size_t parts = sizes::parts;
    constexpr std::size_t chunk = parts == 1 ? 16 : tile::depth;
    const auto copy = [](const std::int8_t* from, typename tile::element* place) LANEWISE_INLINE {
        if constexpr (parts == 1) {
            tile::copy_row(from, place);
        } else {
            __builtin_memcpy(place, from, chunk);
        }
    };
    for (std::size_t r = 0; r < (rows + parts - 1) / parts * parts; ++r) {
        const std::int8_t* const from = a + (r < rows ? r : rows - 1) * a_stride;
        auto* const row = to + r / parts * sizes::group_stride + r % parts * tile::depth;
        std::size_t p = 0;
        for (; p + chunk <= depth; p += chunk) copy(from + p, row + p * parts);
        if (p == depth) continue;
        if constexpr (requires { tile::copy_row_part(from, 1, row); }) {
            tile::copy_row_part(from + p, depth - p, row + p * parts);
            continue;
        }
        std::int8_t beside[chunk] = {};
        for (std::size_t q = p; q < depth; ++q) beside[q - p] = from[q];
        copy(beside, row + p * parts);
    }
}

// A tile beyond the edge of c is computed beside it.
template <class Arch>
void gemm_i8_edge_tile(gemm_i8_block<Arch> block, std::size_t rows, std::size_t columns,
                       void (*step)(const gemm_i8_block<Arch>&)) {
    using sizes = gemm_i8_sizes<Arch>;
    std::int32_t* const target = block.c;
    const std::size_t target_stride = block.c_stride;
    alignas(64) std::int32_t beside[byte_tile<Arch>::rows * sizes::columns];
    if (!block.first) {
        // Of a tile of AMX, rows and columns that nobody takes may hold anything.
        if constexpr (!sizes::in_tiles) __builtin_memset(beside, 0, sizeof(beside));
        for (std::size_t r = 0; r < rows; ++r)
            __builtin_memcpy(beside + r * sizes::columns, target + r * target_stride, columns * 4);
    }
    block.c = beside;
    block.c_stride = sizes::columns;
    step(block);
    for (std::size_t r = 0; r < rows; ++r) {
        std::int32_t* const row = target + r * target_stride;
        if constexpr (requires { byte_tile<Arch>::copy_sums(beside, 1, row); }) {
            byte_tile<Arch>::copy_sums(beside + r * sizes::columns, columns, row);
        } else {
            __builtin_memcpy(row, beside + r * sizes::columns, columns * 4);
        }
    }
}

// One panel of rows of a by all panels of b, tile after tile along c.
template <class Arch>
void gemm_i8_row_panel(const gemm_i8_block<Arch>& panel, std::size_t rows, std::size_t columns) {
    using tile = byte_tile<Arch>;
    using sizes = gemm_i8_sizes<Arch>;
    static constexpr gemm_i8_steps<Arch> steps;
    const std::size_t groups = (rows + sizes::parts - 1) / sizes::parts;
    for (std::size_t j = 0; j < columns; j += sizes::columns) {
        const std::size_t here = columns - j < sizes::columns ? columns - j : sizes::columns;
        const auto step = steps.of[groups - 1][(here + tile::width - 1) / tile::width - 1];
        gemm_i8_block<Arch> block = panel;
        block.b += j * panel.steps * tile::depth;
        block.corrections += j;
        block.c += j;
        if (here % tile::width == 0 && rows % sizes::parts == 0) {
            step(block);
        } else {
            gemm_i8_edge_tile<Arch>(block, rows, here, step);
        }
    }
}

template <class Arch>
void gemm_i8_blocked(std::size_t m, std::size_t n, std::size_t k, const std::int8_t* a,
                     const std::int8_t* b, std::int32_t* c, std::byte* scratch) {
    using tile = byte_tile<Arch>;
    using sizes = gemm_i8_sizes<Arch>;
    using element = typename tile::element;
    auto* const a_panel = reinterpret_cast<element*>(scratch);
    auto* const corrections = reinterpret_cast<std::int32_t*>(scratch + gemm_i8_a_bytes);
    auto* const b_panels =
        reinterpret_cast<element*>(scratch + gemm_i8_a_bytes + gemm_i8_correction_bytes);

    const bool few_rows = !sizes::in_tiles && m <= tile::rows;
    const std::size_t depth_max = few_rows ? gemm_i8_short_depth : sizes::depth;
    const std::size_t columns_max = few_rows ? gemm_i8_short_columns : gemm_i8_columns;
    if constexpr (sizes::in_tiles) tile::configure();
    // Panels of nearly equal height: no last one of a single group.
    const std::size_t groups = (m + sizes::parts - 1) / sizes::parts;
    const std::size_t panels = (groups + sizes::groups - 1) / sizes::groups;
    for (std::size_t j = 0; j < n; j += columns_max) {
        const std::size_t columns = n - j < columns_max ? n - j : columns_max;
        for (std::size_t p = 0; p < k; p += depth_max) {
            const std::size_t depth = k - p < depth_max ? k - p : depth_max;
            const std::size_t steps = (depth + tile::depth - 1) / tile::depth;
            gemm_i8_pack_b<Arch>(b + p * n + j, n, depth, columns, b_panels);
            if constexpr (tile::biased)
                gemm_i8_corrections<Arch>(b_panels, steps, columns, corrections);
            for (std::size_t panel = 0; panel < panels; ++panel) {
                const std::size_t i = panel * groups / panels * sizes::parts;
                const std::size_t end = (panel + 1) * groups / panels * sizes::parts;
                const std::size_t rows = (end < m ? end : m) - i;
                gemm_i8_pack_a<Arch>(a + i * k + p, k, rows, depth, a_panel);
                gemm_i8_row_panel<Arch>({.a = a_panel,
                                         .b = b_panels,
                                         .corrections = corrections,
                                         .c = c + i * n + j,
                                         .c_stride = n,
                                         .steps = steps,
                                         .first = p == 0},
                                        rows, columns);
            }
        }
    }
    if constexpr (sizes::in_tiles) tile::release();
}

template <class Arch>
void gemm_i8(std::size_t m, std::size_t n, std::size_t k, const std::int8_t* a,
             const std::int8_t* b, std::int32_t* c, std::byte* scratch) noexcept {
    if (m == 0 || n == 0) return;
    if (k == 0) {
        for (std::size_t i = 0; i < m * n; ++i) c[i] = 0;
    } else if (n <= byte_tile<Arch>::width / 2) {
        gemm_i8_narrow<Arch>(m, n, k, a, b, c, scratch);
    } else if (gemm_i8_in_strips<Arch>(m, n)) {
        gemm_i8_strips<Arch>(m, n, k, a, b, c);
#if defined(__AMX_INT8__)
    } else if (!std::is_same_v<Arch, portable> && m > byte_tile<amx>::rows && k >= 32) {
        // A tile has its 16 rows and 64 elements whether they are needed or not.
        gemm_i8_blocked<amx>(m, n, k, a, b, c, scratch);
#endif
    } else {
        gemm_i8_blocked<Arch>(m, n, k, a, b, c, scratch);
    }
}

}  // namespace
}  // namespace lanewise::kernels
