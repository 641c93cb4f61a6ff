// Tiles of a matrix product of signed bytes by family: how many elements of the inner index a step
// takes, how they lie in the panels, and the step. All arithmetic is modulo 2^32, so that order and
// grouping change no bit.
//
// byte_tile<Arch> has
//   depth       elements of the inner index that a step takes for each sum;
//   group_rows  rows of a that one register holds: 2 for Arm's matrix instructions, which multiply
//               two rows by two columns in each 128 bits, and need two registers to a `width`; 16
//               for AMX, whose registers are tiles, and which has multiply() for all of a step;
//   width       columns to a register of sums, rows and registers the largest tile;
//   block       columns that interleave() takes at once, of all rows of a step, or of four for AMX;
//   element     what panels hold: a byte, or 16 bits where the instruction multiplies those;
//   biased      whether a's bytes are held with 128 added, for instructions that take one unsigned:
//               then bias() is a register of 128s.
// and, where the family has masks for it, copy_row_part(), interleave_part() and copy_sums() for
// what ends early.
// A panel of a holds, for each group of rows, step after step: depth elements of each row. A panel
// of b holds, step after step: depth elements of each column.
#pragma once

#include "registers.inl.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
struct byte_tile;

template <>
struct byte_tile<portable> {
    static constexpr std::size_t depth = 1;
    static constexpr std::size_t group_rows = 1;
    static constexpr std::size_t width = 1;
    static constexpr std::size_t rows = 4;
    static constexpr std::size_t registers = 4;
    static constexpr std::size_t block = 4;
    static constexpr bool biased = false;
    using element = std::int8_t;
    using sum = std::uint32_t;
    using group = std::int32_t;
    using lanes = std::int32_t;

    static sum zero() { return 0; }
    static sum load(const std::int32_t* from) { return static_cast<std::uint32_t>(*from); }
    static void store(std::int32_t* to, sum from) { *to = static_cast<std::int32_t>(from); }
    static group load_group(const element* from) { return *from; }
    static lanes load_lanes(const element* from) { return *from; }
    static void add(sum& to, group a, lanes b) { to += static_cast<std::uint32_t>(a * b); }

    static void copy_row(const std::int8_t* from, element* to) { __builtin_memcpy(to, from, 16); }
    static void interleave(const std::int8_t* from, std::size_t /*stride*/, element* to) {
        __builtin_memcpy(to, from, block);
    }
};

#if defined(__AVX2__)

// Four rows of sixteen bytes, which get(i) gives, by columns.
template <class Get>
LANEWISE_INLINE inline void interleave_four(const Get& get, std::int8_t* to) {
    const auto put = [&](std::size_t place, __m128i bytes) LANEWISE_INLINE {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + place), bytes);
    };
    const __m128i low = _mm_unpacklo_epi8(get(0), get(1));
    const __m128i high = _mm_unpackhi_epi8(get(0), get(1));
    const __m128i low_2 = _mm_unpacklo_epi8(get(2), get(3));
    const __m128i high_2 = _mm_unpackhi_epi8(get(2), get(3));
    put(0, _mm_unpacklo_epi16(low, low_2));
    put(16, _mm_unpackhi_epi16(low, low_2));
    put(32, _mm_unpacklo_epi16(high, high_2));
    put(48, _mm_unpackhi_epi16(high, high_2));
}

#if defined(__AVX512BW__)

// Row i of `rows` rows of up to sixteen bytes, and zeros beyond them.
LANEWISE_INLINE inline auto part_rows(const std::int8_t* from, std::size_t stride, std::size_t rows,
                                      std::size_t columns) {
    return [=](std::size_t row) LANEWISE_INLINE {
        const auto mask = static_cast<__mmask16>(row < rows ? (1U << columns) - 1U : 0U);
        return _mm_maskz_loadu_epi8(mask, from + row * stride);
    };
}

// So many sums of a row of the result.
LANEWISE_INLINE inline void copy_sum_registers(const std::int32_t* from, std::size_t count,
                                               std::int32_t* to) {
    for (std::size_t i = 0; i < count; i += 16) {
        const auto mask = static_cast<__mmask16>(count - i < 16 ? (1U << (count - i)) - 1U : ~0U);
        _mm512_mask_storeu_epi32(to + i, mask, _mm512_maskz_loadu_epi32(mask, from + i));
    }
}

#endif

#if defined(__AMX_INT8__)

struct amx {};

// A register is a tile of 16 rows of 64 bytes: of a, 64 elements of 16 rows; of b, 64 elements of
// 16 columns, by fours; of sums, 16 by 16.
template <>
struct byte_tile<amx> {
    static constexpr std::size_t depth = 64;
    static constexpr std::size_t group_rows = 16;
    static constexpr std::size_t width = 16;
    static constexpr std::size_t rows = 32;
    static constexpr std::size_t registers = 2;
    static constexpr std::size_t block = 16;
    static constexpr bool biased = false;
    using element = std::int8_t;

    LANEWISE_INLINE static void interleave(const std::int8_t* from, std::size_t stride,
                                           element* to) {
        const auto get = [=](std::size_t row) LANEWISE_INLINE {
            return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + row * stride));
        };
        interleave_four(get, to);
    }
    LANEWISE_INLINE static void interleave_part(const std::int8_t* from, std::size_t stride,
                                                std::size_t some, std::size_t columns,
                                                element* to) {
        interleave_four(part_rows(from, stride, some, columns), to);
    }
    LANEWISE_INLINE static void copy_row_part(const std::int8_t* from, std::size_t count,
                                              element* to) {
        _mm512_storeu_si512(to, _mm512_maskz_loadu_epi8((std::uint64_t{1} << count) - 1, from));
    }
    LANEWISE_INLINE static void copy_sums(const std::int32_t* from, std::size_t count,
                                          std::int32_t* to) {
        copy_sum_registers(from, count, to);
    }

    /// All tiles are whole. What a thread left configured would be saved at each switch to another.
    static void configure() {
        alignas(64) tile_shapes shapes;
        for (std::size_t i = 0; i < 8; ++i) {
            shapes.row_bytes[i] = 64;
            shapes.rows[i] = 16;
        }
        _tile_loadconfig(&shapes);
    }
    static void release() { _tile_release(); }

    /// c = a b, or c += a b: `steps` tiles of each of Groups groups of rows, a_group apart, by as
    /// many of Registers registers of columns.
    template <std::size_t Groups, std::size_t Registers>
    static void multiply(const element* a, std::size_t a_group, const element* b, std::int32_t* c,
                         std::size_t c_stride, std::size_t steps, bool first) {
        constexpr std::size_t tile = 1024;
        const std::size_t row = 4 * c_stride;
        std::int32_t* const below = c + 16 * c_stride;
        // Tiles 0 to 3 are sums, 4 and 5 of a, 6 and 7 of b. GCC's intrinsics don't say that they
        // read memory.
        asm volatile("" : : : "memory");
        if (first) {
            _tile_zero(0);
            _tile_zero(1);
            _tile_zero(2);
            _tile_zero(3);
        } else {
            _tile_loadd(0, c, row);
            if constexpr (Registers == 2) _tile_loadd(1, c + 16, row);
            if constexpr (Groups == 2) _tile_loadd(2, below, row);
            if constexpr (Groups == 2 && Registers == 2) _tile_loadd(3, below + 16, row);
        }
        for (; steps != 0; --steps, a += tile, b += registers * tile) {
            _tile_loadd(6, b, 64);
            _tile_loadd(4, a, 64);
            _tile_dpbssd(0, 4, 6);
            if constexpr (Registers == 2) {
                _tile_loadd(7, b + tile, 64);
                _tile_dpbssd(1, 4, 7);
            }
            if constexpr (Groups == 2) {
                _tile_loadd(5, a + a_group, 64);
                _tile_dpbssd(2, 5, 6);
                if constexpr (Registers == 2) _tile_dpbssd(3, 5, 7);
            }
        }
        _tile_stored(0, c, row);
        if constexpr (Registers == 2) _tile_stored(1, c + 16, row);
        if constexpr (Groups == 2) _tile_stored(2, below, row);
        if constexpr (Groups == 2 && Registers == 2) _tile_stored(3, below + 16, row);
        asm volatile("" : : : "memory");
    }

private:
    // What LDTILECFG reads.
    struct tile_shapes {
        std::uint8_t palette = 1;
        std::uint8_t start_row = 0;
        std::uint8_t reserved[14] = {};
        std::uint16_t row_bytes[16] = {};
        std::uint8_t rows[16] = {};
    };
    static_assert(sizeof(tile_shapes) == 64);
};

#endif

#if defined(__AVX512BW__)
using byte_sums = __m512i;
#else
using byte_sums = __m256i;
#endif

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
struct byte_tile<Arch> {
    static constexpr std::size_t group_rows = 1;
    static constexpr std::size_t width = sizeof(byte_sums) / 4;
    static constexpr std::size_t registers = 2;
    static constexpr std::size_t block = 16;
    using sum = byte_sums;
    using group = byte_sums;
    using lanes = byte_sums;
#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
    static constexpr std::size_t depth = 4;
    static constexpr bool biased = true;
    using element = std::int8_t;
#else
    static constexpr std::size_t depth = 2;
    static constexpr bool biased = false;
    using element = std::int16_t;
#endif
#if defined(__AVX512VNNI__)
    static constexpr std::size_t rows = 14;
#elif defined(__AVX512BW__)
    static constexpr std::size_t rows = 12;  // a product takes a register before it is added
#else
    static constexpr std::size_t rows = 6;
#endif

    LANEWISE_INLINE static group load_group(const element* from) {
        std::int32_t bits = 0;
        __builtin_memcpy(&bits, from, sizeof(bits));
#if defined(__AVX512BW__)
        return _mm512_set1_epi32(bits);
#else
        return _mm256_set1_epi32(bits);
#endif
    }
#if defined(__AVX512BW__)
    LANEWISE_INLINE static sum zero() { return _mm512_setzero_si512(); }
    LANEWISE_INLINE static sum load(const void* from) { return _mm512_loadu_si512(from); }
    LANEWISE_INLINE static void store(std::int32_t* to, sum from) { _mm512_storeu_si512(to, from); }
    LANEWISE_INLINE static void add(sum& to, group a, lanes b) {
#if defined(__AVX512VNNI__)
        to = _mm512_dpbusd_epi32(to, a, b);
#else
        to = _mm512_add_epi32(to, _mm512_madd_epi16(a, b));
#endif
    }
#else
    LANEWISE_INLINE static sum zero() { return _mm256_setzero_si256(); }
    LANEWISE_INLINE static sum load(const void* from) {
        return _mm256_loadu_si256(static_cast<const __m256i*>(from));
    }
    LANEWISE_INLINE static void store(std::int32_t* to, sum from) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), from);
    }
    LANEWISE_INLINE static void add(sum& to, group a, lanes b) {
#if defined(__AVXVNNI__)
        to = _mm256_dpbusd_avx_epi32(to, a, b);
#else
        to = _mm256_add_epi32(to, _mm256_madd_epi16(a, b));
#endif
    }
#endif
    LANEWISE_INLINE static lanes load_lanes(const element* from) { return load(from); }

#if defined(__AVX512VNNI__)
    LANEWISE_INLINE static group bias() { return _mm512_set1_epi8(-128); }
    LANEWISE_INLINE static sum minus(sum a, sum b) { return _mm512_sub_epi32(a, b); }
#elif defined(__AVXVNNI__)
    LANEWISE_INLINE static group bias() { return _mm256_set1_epi8(-128); }
    LANEWISE_INLINE static sum minus(sum a, sum b) { return _mm256_sub_epi32(a, b); }
#endif
#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
    LANEWISE_INLINE static void copy_row(const std::int8_t* from, element* to) {
        put(to, _mm_xor_si128(get(from), _mm_set1_epi8(-128)));
    }
    LANEWISE_INLINE static void interleave(const std::int8_t* from, std::size_t stride,
                                           element* to) {
        interleave_four([=](std::size_t row) LANEWISE_INLINE { return get(from + row * stride); },
                        to);
    }
#if defined(__AVX512BW__)
    LANEWISE_INLINE static void copy_row_part(const std::int8_t* from, std::size_t count,
                                              element* to) {
        put(to, _mm_xor_si128(part_rows(from, 0, 1, count)(0), _mm_set1_epi8(-128)));
    }
    LANEWISE_INLINE static void interleave_part(const std::int8_t* from, std::size_t stride,
                                                std::size_t some, std::size_t columns,
                                                element* to) {
        interleave_four(part_rows(from, stride, some, columns), to);
    }
#endif
#else
    LANEWISE_INLINE static void copy_row(const std::int8_t* from, element* to) {
        put_wide(to, get(from));
    }
    LANEWISE_INLINE static void interleave(const std::int8_t* from, std::size_t stride,
                                           element* to) {
        const __m128i first = get(from);
        const __m128i second = get(from + stride);
        put_wide(to, _mm_unpacklo_epi8(first, second));
        put_wide(to + 16, _mm_unpackhi_epi8(first, second));
    }
#if defined(__AVX512BW__)
    LANEWISE_INLINE static void copy_row_part(const std::int8_t* from, std::size_t count,
                                              element* to) {
        put_wide(to, part_rows(from, 0, 1, count)(0));
    }
    LANEWISE_INLINE static void interleave_part(const std::int8_t* from, std::size_t stride,
                                                std::size_t some, std::size_t columns,
                                                element* to) {
        const auto row = part_rows(from, stride, some, columns);
        put_wide(to, _mm_unpacklo_epi8(row(0), row(1)));
        put_wide(to + 16, _mm_unpackhi_epi8(row(0), row(1)));
    }
#endif
#endif
#if defined(__AVX512BW__)
    LANEWISE_INLINE static void copy_sums(const std::int32_t* from, std::size_t count,
                                          std::int32_t* to) {
        copy_sum_registers(from, count, to);
    }
#endif

private:
    LANEWISE_INLINE static __m128i get(const std::int8_t* from) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    }
    LANEWISE_INLINE static void put(element* to, __m128i bytes) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    }
    LANEWISE_INLINE static void put_wide(element* to, __m128i bytes) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_cvtepi8_epi16(bytes));
    }
};

#elif defined(__ARM_NEON)

// Rows of bytes by columns, as all variants of Arm do it: SVE's CPUs have NEON.
template <std::size_t Depth>
LANEWISE_INLINE inline void interleave_sixteen(const std::int8_t* from, std::size_t stride,
                                               std::int8_t* to) {
    if constexpr (Depth == 2) {
        const int8x16_t first = vld1q_s8(from);
        const int8x16_t second = vld1q_s8(from + stride);
        vst1q_s8(to, vzip1q_s8(first, second));
        vst1q_s8(to + 16, vzip2q_s8(first, second));
    } else {
        int32x4_t fours[Depth / 4][4];
        unroll<Depth / 4>([&](auto h) LANEWISE_INLINE {
            const std::int8_t* const here = from + 4 * h * stride;
            const int8x16_t first = vld1q_s8(here);
            const int8x16_t second = vld1q_s8(here + stride);
            const int8x16_t third = vld1q_s8(here + 2 * stride);
            const int8x16_t fourth = vld1q_s8(here + 3 * stride);
            const int16x8_t low = vreinterpretq_s16_s8(vzip1q_s8(first, second));
            const int16x8_t high = vreinterpretq_s16_s8(vzip2q_s8(first, second));
            const int16x8_t low_2 = vreinterpretq_s16_s8(vzip1q_s8(third, fourth));
            const int16x8_t high_2 = vreinterpretq_s16_s8(vzip2q_s8(third, fourth));
            fours[h][0] = vreinterpretq_s32_s16(vzip1q_s16(low, low_2));
            fours[h][1] = vreinterpretq_s32_s16(vzip2q_s16(low, low_2));
            fours[h][2] = vreinterpretq_s32_s16(vzip1q_s16(high, high_2));
            fours[h][3] = vreinterpretq_s32_s16(vzip2q_s16(high, high_2));
        });
        unroll<4>([&](auto i) LANEWISE_INLINE {
            if constexpr (Depth == 4) {
                vst1q_s8(to + 16 * i, vreinterpretq_s8_s32(fours[0][i]));
            } else {
                const int32x4_t low = vzip1q_s32(fours[0][i], fours[1][i]);
                const int32x4_t high = vzip2q_s32(fours[0][i], fours[1][i]);
                vst1q_s8(to + 32 * i, vreinterpretq_s8_s32(low));
                vst1q_s8(to + 32 * i + 16, vreinterpretq_s8_s32(high));
            }
        });
    }
}

#if defined(__ARM_FEATURE_SVE_BITS) && __ARM_FEATURE_SVE_BITS > 0

typedef svint32_t byte_sums __attribute__((arm_sve_vector_bits(__ARM_FEATURE_SVE_BITS)));
typedef svint8_t byte_lanes __attribute__((arm_sve_vector_bits(__ARM_FEATURE_SVE_BITS)));

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
struct byte_tile<Arch> {
    static constexpr std::size_t width = __ARM_FEATURE_SVE_BITS / 32;
    static constexpr std::size_t rows = width == 4 ? 6 : 12;
    static constexpr std::size_t registers = width == 4 ? 4 : 2;
    static constexpr std::size_t block = 16;
    static constexpr bool biased = false;
    using element = std::int8_t;
    using sum = byte_sums;
    using group = byte_lanes;
    using lanes = byte_lanes;

    LANEWISE_INLINE static sum zero() { return svdup_n_s32(0); }
    LANEWISE_INLINE static sum load(const std::int32_t* from) {
        return svld1_s32(svptrue_b32(), from);
    }
    LANEWISE_INLINE static void store(std::int32_t* to, sum from) {
        svst1_s32(svptrue_b32(), to, from);
    }
    LANEWISE_INLINE static lanes load_lanes(const element* from) {
        return svld1_s8(svptrue_b8(), from);
    }
    LANEWISE_INLINE static void copy_row(const std::int8_t* from, element* to) {
        vst1q_s8(to, vld1q_s8(from));
    }
    LANEWISE_INLINE static void interleave(const std::int8_t* from, std::size_t stride,
                                           element* to) {
        interleave_sixteen<depth>(from, stride, to);
    }

#if defined(__ARM_FEATURE_SVE_MATMUL_INT8)
    static constexpr std::size_t depth = 8;
    static constexpr std::size_t group_rows = 2;

    LANEWISE_INLINE static group load_group(const element* from) {
        return svld1rq_s8(svptrue_b8(), from);
    }
    LANEWISE_INLINE static void add(sum& to, group a, lanes b) { to = svmmla_s32(to, a, b); }

    // Two rows of the result to the two registers that the instruction sums in, and back.
    LANEWISE_INLINE static void zip(sum& first, sum& second) {
        const svint64_t a = svreinterpret_s64_s32(first);
        const svint64_t b = svreinterpret_s64_s32(second);
        first = svreinterpret_s32_s64(svzip1_s64(a, b));
        second = svreinterpret_s32_s64(svzip2_s64(a, b));
    }
    LANEWISE_INLINE static void unzip(sum& first, sum& second) {
        const svint64_t a = svreinterpret_s64_s32(first);
        const svint64_t b = svreinterpret_s64_s32(second);
        first = svreinterpret_s32_s64(svuzp1_s64(a, b));
        second = svreinterpret_s32_s64(svuzp2_s64(a, b));
    }
#else
    static constexpr std::size_t depth = 4;
    static constexpr std::size_t group_rows = 1;

    LANEWISE_INLINE static group load_group(const element* from) {
        std::int32_t bits = 0;
        __builtin_memcpy(&bits, from, sizeof(bits));
        return svreinterpret_s8_s32(svdup_n_s32(bits));
    }
    LANEWISE_INLINE static void add(sum& to, group a, lanes b) { to = svdot_s32(to, a, b); }
#endif
};

#else

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
struct byte_tile<Arch> {
    static constexpr std::size_t width = 4;
    static constexpr std::size_t rows = 6;
    static constexpr std::size_t registers = 4;
    static constexpr std::size_t block = 16;
    static constexpr bool biased = false;
    using element = std::int8_t;
    using sum = int32x4_t;

    LANEWISE_INLINE static sum zero() { return vdupq_n_s32(0); }
    LANEWISE_INLINE static sum load(const std::int32_t* from) { return vld1q_s32(from); }
    LANEWISE_INLINE static void store(std::int32_t* to, sum from) { vst1q_s32(to, from); }
    LANEWISE_INLINE static void copy_row(const std::int8_t* from, element* to) {
        vst1q_s8(to, vld1q_s8(from));
    }
    LANEWISE_INLINE static void interleave(const std::int8_t* from, std::size_t stride,
                                           element* to) {
        interleave_sixteen<depth>(from, stride, to);
    }

#if defined(__ARM_FEATURE_MATMUL_INT8)
    static constexpr std::size_t depth = 8;
    static constexpr std::size_t group_rows = 2;
    using group = int8x16_t;
    using lanes = int8x16_t;

    LANEWISE_INLINE static group load_group(const element* from) { return vld1q_s8(from); }
    LANEWISE_INLINE static lanes load_lanes(const element* from) { return vld1q_s8(from); }
    LANEWISE_INLINE static void add(sum& to, group a, lanes b) { to = vmmlaq_s32(to, a, b); }

    // Two rows of the result to the two registers that the instruction sums in, and back.
    LANEWISE_INLINE static void zip(sum& first, sum& second) {
        const int64x2_t a = vreinterpretq_s64_s32(first);
        const int64x2_t b = vreinterpretq_s64_s32(second);
        first = vreinterpretq_s32_s64(vzip1q_s64(a, b));
        second = vreinterpretq_s32_s64(vzip2q_s64(a, b));
    }
    LANEWISE_INLINE static void unzip(sum& first, sum& second) {
        zip(first, second);  // of two lanes either way is the other
    }
#elif defined(__ARM_FEATURE_DOTPROD)
    static constexpr std::size_t depth = 4;
    static constexpr std::size_t group_rows = 1;
    using group = int8x16_t;
    using lanes = int8x16_t;

    LANEWISE_INLINE static group load_group(const element* from) {
        std::int32_t bits = 0;
        __builtin_memcpy(&bits, from, sizeof(bits));
        return vreinterpretq_s8_s32(vdupq_n_s32(bits));
    }
    LANEWISE_INLINE static lanes load_lanes(const element* from) { return vld1q_s8(from); }
    LANEWISE_INLINE static void add(sum& to, group a, lanes b) { to = vdotq_s32(to, a, b); }
#else
    // Two products of -128 by -128 don't fit into 16 bits: each product is widened by itself.
    static constexpr std::size_t depth = 2;
    static constexpr std::size_t group_rows = 1;
    using group = int8x8_t;
    using lanes = int8x8_t;

    LANEWISE_INLINE static group load_group(const element* from) {
        std::int16_t bits = 0;
        __builtin_memcpy(&bits, from, sizeof(bits));
        return vreinterpret_s8_s16(vdup_n_s16(bits));
    }
    LANEWISE_INLINE static lanes load_lanes(const element* from) { return vld1_s8(from); }
    LANEWISE_INLINE static void add(sum& to, group a, lanes b) {
        to = vpadalq_s16(to, vmull_s8(a, b));
    }
#endif
};

#endif
#endif

}  // namespace
}  // namespace lanewise::kernels
