// Registers by family: xsimd's batches, or one lane for `portable`, and the small layer of what
// xsimd lacks or does differently by family: loads and stores that end early, and the fold of one
// register.
//
// All of it has internal linkage: no unit can take another's copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <xsimd/xsimd.hpp>

#if defined(__ARM_NEON) && !defined(__ARM_FEATURE_SVE_BITS)
#include "neon.inl.hpp"
#endif

// Where sanitizers watch each access, loops that are unrolled and inlined whole take minutes to
// compile.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LANEWISE_INLINE
#else
#define LANEWISE_INLINE __attribute__((always_inline))
#endif

namespace lanewise::kernels {
namespace {

constexpr float canonical_nan = __builtin_bit_cast(float, 0x7fc00000U);

LANEWISE_INLINE inline float canonical(float value) {
    return value == value ? value : canonical_nan;
}

// unroll<Count>(step): step(0) to step(Count - 1), each with its number as a constant, so that
// arrays of registers stay in registers.
template <std::size_t Count, class Step>
LANEWISE_INLINE constexpr void unroll(const Step& step) {
    [&]<std::size_t... j>(std::index_sequence<j...>) LANEWISE_INLINE {
        (step(std::integral_constant<std::size_t, j>()), ...);
    }(std::make_index_sequence<Count>());
}

// ---- `portable`: a register of one lane. xsimd's own emulation rounds an fma twice.

struct portable {};

struct one_condition {
    bool value;

    std::uint64_t mask() const { return value ? 1 : 0; }

    friend one_condition operator&(one_condition a, one_condition b) {
        return {a.value && b.value};
    }
    friend one_condition operator|(one_condition a, one_condition b) {
        return {a.value || b.value};
    }
    friend bool any(one_condition a) { return a.value; }
    friend bool all(one_condition a) { return a.value; }
};

template <class T>
struct one_lane {
    static constexpr std::size_t size = 1;
    T value;

    one_lane() = default;
    explicit one_lane(T from) : value(from) {}

    static one_lane load_unaligned(const T* from) { return one_lane(*from); }
    void store_unaligned(T* to) const { *to = value; }

    // Whole numbers wrap around, as they do in registers.
    static auto wrapping(one_lane from) {
        if constexpr (std::is_integral_v<T>) {
            return static_cast<std::make_unsigned_t<T>>(from.value);
        } else {
            return from.value;
        }
    }
    friend one_lane operator+(one_lane a, one_lane b) {
        return one_lane(static_cast<T>(wrapping(a) + wrapping(b)));
    }
    friend one_lane operator-(one_lane a, one_lane b) {
        return one_lane(static_cast<T>(wrapping(a) - wrapping(b)));
    }
    friend one_lane operator*(one_lane a, one_lane b) {
        return one_lane(static_cast<T>(wrapping(a) * wrapping(b)));
    }
    friend one_lane operator/(one_lane a, one_lane b) { return one_lane(a.value / b.value); }
    friend one_lane operator<<(one_lane a, int count) { return one_lane(a.value << count); }
    friend one_lane operator>>(one_lane a, int count) { return one_lane(a.value >> count); }
    friend one_condition operator==(one_lane a, one_lane b) { return {a.value == b.value}; }
    friend one_condition operator<(one_lane a, one_lane b) { return {a.value < b.value}; }
    friend one_condition operator<=(one_lane a, one_lane b) { return {a.value <= b.value}; }
    friend one_lane min(one_lane a, one_lane b) { return b.value < a.value ? b : a; }
    friend one_lane max(one_lane a, one_lane b) { return a.value < b.value ? b : a; }
    friend T reduce_max(one_lane a) { return a.value; }
    friend one_lane sqrt(one_lane a) { return one_lane(__builtin_sqrtf(a.value)); }
    friend one_lane abs(one_lane a) { return one_lane(__builtin_fabsf(a.value)); }
    friend one_lane fma(one_lane a, one_lane b, one_lane c) {
        return one_lane(__builtin_fmaf(a.value, b.value, c.value));
    }
    friend one_lane select(one_condition first, one_lane a, one_lane b) {
        return first.value ? a : b;
    }
};

inline bool all(bool condition) {
    return condition;
}

template <class To, class From>
inline one_lane<To> bitwise_cast(one_lane<From> from) {
    return one_lane<To>(__builtin_bit_cast(To, from.value));
}

// ---- registers, loads and stores

template <class T, class Arch>
struct register_of {
    using type = xsimd::batch<T, Arch>;
};
template <class T>
struct register_of<T, portable> {
    using type = one_lane<T>;
};
#if defined(__ARM_NEON) && !defined(__ARM_FEATURE_SVE_BITS)
template <>
struct register_of<float, xsimd::neon64> {
    using type = neon_floats;
};
template <>
struct register_of<std::int32_t, xsimd::neon64> {
    using type = neon_ints;
};
#endif
template <class Arch>
using floats = typename register_of<float, Arch>::type;
template <class Arch>
using ints = typename register_of<std::int32_t, Arch>::type;

// Registers half as wide, where the family has them beside its own; else, its own.
template <class Arch>
struct narrower {
    using type = Arch;
};
#if defined(__AVX512F__)
template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
struct narrower<Arch> {
    using type = xsimd::fma3<xsimd::avx2>;
};
#endif

// Bytes of an array that no cache of a core holds. AMD's CPUs fetch more of it ahead where a line
// is loaded as two halves than as a whole, so that narrower registers take less time from there on.
constexpr std::size_t beyond_caches = std::size_t{8} << 20;

template <class Arch>
LANEWISE_INLINE inline floats<Arch> load_whole(const float* from) {
    return floats<Arch>::load_unaligned(from);
}

template <class Arch>
LANEWISE_INLINE inline void store_whole(float* to, floats<Arch> values) {
    values.store_unaligned(to);
}

template <class Arch>
LANEWISE_INLINE inline floats<Arch> canonical_lanes(floats<Arch> values) {
    return select(values == values, values, floats<Arch>(canonical_nan));
}

// ---- the layer per family: load_part and store_part touch `count` elements only, fewer than a
// register holds, and load zeros beyond them; sum_by_halves folds one register: lane l plus lane l
// + half, until one is left.

template <class Arch>
    requires std::is_same_v<Arch, portable>
floats<Arch> load_part(const float* /*from*/, std::size_t /*count: 0, the only number below 1*/) {
    return floats<Arch>(0.0F);
}

template <class Arch>
    requires std::is_same_v<Arch, portable>
void store_part(float* /*to*/, floats<Arch> /*values*/, std::size_t /*count: 0*/) {}

inline float sum_by_halves(one_lane<float> only) {
    return only.value;
}

#if defined(__AVX__)

LANEWISE_INLINE inline float sum_by_halves(__m128 four) {
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

LANEWISE_INLINE inline float sum_by_halves(__m256 eight) {
    return sum_by_halves(
        _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1)));
}

#endif
#if defined(__AVX512F__)

LANEWISE_INLINE inline float sum_by_halves(__m512 sixteen) {
    return sum_by_halves(
        _mm256_add_ps(_mm512_castps512_ps256(sixteen), _mm512_extractf32x8_ps(sixteen, 1)));
}

LANEWISE_INLINE inline __mmask16 first_lanes(std::size_t count) {
    return static_cast<__mmask16>((1U << count) - 1U);
}

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
LANEWISE_INLINE inline floats<Arch> load_part(const float* from, std::size_t count) {
    if constexpr (floats<Arch>::size == 8) {
        return floats<Arch>(_mm256_maskz_loadu_ps(static_cast<__mmask8>(first_lanes(count)), from));
    } else {
        return floats<Arch>(_mm512_maskz_loadu_ps(first_lanes(count), from));
    }
}

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
LANEWISE_INLINE inline void store_part(float* to, floats<Arch> values, std::size_t count) {
    if constexpr (floats<Arch>::size == 8) {
        _mm256_mask_storeu_ps(to, static_cast<__mmask8>(first_lanes(count)), values);
    } else {
        _mm512_mask_storeu_ps(to, first_lanes(count), values);
    }
}

#elif defined(__AVX2__)

// Eight places from place 8 - count on: so many ones, then zeros.
alignas(64) constexpr std::int32_t ones_then_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

LANEWISE_INLINE inline __m256i first_lanes(std::size_t count) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ones_then_zeros + 8 - count));
}

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
LANEWISE_INLINE inline floats<Arch> load_part(const float* from, std::size_t count) {
    return floats<Arch>(_mm256_maskload_ps(from, first_lanes(count)));
}

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
LANEWISE_INLINE inline void store_part(float* to, floats<Arch> values, std::size_t count) {
    // A masked store takes AMD's CPUs a dozen cycles, and more instructions than these.
    const __m256 all = values;
    __m128 part = _mm256_castps256_ps128(all);
    if ((count & 4) != 0) {
        _mm_storeu_ps(to, part);
        to += 4;
        part = _mm256_extractf128_ps(all, 1);
    }
    if ((count & 2) != 0) {
        _mm_storel_pi(reinterpret_cast<__m64*>(to), part);
        to += 2;
        part = _mm_movehl_ps(part, part);
    }
    if ((count & 1) != 0) _mm_store_ss(to, part);
}

#elif defined(__ARM_FEATURE_SVE_BITS) && __ARM_FEATURE_SVE_BITS > 0

LANEWISE_INLINE inline svbool_t first_lanes(std::size_t count) {
    return svwhilelt_b32(std::uint64_t{0}, std::uint64_t{count});
}

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
LANEWISE_INLINE inline floats<Arch> load_part(const float* from, std::size_t count) {
    return floats<Arch>(svld1_f32(first_lanes(count), from));
}

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
LANEWISE_INLINE inline void store_part(float* to, floats<Arch> values, std::size_t count) {
    svst1_f32(first_lanes(count), to, values);
}

template <class Arch>
LANEWISE_INLINE inline float sum_by_halves(xsimd::batch<float, Arch> values) {
    constexpr std::size_t width = __ARM_FEATURE_SVE_BITS / 32;
    svfloat32_t sum = values;
    // svext takes its distance as a constant, and asks for one that the longest vector could have.
    if constexpr (width >= 16) sum = svadd_f32_x(svptrue_b32(), sum, svext_f32(sum, sum, 8));
    if constexpr (width >= 8) sum = svadd_f32_x(svptrue_b32(), sum, svext_f32(sum, sum, 4));
    sum = svadd_f32_x(svptrue_b32(), sum, svext_f32(sum, sum, 2));
    sum = svadd_f32_x(svptrue_b32(), sum, svext_f32(sum, sum, 1));
    return svlastb_f32(svptrue_pat_b32(SV_VL1), sum);
}

#elif defined(__ARM_NEON)

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
LANEWISE_INLINE inline floats<Arch> load_part(const float* from, std::size_t count) {
    const float32x2_t none = vdup_n_f32(0.0F);
    if ((count & 2) == 0) {
        if ((count & 1) == 0) return floats<Arch>(vcombine_f32(none, none));
        return floats<Arch>(vcombine_f32(vld1_lane_f32(from, none, 0), none));
    }
    const float32x2_t two = vld1_f32(from);
    return floats<Arch>(
        vcombine_f32(two, (count & 1) != 0 ? vld1_lane_f32(from + 2, none, 0) : none));
}

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
LANEWISE_INLINE inline void store_part(float* to, floats<Arch> values, std::size_t count) {
    const float32x4_t four = values;
    if ((count & 2) == 0) {
        if ((count & 1) != 0) vst1q_lane_f32(to, four, 0);
        return;
    }
    vst1_f32(to, vget_low_f32(four));
    if ((count & 1) != 0) vst1q_lane_f32(to + 2, four, 2);
}

LANEWISE_INLINE inline float sum_by_halves(float32x4_t four) {
    const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

#endif

#if defined(__AVX512F__)

// sum_by_halves of four registers, which share the shuffles.
LANEWISE_INLINE inline void sums_by_halves(const __m512 (&from)[4], float* to) {
    const auto halves = [](__m512 a, __m512 b) LANEWISE_INLINE {
        return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
    };
    const __m512 first = halves(from[0], from[1]);
    const __m512 second = halves(from[2], from[3]);
    const __m512 four_each = _mm512_add_ps(_mm512_shuffle_f32x4(first, second, 0x88),
                                           _mm512_shuffle_f32x4(first, second, 0xdd));
    const __m512 two_each = _mm512_add_ps(four_each, _mm512_permute_ps(four_each, 0x4e));
    const __m512 one_each = _mm512_add_ps(two_each, _mm512_permute_ps(two_each, 0xb1));
    const __m512i places = _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    _mm_storeu_ps(to, _mm512_castps512_ps128(_mm512_permutexvar_ps(places, one_each)));
}

#endif

// copy() copies so many rows and columns, and exchanges them.
template <class Arch>
struct transposed_block {
#if defined(__AVX__)
    static constexpr std::size_t rows = 8;
    static constexpr std::size_t columns = 8;
    LANEWISE_INLINE static void copy(const float* from, std::size_t stride, float* to,
                                     std::size_t to_stride) {
        // Row i and row i + 4, which stay in halves of their own.
        const float* const below = from + 4 * stride;
        const auto two_rows = [&](std::size_t distance) LANEWISE_INLINE {
            return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from + distance)),
                                        _mm_loadu_ps(below + distance), 1);
        };
        __m256 rows_of[4][2];
        unroll<4>([&](auto i) LANEWISE_INLINE {
            rows_of[i][0] = two_rows(i * stride);
            rows_of[i][1] = two_rows(i * stride + 4);
        });
        unroll<2>([&](auto j) LANEWISE_INLINE {
            const __m256 low = _mm256_unpacklo_ps(rows_of[0][j], rows_of[1][j]);
            const __m256 high = _mm256_unpackhi_ps(rows_of[0][j], rows_of[1][j]);
            const __m256 low_2 = _mm256_unpacklo_ps(rows_of[2][j], rows_of[3][j]);
            const __m256 high_2 = _mm256_unpackhi_ps(rows_of[2][j], rows_of[3][j]);
            float* const here = to + 4 * j * to_stride;
            _mm256_storeu_ps(here, _mm256_shuffle_ps(low, low_2, 0x44));
            _mm256_storeu_ps(here + to_stride, _mm256_shuffle_ps(low, low_2, 0xee));
            _mm256_storeu_ps(here + 2 * to_stride, _mm256_shuffle_ps(high, high_2, 0x44));
            _mm256_storeu_ps(here + 3 * to_stride, _mm256_shuffle_ps(high, high_2, 0xee));
        });
    }
#elif defined(__ARM_NEON)
    static constexpr std::size_t rows = 4;
    static constexpr std::size_t columns = 4;
    LANEWISE_INLINE static void copy(const float* from, std::size_t stride, float* to,
                                     std::size_t to_stride) {
        const float32x4_t a = vld1q_f32(from);
        const float32x4_t b = vld1q_f32(from + stride);
        const float32x4_t c = vld1q_f32(from + 2 * stride);
        const float32x4_t d = vld1q_f32(from + 3 * stride);
        const float32x4_t ac_low = vzip1q_f32(a, c);
        const float32x4_t ac_high = vzip2q_f32(a, c);
        const float32x4_t bd_low = vzip1q_f32(b, d);
        const float32x4_t bd_high = vzip2q_f32(b, d);
        vst1q_f32(to, vzip1q_f32(ac_low, bd_low));
        vst1q_f32(to + to_stride, vzip2q_f32(ac_low, bd_low));
        vst1q_f32(to + 2 * to_stride, vzip1q_f32(ac_high, bd_high));
        vst1q_f32(to + 3 * to_stride, vzip2q_f32(ac_high, bd_high));
    }
#else
    static constexpr std::size_t rows = 1;
    static constexpr std::size_t columns = 1;
    static void copy(const float* from, std::size_t /*stride*/, float* to,
                     std::size_t /*to_stride*/) {
        *to = *from;
    }
#endif
};

template <class Arch>
inline void copy_floats(const float* from, std::size_t count, float* to) {
    using f = floats<Arch>;
    std::size_t i = 0;
#if defined(__AVX2__)
    // A loop of one register depends on where it lies in a cache line.
    for (; i + 4 * f::size <= count; i += 4 * f::size) {
        unroll<4>([&](auto j) LANEWISE_INLINE {
            store_whole<Arch>(to + i + j * f::size, load_whole<Arch>(from + i + j * f::size));
        });
    }
#endif
    for (; i + f::size <= count; i += f::size)
        store_whole<Arch>(to + i, load_whole<Arch>(from + i));
    if (i < count) store_part<Arch>(to + i, load_part<Arch>(from + i, count - i), count - i);
}

}  // namespace
}  // namespace lanewise::kernels
