// Tiles of bytes on x86-64: AVX2 and AVX-512, each with VNNI or without; the tiles of AMX stand by
// themselves.
#pragma once

#include "byte_tiles.inl.hpp"

namespace lanewise::kernels {
namespace {

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
}  // namespace
}  // namespace lanewise::kernels

#if defined(__AMX_INT8__)
#include "byte_tiles_amx.inl.hpp"
#endif

namespace lanewise::kernels {
namespace {

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
}  // namespace
}  // namespace lanewise::kernels
