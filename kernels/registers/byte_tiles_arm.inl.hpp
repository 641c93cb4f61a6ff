// Tiles of bytes on 64-bit Arm: NEON and SVE, each with SDOT and matrix instructions or without.
#pragma once

#include "byte_tiles.inl.hpp"

namespace lanewise::kernels {
namespace {

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

}  // namespace
}  // namespace lanewise::kernels
