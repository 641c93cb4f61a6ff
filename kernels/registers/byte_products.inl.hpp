// Products of signed bytes by family, summed without loss: VNNI, SDOT, or 16-bit products where a
// family has neither. byte_products<Arch> takes `width` bytes of each array a step, in `chains`
// sums side by side. A lane of a sum grows by at most 2^16 a step in truth (what it wraps through
// on the way does not matter), so 2^11 steps on 8 chains stay below 2^31. first_total() is of the
// first chain alone, where all lanes together stay below 2^31.
#pragma once

#include "registers.inl.hpp"

namespace lanewise::kernels {
namespace {

constexpr std::size_t byte_steps_max = 2048;

template <class Arch>
class byte_products;

// What several rows share, where a family has it.
template <class Arch>
struct byte_rows;

template <>
class byte_products<portable> {
public:
    static constexpr std::size_t width = 1;
    static constexpr std::size_t chains = 1;

    LANEWISE_INLINE void add(std::size_t /*chain*/, const std::int8_t* x, const std::int8_t* y) {
        sum_ += *x * *y;
    }
    LANEWISE_INLINE void add_last(const std::int8_t*, const std::int8_t*, std::size_t, bool) {}
    LANEWISE_INLINE std::int64_t total() const { return sum_; }
    LANEWISE_INLINE std::int32_t first_total() const { return sum_; }

private:
    std::int32_t sum_ = 0;
};

// What is left where a register of bytes can't be loaded in part: the last `rest` bytes, as the end
// of a whole register that begins before them, or one by one where nothing precedes them.
LANEWISE_INLINE inline std::int32_t sum_one_by_one(const std::int8_t* x, const std::int8_t* y,
                                                   std::size_t rest) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < rest; ++i) sum += x[i] * y[i];
    return sum;
}

// A register of W bytes from place 32 - W + rest on: zeros, then `rest` bytes of ones.
alignas(64) constexpr std::uint8_t last_bytes[64] = {
    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

#if defined(__AVX2__)
LANEWISE_INLINE inline std::int64_t sum_of_lanes(__m256i sums) {
    const __m256i wide = _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums)),
                                          _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums, 1)));
    const __m128i two =
        _mm_add_epi64(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
    return _mm_cvtsi128_si64(two) + _mm_extract_epi64(two, 1);
}
LANEWISE_INLINE inline std::int32_t sum_of_few(__m256i sums) {
    const __m128i four =
        _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}
#endif

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)

// VNNI by 32 bytes, half a cache line.
class half_line_products {
public:
    static constexpr std::size_t width = 32;
    static constexpr std::size_t chains = 4;

    LANEWISE_INLINE half_line_products() {
        unroll<chains>(
            [&](auto j) LANEWISE_INLINE { sums_[j] = corrections_[j] = _mm256_setzero_si256(); });
    }
    LANEWISE_INLINE void add(std::size_t chain, const std::int8_t* x, const std::int8_t* y) {
        step(chain, load(x), load(y));
    }
    LANEWISE_INLINE void add_last(const std::int8_t* x, const std::int8_t* y, std::size_t rest,
                                  bool preceded) {
        if (preceded) {
            const __m256i mask = load(last_bytes + rest);
            step(0, _mm256_and_si256(mask, load(x + rest - width)), load(y + rest - width));
        } else {
            sums_[0] = _mm256_add_epi32(
                sums_[0], _mm256_setr_epi32(sum_one_by_one(x, y, rest), 0, 0, 0, 0, 0, 0, 0));
        }
    }
    LANEWISE_INLINE std::int64_t total() const {
        __m256i sum = _mm256_setzero_si256();
        unroll<chains>([&](auto j) LANEWISE_INLINE {
            sum = _mm256_add_epi32(sum, _mm256_sub_epi32(sums_[j], corrections_[j]));
        });
        return sum_of_lanes(sum);
    }
    LANEWISE_INLINE std::int32_t first_total() const {
        return sum_of_few(_mm256_sub_epi32(sums_[0], corrections_[0]));
    }

private:
    LANEWISE_INLINE static __m256i load(const void* from) {
        return _mm256_loadu_si256(static_cast<const __m256i*>(from));
    }
    LANEWISE_INLINE void step(std::size_t chain, __m256i x, __m256i y) {
        // The instruction multiplies unsigned by signed: (x + 128) * y, less 128 * y.
        const __m256i bias = _mm256_set1_epi8(-128);
        sums_[chain] = multiply_add(sums_[chain], _mm256_xor_si256(x, bias), y);
        corrections_[chain] = multiply_add(corrections_[chain], bias, y);
    }
    LANEWISE_INLINE static __m256i multiply_add(__m256i sum, __m256i x, __m256i y) {
#if defined(__AVX512VNNI__)
        return _mm256_dpbusd_epi32(sum, x, y);
#else
        return _mm256_dpbusd_avx_epi32(sum, x, y);
#endif
    }

    __m256i sums_[chains];
    __m256i corrections_[chains];
};

#endif

#if defined(__AVX512BW__)

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
class byte_products<Arch> {
public:
    static constexpr std::size_t width = 64;
    static constexpr std::size_t chains = 4;

    LANEWISE_INLINE byte_products() {
        unroll<chains>(
            [&](auto j) LANEWISE_INLINE { sums_[j] = corrections_[j] = _mm512_setzero_si512(); });
    }
    LANEWISE_INLINE void add(std::size_t chain, const std::int8_t* x, const std::int8_t* y) {
#if defined(__AVX512VNNI__)
        step(chain, _mm512_loadu_si512(x), _mm512_loadu_si512(y));
#else
        half_step(chain, load_half(x), load_half(y));
        half_step(chain, load_half(x + 32), load_half(y + 32));
#endif
    }
    LANEWISE_INLINE void add_last(const std::int8_t* x, const std::int8_t* y, std::size_t rest,
                                  bool /*preceded*/) {
        const __mmask64 mask = (std::uint64_t{1} << rest) - 1;
        step(0, _mm512_maskz_loadu_epi8(mask, x), _mm512_maskz_loadu_epi8(mask, y));
    }
    LANEWISE_INLINE std::int64_t total() const {
        __m512i sum = _mm512_setzero_si512();
        unroll<chains>([&](auto j) LANEWISE_INLINE {
            sum = _mm512_add_epi32(sum, _mm512_sub_epi32(sums_[j], corrections_[j]));
        });
        const __m512i low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(sum));
        const __m512i high = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sum, 1));
        return _mm512_reduce_add_epi64(_mm512_add_epi64(low, high));
    }
    LANEWISE_INLINE std::int32_t first_total() const {
        return _mm512_reduce_add_epi32(_mm512_sub_epi32(sums_[0], corrections_[0]));
    }

private:
    LANEWISE_INLINE void step(std::size_t chain, __m512i x, __m512i y) {
#if defined(__AVX512VNNI__)
        // The instruction multiplies unsigned by signed: (x + 128) * y, less 128 * y.
        const __m512i bias = _mm512_set1_epi8(-128);
        asm("" : "+v"(y));  // loaded once: GCC 12 would fold a load into either use
        sums_[chain] = _mm512_dpbusd_epi32(sums_[chain], _mm512_xor_si512(x, bias), y);
        corrections_[chain] = _mm512_dpbusd_epi32(corrections_[chain], bias, y);
#else
        half_step(chain, _mm512_castsi512_si256(x), _mm512_castsi512_si256(y));
        half_step(chain, _mm512_extracti64x4_epi64(x, 1), _mm512_extracti64x4_epi64(y, 1));
#endif
    }
#if !defined(__AVX512VNNI__)
    LANEWISE_INLINE void half_step(std::size_t chain, __m256i x, __m256i y) {
        sums_[chain] = _mm512_add_epi32(
            sums_[chain], _mm512_madd_epi16(_mm512_cvtepi8_epi16(x), _mm512_cvtepi8_epi16(y)));
    }
    LANEWISE_INLINE static __m256i load_half(const std::int8_t* from) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    }
#endif

    __m512i sums_[chains];
    __m512i corrections_[chains];
};

#if defined(__AVX512VNNI__)

template <>
class byte_products<narrower<xsimd::avx512bw>::type> : public half_line_products {};

// The low 32 bits of the products of four rows of x, `stride` apart, with one y, which is loaded
// and corrected for once.
template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
struct byte_rows<Arch> {
    static constexpr std::size_t rows = 4;
    using sums = __m512i[rows];

    static void dot(const std::int8_t* x, std::size_t stride, const std::int8_t* y,
                    std::size_t count, std::int32_t* to) {
        const __m512i bias = _mm512_set1_epi8(-128);
        sums even;
        sums odd;
        unroll<rows>([&](auto r) LANEWISE_INLINE { even[r] = odd[r] = _mm512_setzero_si512(); });
        __m512i corrections[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
        const auto step = [&](sums& into, __m512i& correction, std::size_t i,
                              __mmask64 mask) LANEWISE_INLINE {
            const __m512i right = _mm512_maskz_loadu_epi8(mask, y + i);
            correction = _mm512_dpbusd_epi32(correction, bias, right);
            unroll<rows>([&](auto r) LANEWISE_INLINE {
                const __m512i left = _mm512_maskz_loadu_epi8(mask, x + r * stride + i);
                into[r] = _mm512_dpbusd_epi32(into[r], _mm512_xor_si512(left, bias), right);
            });
        };
        constexpr __mmask64 all = ~std::uint64_t{0};
        std::size_t i = 0;
        for (; i + 128 <= count; i += 128) {
            step(even, corrections[0], i, all);
            step(odd, corrections[1], i + 64, all);
        }
        for (; i < count; i += 64) {
            const std::size_t left = count - i;
            step(even, corrections[0], i, left < 64 ? (std::uint64_t{1} << left) - 1 : all);
        }
        const __m512i correction = _mm512_add_epi32(corrections[0], corrections[1]);
        unroll<rows>([&](auto r) LANEWISE_INLINE {
            even[r] = _mm512_sub_epi32(_mm512_add_epi32(even[r], odd[r]), correction);
        });
        const auto halves = [](__m512i a, __m512i b) LANEWISE_INLINE {
            return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x44),
                                    _mm512_shuffle_i32x4(a, b, 0xee));
        };
        const __m512i first = halves(even[0], even[1]);
        const __m512i second = halves(even[2], even[3]);
        const __m512i four_each = _mm512_add_epi32(_mm512_shuffle_i32x4(first, second, 0x88),
                                                   _mm512_shuffle_i32x4(first, second, 0xdd));
        const __m512i two_each =
            _mm512_add_epi32(four_each, _mm512_shuffle_epi32(four_each, _MM_PERM_BADC));
        const __m512i one_each =
            _mm512_add_epi32(two_each, _mm512_shuffle_epi32(two_each, _MM_PERM_CDAB));
        const __m512i places = _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                         _mm512_castsi512_si128(_mm512_permutexvar_epi32(places, one_each)));
    }
};

#endif

#elif defined(__AVXVNNI__)

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
class byte_products<Arch> : public half_line_products {};

#elif defined(__AVX2__)

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
class byte_products<Arch> {
public:
    static constexpr std::size_t width = 16;
    static constexpr std::size_t chains = 4;

    LANEWISE_INLINE byte_products() {
        unroll<chains>([&](auto j) LANEWISE_INLINE { sums_[j] = _mm256_setzero_si256(); });
    }
    LANEWISE_INLINE void add(std::size_t chain, const std::int8_t* x, const std::int8_t* y) {
        step(chain, load_sixteen(x), load_sixteen(y));
    }
    LANEWISE_INLINE void add_last(const std::int8_t* x, const std::int8_t* y, std::size_t rest,
                                  bool preceded) {
        if (preceded) {
            const __m128i mask = load_sixteen(last_bytes + 16 + rest);
            step(0, _mm_and_si128(mask, load_sixteen(x + rest - width)),
                 load_sixteen(y + rest - width));
        } else {
            sums_[0] = _mm256_add_epi32(
                sums_[0], _mm256_setr_epi32(sum_one_by_one(x, y, rest), 0, 0, 0, 0, 0, 0, 0));
        }
    }
    LANEWISE_INLINE std::int64_t total() const {
        __m256i sum = sums_[0];
        unroll<chains - 1>([&](auto j)
                               LANEWISE_INLINE { sum = _mm256_add_epi32(sum, sums_[j + 1]); });
        return sum_of_lanes(sum);
    }
    LANEWISE_INLINE std::int32_t first_total() const { return sum_of_few(sums_[0]); }

private:
    LANEWISE_INLINE static __m128i load_sixteen(const void* from) {
        return _mm_loadu_si128(static_cast<const __m128i*>(from));
    }
    LANEWISE_INLINE void step(std::size_t chain, __m128i x, __m128i y) {
        sums_[chain] = _mm256_add_epi32(
            sums_[chain], _mm256_madd_epi16(_mm256_cvtepi8_epi16(x), _mm256_cvtepi8_epi16(y)));
    }

    __m256i sums_[chains];
};

#elif defined(__ARM_FEATURE_SVE_BITS) && __ARM_FEATURE_SVE_BITS > 0

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
class byte_products<Arch> {
public:
    static constexpr std::size_t width = __ARM_FEATURE_SVE_BITS / 8;
    static constexpr std::size_t chains = 8;

    LANEWISE_INLINE byte_products() {
        unroll<chains>([&](auto j) LANEWISE_INLINE { sums_[j] = ints<Arch>(0); });
    }
    LANEWISE_INLINE void add(std::size_t chain, const std::int8_t* x, const std::int8_t* y) {
        step(chain, svptrue_b8(), x, y);
    }
    LANEWISE_INLINE void add_last(const std::int8_t* x, const std::int8_t* y, std::size_t rest,
                                  bool /*preceded*/) {
        step(0, svwhilelt_b8(std::uint64_t{0}, std::uint64_t{rest}), x, y);
    }
    LANEWISE_INLINE std::int64_t total() const {
        ints<Arch> sum = sums_[0];
        unroll<chains - 1>([&](auto j) LANEWISE_INLINE { sum = sum + sums_[j + 1]; });
        return svaddv_s32(svptrue_b32(), sum);
    }
    LANEWISE_INLINE std::int32_t first_total() const {
        return static_cast<std::int32_t>(svaddv_s32(svptrue_b32(), sums_[0]));
    }

private:
    LANEWISE_INLINE void step(std::size_t chain, svbool_t active, const std::int8_t* x,
                              const std::int8_t* y) {
        sums_[chain] =
            ints<Arch>(svdot_s32(sums_[chain], svld1_s8(active, x), svld1_s8(active, y)));
    }

    ints<Arch> sums_[chains];
};

#elif defined(__ARM_NEON)

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
class byte_products<Arch> {
public:
    static constexpr std::size_t width = 16;
    static constexpr std::size_t chains = 8;

    LANEWISE_INLINE byte_products() {
        unroll<chains>([&](auto j) LANEWISE_INLINE { sums_[j] = vdupq_n_s32(0); });
    }
    LANEWISE_INLINE void add(std::size_t chain, const std::int8_t* x, const std::int8_t* y) {
        step(chain, vld1q_s8(x), vld1q_s8(y));
    }
    LANEWISE_INLINE void add_last(const std::int8_t* x, const std::int8_t* y, std::size_t rest,
                                  bool preceded) {
        if (preceded) {
            const int8x16_t mask = vreinterpretq_s8_u8(vld1q_u8(last_bytes + 16 + rest));
            step(0, vandq_s8(mask, vld1q_s8(x + rest - width)), vld1q_s8(y + rest - width));
        } else {
            sums_[0] = vsetq_lane_s32(vgetq_lane_s32(sums_[0], 0) + sum_one_by_one(x, y, rest),
                                      sums_[0], 0);
        }
    }
    LANEWISE_INLINE std::int64_t total() const {
        int32x4_t sum = sums_[0];
        unroll<chains - 1>([&](auto j) LANEWISE_INLINE { sum = vaddq_s32(sum, sums_[j + 1]); });
        return vaddlvq_s32(sum);
    }
    LANEWISE_INLINE std::int32_t first_total() const { return vaddvq_s32(sums_[0]); }

private:
    LANEWISE_INLINE void step(std::size_t chain, int8x16_t x, int8x16_t y) {
#if defined(__ARM_FEATURE_DOTPROD)
        sums_[chain] = vdotq_s32(sums_[chain], x, y);
#else
        // Two products of -128 by -128 don't fit into 16 bits: each product is widened by itself.
        sums_[chain] = vpadalq_s16(sums_[chain], vmull_s8(vget_low_s8(x), vget_low_s8(y)));
        sums_[chain] = vpadalq_s16(sums_[chain], vmull_high_s8(x, y));
#endif
    }

    int32x4_t sums_[chains];
};

#endif

}  // namespace
}  // namespace lanewise::kernels
