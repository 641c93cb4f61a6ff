// Products of a few rows of signed bytes with rows of b as they lie: with so few, a copy of b to
// panels would take most of the time. All arithmetic is modulo 2^32, so that order and grouping
// change no bit.
//
// byte_strip<Arch>, where a family has one, has
//   rows        the most of a that it takes at once, columns of b, and depth of the inner index:
//               rows of b that lie a power of two apart drive each other out of the first-level
//               cache, and the sums are stored between;
//   rows_max    of a result that it pays for;
//   bias()      what the sum of a row of a adds to each of its products, to be taken off once;
//   multiply()  the step.
#pragma once

#include "registers.inl.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
struct byte_strip {};

#if defined(__AVX512VNNI__)

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
struct byte_strip<Arch> {
    static constexpr std::size_t rows = 4;  // with more, GCC 12 keeps sums on the stack
    static constexpr std::size_t columns = 64;
    static constexpr std::size_t depth_max = 128;
    static constexpr std::size_t rows_max = 32;

    /// The instruction multiplies unsigned by signed: b's bytes are taken with 128 added.
    static std::uint32_t bias(const std::int8_t* a, std::size_t depth) {
        __m512i sum = _mm512_setzero_si512();
        for (std::size_t p = 0; p < depth; p += 64)
            sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(-128),
                                      _mm512_maskz_loadu_epi8(first_bytes(depth - p), a + p));
        return static_cast<std::uint32_t>(_mm512_reduce_add_epi32(sum));
    }

    /// c = a b, less the biases, or c += a b: `count` columns, or `columns` where there are more.
    template <std::size_t Rows>
    static void multiply(const std::int8_t* a, std::size_t a_stride, const std::int8_t* b,
                         std::size_t b_stride, std::size_t depth, const std::uint32_t* biases,
                         std::int32_t* c, std::size_t c_stride, std::size_t count, bool first) {
        __m512i sums[Rows][4];
        if (count >= columns) {
            products<Rows>(
                a, a_stride, b, b_stride, depth,
                [](const std::int8_t* from) LANEWISE_INLINE { return _mm512_loadu_si512(from); },
                sums);
        } else {
            const __mmask64 mask = first_bytes(count);
            products<Rows>(
                a, a_stride, b, b_stride, depth,
                [=](const std::int8_t* from)
                    LANEWISE_INLINE { return _mm512_maskz_loadu_epi8(mask, from); },
                sums);
        }
        const __mmask64 mask = first_bytes(count);
        unroll<Rows>([&](auto r) LANEWISE_INLINE {
            in_order(sums[r]);
            const __m512i begin = _mm512_set1_epi32(static_cast<std::int32_t>(0U - biases[r]));
            unroll<4>([&](auto q) LANEWISE_INLINE {
                std::int32_t* const to = c + r * c_stride + 16 * q;
                const auto here = static_cast<__mmask16>(mask >> (16 * q));
                const __m512i before = first ? begin : _mm512_maskz_loadu_epi32(here, to);
                _mm512_mask_storeu_epi32(to, here, _mm512_add_epi32(before, sums[r][q]));
            });
        });
    }

private:
    LANEWISE_INLINE static __mmask64 first_bytes(std::size_t count) {
        return count < 64 ? (std::uint64_t{1} << count) - 1 : ~std::uint64_t{0};
    }

    LANEWISE_INLINE static __m512i four(const std::int8_t* from, std::size_t some) {
        if (some < 4) {
            const auto mask = static_cast<__mmask16>((1U << some) - 1U);
            return _mm512_broadcastd_epi32(_mm_maskz_loadu_epi8(mask, from));
        }
        std::int32_t bits = 0;
        __builtin_memcpy(&bits, from, sizeof(bits));
        return _mm512_set1_epi32(bits);
    }

    // Lane l of register q has columns 16 l + 4 q to 16 l + 4 q + 3: so unpacking leaves them.
    template <std::size_t Rows, class Load>
    LANEWISE_INLINE static void products(const std::int8_t* a, std::size_t a_stride,
                                         const std::int8_t* b, std::size_t b_stride,
                                         std::size_t depth, const Load& load,
                                         __m512i (&sums)[Rows][4]) {
        const __m512i zero_biased = _mm512_set1_epi8(-128);
        unroll<Rows>([&](auto r) LANEWISE_INLINE {
            unroll<4>([&](auto q) LANEWISE_INLINE { sums[r][q] = _mm512_setzero_si512(); });
        });
        // Elements of four rows of b, of which there are `some`.
        const auto step = [&](std::size_t p, std::size_t some) LANEWISE_INLINE {
            __m512i row[4];
            unroll<4>([&](auto i) LANEWISE_INLINE {
                row[i] = i < some ? _mm512_xor_si512(load(b + (p + i) * b_stride), zero_biased)
                                  : zero_biased;
            });
            const __m512i low = _mm512_unpacklo_epi8(row[0], row[1]);
            const __m512i high = _mm512_unpackhi_epi8(row[0], row[1]);
            const __m512i low_2 = _mm512_unpacklo_epi8(row[2], row[3]);
            const __m512i high_2 = _mm512_unpackhi_epi8(row[2], row[3]);
            const __m512i columns_of[4] = {
                _mm512_unpacklo_epi16(low, low_2), _mm512_unpackhi_epi16(low, low_2),
                _mm512_unpacklo_epi16(high, high_2), _mm512_unpackhi_epi16(high, high_2)};
            unroll<Rows>([&](auto r) LANEWISE_INLINE {
                const __m512i elements = four(a + r * a_stride + p, some);
                unroll<4>([&](auto q) LANEWISE_INLINE {
                    sums[r][q] = _mm512_dpbusd_epi32(sums[r][q], columns_of[q], elements);
                });
            });
        };
        std::size_t p = 0;
        for (; p + 4 <= depth; p += 4) step(p, 4);
        if (p < depth) step(p, depth - p);
    }

    // Lane l of register q to lane q of register l.
    LANEWISE_INLINE static void in_order(__m512i (&of)[4]) {
        const __m512i low = _mm512_shuffle_i32x4(of[0], of[1], 0x44);
        const __m512i low_2 = _mm512_shuffle_i32x4(of[2], of[3], 0x44);
        const __m512i high = _mm512_shuffle_i32x4(of[0], of[1], 0xee);
        const __m512i high_2 = _mm512_shuffle_i32x4(of[2], of[3], 0xee);
        of[0] = _mm512_shuffle_i32x4(low, low_2, 0x88);
        of[1] = _mm512_shuffle_i32x4(low, low_2, 0xdd);
        of[2] = _mm512_shuffle_i32x4(high, high_2, 0x88);
        of[3] = _mm512_shuffle_i32x4(high, high_2, 0xdd);
    }
};

#elif defined(__AVX2__) && !defined(__AVX512BW__) && !defined(__AVXVNNI__)

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
struct byte_strip<Arch> {
    static constexpr std::size_t rows = 4;
    static constexpr std::size_t columns = 16;
    static constexpr std::size_t depth_max = 128;
    static constexpr std::size_t rows_max = 4;

    static std::uint32_t bias(const std::int8_t* /*a*/, std::size_t /*depth*/) { return 0; }

    /// c = a b, or c += a b: `count` columns, or `columns` where there are more. Fewer have a whole
    /// strip of columns before them.
    template <std::size_t Rows>
    static void multiply(const std::int8_t* a, std::size_t a_stride, const std::int8_t* b,
                         std::size_t b_stride, std::size_t depth, const std::uint32_t* /*biases*/,
                         std::int32_t* c, std::size_t c_stride, std::size_t count, bool first) {
        __m256i sums[Rows][2];
        if (count >= columns) {
            products<Rows>(
                a, a_stride, b, b_stride, depth,
                [](const std::int8_t* from) LANEWISE_INLINE { return sixteen(from); }, sums);
            unroll<Rows>([&](auto r) LANEWISE_INLINE {
                unroll<2>([&](auto h) LANEWISE_INLINE {
                    auto* const to = reinterpret_cast<__m256i*>(c + r * c_stride + 8 * h);
                    _mm256_storeu_si256(
                        to,
                        first ? sums[r][h] : _mm256_add_epi32(sums[r][h], _mm256_loadu_si256(to)));
                });
            });
            return;
        }
        // The last bytes of sixteen, moved to the front, and what the shift leaves: bytes that no
        // sum is stored of.
        const __m128i forward =
            _mm_add_epi8(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                         _mm_set1_epi8(static_cast<char>(columns - count)));
        const std::size_t missing = columns - count;
        products<Rows>(
            a, a_stride, b, b_stride, depth,
            [=](const std::int8_t* from)
                LANEWISE_INLINE { return _mm_shuffle_epi8(sixteen(from - missing), forward); },
            sums);
        alignas(32) std::int32_t beside[Rows][columns];
        unroll<Rows>([&](auto r) LANEWISE_INLINE {
            unroll<2>([&](auto h) LANEWISE_INLINE {
                _mm256_store_si256(reinterpret_cast<__m256i*>(beside[r] + 8 * h), sums[r][h]);
            });
        });
        for (std::size_t r = 0; r < Rows; ++r) {
            for (std::size_t j = 0; j < count; ++j) {
                std::int32_t& to = c[r * c_stride + j];
                const std::uint32_t before = first ? 0 : static_cast<std::uint32_t>(to);
                to = static_cast<std::int32_t>(before + static_cast<std::uint32_t>(beside[r][j]));
            }
        }
    }

private:
    LANEWISE_INLINE static __m128i sixteen(const std::int8_t* from) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    }

    template <std::size_t Rows, class Load>
    LANEWISE_INLINE static void products(const std::int8_t* a, std::size_t a_stride,
                                         const std::int8_t* b, std::size_t b_stride,
                                         std::size_t depth, const Load& load,
                                         __m256i (&sums)[Rows][2]) {
        // Pairs of elements of a, of 16 bits each; one more where the last has no other.
        alignas(32) std::int16_t wide[Rows][depth_max];
        for (std::size_t r = 0; r < Rows; ++r) {
            const std::int8_t* const from = a + r * a_stride;
            std::size_t q = 0;
            for (; q + 16 <= depth; q += 16)
                _mm256_store_si256(reinterpret_cast<__m256i*>(wide[r] + q),
                                   _mm256_cvtepi8_epi16(sixteen(from + q)));
            for (; q < depth; ++q) wide[r][q] = from[q];
            if (q % 2 != 0) wide[r][q] = 0;
        }
        unroll<Rows>([&](auto r) LANEWISE_INLINE {
            unroll<2>([&](auto h) LANEWISE_INLINE { sums[r][h] = _mm256_setzero_si256(); });
        });
        const auto step = [&](std::size_t p, bool both) LANEWISE_INLINE {
            const std::int8_t* const row = b + p * b_stride;
            const __m256i upper = _mm256_cvtepi8_epi16(load(row));
            const __m256i lower =
                both ? _mm256_cvtepi8_epi16(load(row + b_stride)) : _mm256_setzero_si256();
            // Columns 0 to 3 and 8 to 11, then the others.
            const __m256i low = _mm256_unpacklo_epi16(upper, lower);
            const __m256i high = _mm256_unpackhi_epi16(upper, lower);
            unroll<Rows>([&](auto r) LANEWISE_INLINE {
                std::int32_t pair = 0;
                __builtin_memcpy(&pair, wide[r] + p, sizeof(pair));
                const __m256i elements = _mm256_set1_epi32(pair);
                sums[r][0] = _mm256_add_epi32(sums[r][0], _mm256_madd_epi16(low, elements));
                sums[r][1] = _mm256_add_epi32(sums[r][1], _mm256_madd_epi16(high, elements));
            });
        };
        std::size_t p = 0;
        for (; p + 2 <= depth; p += 2) step(p, true);
        if (p < depth) step(p, false);
        unroll<Rows>([&](auto r) LANEWISE_INLINE {
            const __m256i low = sums[r][0];
            sums[r][0] = _mm256_permute2x128_si256(low, sums[r][1], 0x20);
            sums[r][1] = _mm256_permute2x128_si256(low, sums[r][1], 0x31);
        });
    }
};

#endif

}  // namespace
}  // namespace lanewise::kernels
