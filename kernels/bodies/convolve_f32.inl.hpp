// A 5 by 5 filter of an image. Rows are first copied to a ring of as many as a tile needs, with two
// columns more on each side, so that no tile knows of borders. A tile is four rows of the result by
// some registers: what it loads of a row of the image serves all of them.
#pragma once

#include "kernels/registers/registers.inl.hpp"
#include "scratch.hpp"

namespace lanewise::kernels {
namespace {

constexpr std::size_t convolve_side = 5;
constexpr std::size_t convolve_taps = convolve_side * convolve_side;
constexpr std::size_t convolve_rows = convolve_ring - (convolve_side - 1);

template <class Arch>
struct convolve_tile {
    static constexpr std::size_t width = floats<Arch>::size;
#if defined(__AVX512F__)
    // The weights in registers leave four accumulators: loads that cross cache lines are dearest.
    static constexpr bool weights_in_registers = width > 1;
    static constexpr std::size_t registers = width > 1 ? 1 : 4;
#elif defined(__AVX2__)
    static constexpr bool weights_in_registers = false;
    static constexpr std::size_t registers = width > 1 ? 2 : 4;
#elif defined(__ARM_FEATURE_SVE)
    // The compiler keeps most weights in registers: four to a row would spill.
    static constexpr bool weights_in_registers = false;
    static constexpr std::size_t registers = 3;
#else
    static constexpr bool weights_in_registers = false;
    static constexpr std::size_t registers = 4;
#endif
    static_assert(width <= convolve_padding);
};

// The weights as tiles take them: held in registers, or from memory again and again.
template <class Arch, bool InRegisters>
struct convolve_weights {
    const float* from;

    LANEWISE_INLINE explicit convolve_weights(const float* weights) : from(weights) {}
    LANEWISE_INLINE floats<Arch> operator[](std::size_t tap) const {
        return floats<Arch>(from[tap]);
    }
};

template <class Arch>
struct convolve_weights<Arch, true> {
    floats<Arch> held[convolve_taps];

    LANEWISE_INLINE explicit convolve_weights(const float* weights) {
        unroll<convolve_taps>([&](auto t) LANEWISE_INLINE { held[t] = floats<Arch>(weights[t]); });
    }
    LANEWISE_INLINE floats<Arch> operator[](std::size_t tap) const { return held[tap]; }
};

// Rows by Registers of the result from as many rows of the ring and four more.
template <class Arch, std::size_t Rows, std::size_t Registers, class Weights, class Store>
LANEWISE_INLINE inline void convolve_step(const float* const* ring, std::size_t x,
                                          const Weights& weights, const Store& store) {
    using f = floats<Arch>;
    f sums[Rows][Registers];
    unroll<Rows>([&](auto r) LANEWISE_INLINE {
        unroll<Registers>([&](auto c) LANEWISE_INLINE { sums[r][c] = f(0.0F); });
    });
    // Rows of the image in order, and columns in order: so is each element's chain.
    unroll<Rows + convolve_side - 1>([&](auto i) LANEWISE_INLINE {
        const float* const from = ring[i] + x;
        unroll<convolve_side>([&](auto j) LANEWISE_INLINE {
            f pixels[Registers];
            unroll<Registers>([&](auto c) LANEWISE_INLINE {
                pixels[c] = load_whole<Arch>(from + j + c * f::size);
            });
            unroll<Rows>([&](auto r) LANEWISE_INLINE {
                if constexpr (i >= r && i - r < convolve_side) {
                    const f weight = weights[(i - r) * convolve_side + j];
                    unroll<Registers>([&](auto c) LANEWISE_INLINE {
                        sums[r][c] = fma(pixels[c], weight, sums[r][c]);
                    });
                }
            });
        });
    });
    unroll<Rows>([&](auto r) LANEWISE_INLINE {
        unroll<Registers>([&](auto c)
                              LANEWISE_INLINE { store(r, c, canonical_lanes<Arch>(sums[r][c])); });
    });
}

// Rows of the result, all columns of a block.
template <class Arch, std::size_t Rows>
void convolve_row_block(const float* const* ring, const float* weights, std::size_t columns,
                        float* result, std::size_t stride) {
    using tile = convolve_tile<Arch>;
    constexpr std::size_t step = tile::registers * tile::width;
    const convolve_weights<Arch, tile::weights_in_registers> taps(weights);
    std::size_t x = 0;
    for (; x + step <= columns; x += step) {
        convolve_step<Arch, Rows, tile::registers>(
            ring, x, taps, [&](auto r, auto c, floats<Arch> values) LANEWISE_INLINE {
                store_whole<Arch>(result + r * stride + x + c * tile::width, values);
            });
    }
    for (; x < columns; x += tile::width) {
        const std::size_t rest = columns - x;
        convolve_step<Arch, Rows, 1>(ring, x, taps,
                                     [&](auto r, auto, floats<Arch> values) LANEWISE_INLINE {
                                         float* const to = result + r * stride + x;
                                         if (rest >= tile::width) {
                                             store_whole<Arch>(to, values);
                                         } else {
                                             store_part<Arch>(to, values, rest);
                                         }
                                     });
    }
}

// Columns x - 2 to x + columns + 2 of a row, those beyond its ends as the last within, and as many
// more as the last register of a tile may load.
template <class Arch>
void convolve_copy_row(const float* row, std::size_t width, std::size_t x, std::size_t columns,
                       float* to) {
    constexpr std::size_t reach = convolve_side / 2;
    const std::size_t wanted = columns + 2 * reach + floats<Arch>::size;
    std::size_t done = 0;
    if (x == 0) {
        to[0] = to[1] = row[0];
        done = reach;
    }
    const std::size_t begin = x + done - reach;
    const std::size_t here = wanted - done < width - begin ? wanted - done : width - begin;
    copy_floats<Arch>(row + begin, here, to + done);
    for (done += here; done < wanted; ++done) to[done] = row[width - 1];
}

// Rows first_row to last_row - 1 of the result.
template <class Arch>
void convolve_f32(std::size_t height, std::size_t width, const float* image, const float* weights,
                  float* result, std::size_t first_row, std::size_t last_row,
                  float* scratch) noexcept {
    constexpr std::size_t reach = convolve_side / 2;
    // Blocks of nearly equal width: no last one of a few columns.
    const std::size_t blocks = (width + convolve_columns - 1) / convolve_columns;
    const std::size_t block = width == 0 ? 1 : (width / blocks + 64) / 64 * 64;
    const std::size_t block_columns = block < convolve_columns ? block : convolve_columns;
    for (std::size_t x = 0; x < width; x += block_columns) {
        const std::size_t columns = width - x < block_columns ? width - x : block_columns;
        // Row y of the result needs the ring's rows y to y + 4, which are y - 2 to y + 2 of the
        // image.
        std::size_t copied = first_row;
        const float* ring[convolve_ring];
        const auto prepare = [&](std::size_t y, std::size_t rows) {
            for (; copied < y + rows + 2 * reach; ++copied) {
                const std::size_t above = copied < reach ? 0 : copied - reach;
                const std::size_t from = above < height ? above : height - 1;
                convolve_copy_row<Arch>(image + from * width, width, x, columns,
                                        scratch + copied % convolve_ring * convolve_stride);
            }
            for (std::size_t i = 0; i < rows + 2 * reach; ++i)
                ring[i] = scratch + (y + i) % convolve_ring * convolve_stride;
        };
        std::size_t y = first_row;
        for (; y + convolve_rows <= last_row; y += convolve_rows) {
            prepare(y, convolve_rows);
            convolve_row_block<Arch, convolve_rows>(ring, weights, columns, result + y * width + x,
                                                    width);
        }
        if (y == last_row) continue;
        const std::size_t rest = last_row - y;
        prepare(y, rest);
        float* const to = result + y * width + x;
        if (rest == 1) convolve_row_block<Arch, 1>(ring, weights, columns, to, width);
        if (rest == 2) convolve_row_block<Arch, 2>(ring, weights, columns, to, width);
        if (rest == 3) convolve_row_block<Arch, 3>(ring, weights, columns, to, width);
    }
}

}  // namespace
}  // namespace lanewise::kernels
