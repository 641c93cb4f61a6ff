// How much memory a kernel works in, for the kernel and for whoever hands it in. Internal linkage:
// ISA units include this.
#pragma once

#include <cstddef>

namespace lanewise::kernels {
namespace {

// topk_f32 gathers candidates until so many are there, and then keeps the best k of them: as many
// again as it keeps, so that the work stays linear in whatever order the elements come, and at
// least 256. 128 more: one step's elements.
constexpr std::size_t topk_candidates(std::size_t k) {
    return k + (k < 256 ? 256 : k) + 128;
}

// Keys of eight bytes, once and again to sort from one to the other.
constexpr std::size_t topk_scratch_bytes(std::size_t k) {
    return 2 * topk_candidates(k) * 8;
}

// gemm_f32 copies so much of its inputs at a time: gemm_depth rows by gemm_columns columns of b,
// which stay in the second- or third-level cache, and a panel of a, gemm_depth long, whose rows lie
// an odd number of cache lines apart.
constexpr std::size_t gemm_depth = 256;
constexpr std::size_t gemm_columns = 960;
constexpr std::size_t gemm_panel_stride = gemm_depth + 16;
constexpr std::size_t gemm_rows_max = 14;
constexpr std::size_t gemm_columns_max = 48;

// Where the result has few columns, at most 8: a transposed panel of a, and the result transposed.
constexpr std::size_t gemm_narrow_rows = 64;
constexpr std::size_t gemm_narrow_depth = 64;
constexpr std::size_t gemm_narrow_floats = gemm_narrow_rows * (gemm_narrow_depth + 8);

constexpr std::size_t gemm_scratch_bytes(std::size_t n, std::size_t k) {
    const std::size_t depth = k < gemm_depth ? k : gemm_depth;
    const std::size_t columns = n < gemm_columns ? n : gemm_columns;
    const std::size_t floats =
        gemm_rows_max * gemm_panel_stride + depth * (columns + gemm_columns_max);
    return (floats < gemm_narrow_floats ? gemm_narrow_floats : floats) * sizeof(float);
}

// gemm_i8 copies so much of its inputs at a time, in bytes or widened to 16 bits: gemm_i8_depth
// rows by gemm_i8_columns columns of b, and some rows of a, an odd number of cache lines apart.
// Where the result has few rows, less of b, which then stays in the first-level cache. Tiles of 64
// rows of b are bytes, and take twice the depth in the same memory.
constexpr std::size_t gemm_i8_depth = 512;
constexpr std::size_t gemm_i8_columns = 960;
constexpr std::size_t gemm_i8_short_depth = 32;
constexpr std::size_t gemm_i8_short_columns = 256;
constexpr std::size_t gemm_i8_tiles_depth = 2 * gemm_i8_depth;
constexpr std::size_t gemm_i8_rows_max = 32;
constexpr std::size_t gemm_i8_columns_max = 32;  // of a tile
constexpr std::size_t gemm_i8_a_bytes = gemm_i8_rows_max * (2 * gemm_i8_depth + 64);
constexpr std::size_t gemm_i8_correction_bytes = (gemm_i8_columns + gemm_i8_columns_max) * 4;

// Where the result has few columns, at most 8: those of b, one after another.
constexpr std::size_t gemm_i8_narrow_depth = 4096;
constexpr std::size_t gemm_i8_narrow_stride = gemm_i8_narrow_depth + 64;
constexpr std::size_t gemm_i8_narrow_columns_max = 8;

constexpr std::size_t gemm_i8_scratch_bytes(std::size_t n, std::size_t k) {
    // Of two bytes each, so that at least 32 hold a whole tile.
    const std::size_t depth = k < 32 ? 32 : k < gemm_i8_depth ? (k + 7) / 8 * 8 : gemm_i8_depth;
    const std::size_t columns = n < gemm_i8_columns ? n : gemm_i8_columns;
    const std::size_t panels = 2 * depth * (columns + gemm_i8_columns_max);
    constexpr std::size_t narrow = gemm_i8_narrow_stride * gemm_i8_narrow_columns_max;
    return gemm_i8_a_bytes + gemm_i8_correction_bytes + (panels < narrow ? narrow : panels);
}
static_assert(gemm_i8_a_bytes % 64 == 0 && gemm_i8_correction_bytes % 64 == 0);

// convolve_f32 keeps so many rows of a block of columns, each with two columns more on either side
// and a register's room; an odd number of cache lines apart, in the second-level cache. Narrower
// blocks would fit the first, and break the streams that the hardware prefetches.
constexpr std::size_t convolve_ring = 8;
constexpr std::size_t convolve_columns = 1984;
constexpr std::size_t convolve_padding = 16;
constexpr std::size_t convolve_stride = convolve_columns + 2 * convolve_padding + 16;
constexpr std::size_t convolve_scratch_bytes = convolve_ring * convolve_stride * sizeof(float);
static_assert(convolve_stride / 16 % 2 == 1 && convolve_columns % 64 == 0);

}  // namespace
}  // namespace lanewise::kernels
