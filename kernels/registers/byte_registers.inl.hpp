// Registers of bytes by family: what kernels on bytes use, and xsimd does differently by family or
// not at all. lookup() finds each byte below 16 in a table of sixteen; less() stops at 0; any()
// asks for any bit, any_high() for the highest of any byte.
#pragma once

#include "registers.inl.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
struct octets;

template <>
struct octets<portable> {
    static constexpr std::size_t size = 1;
    std::uint8_t value;

    static octets load(const std::uint8_t* from) { return {*from}; }
    static octets all(std::uint8_t of) { return {of}; }

    friend octets operator&(octets a, octets b) { return narrowed(a.value & b.value); }
    friend octets operator|(octets a, octets b) { return narrowed(a.value | b.value); }
    friend octets operator^(octets a, octets b) { return narrowed(a.value ^ b.value); }
    friend octets less(octets a, octets b) {
        return narrowed(a.value < b.value ? 0 : a.value - b.value);
    }
    friend octets high_nibble(octets a) { return narrowed(a.value >> 4); }
    friend octets lookup(const std::uint8_t (&table)[16], octets at) { return {table[at.value]}; }
    friend bool any(octets a) { return a.value != 0; }
    friend bool any_high(octets a) { return a.value > 127; }

private:
    static octets narrowed(int from) { return {static_cast<std::uint8_t>(from)}; }
};

#if defined(__AVX512BW__)

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
struct octets<Arch> {
    static constexpr std::size_t size = 64;
    __m512i value;

    LANEWISE_INLINE static octets load(const std::uint8_t* from) {
        return {_mm512_loadu_si512(from)};
    }
    LANEWISE_INLINE static octets all(std::uint8_t of) {
        return {_mm512_set1_epi8(static_cast<char>(of))};
    }

    friend LANEWISE_INLINE octets operator&(octets a, octets b) {
        return {_mm512_and_si512(a.value, b.value)};
    }
    friend LANEWISE_INLINE octets operator|(octets a, octets b) {
        return {_mm512_or_si512(a.value, b.value)};
    }
    friend LANEWISE_INLINE octets operator^(octets a, octets b) {
        return {_mm512_xor_si512(a.value, b.value)};
    }
    friend LANEWISE_INLINE octets less(octets a, octets b) {
        return {_mm512_subs_epu8(a.value, b.value)};
    }
    friend LANEWISE_INLINE octets high_nibble(octets a) {
        return {_mm512_and_si512(_mm512_srli_epi16(a.value, 4), _mm512_set1_epi8(15))};
    }
    friend LANEWISE_INLINE octets lookup(const std::uint8_t (&table)[16], octets at) {
        const __m128i once = _mm_load_si128(reinterpret_cast<const __m128i*>(table));
        return {_mm512_shuffle_epi8(_mm512_broadcast_i32x4(once), at.value)};
    }
    friend LANEWISE_INLINE bool any(octets a) {
        return _mm512_test_epi8_mask(a.value, a.value) != 0;
    }
    friend LANEWISE_INLINE bool any_high(octets a) { return _mm512_movepi8_mask(a.value) != 0; }
};

#elif defined(__AVX2__)

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
struct octets<Arch> {
    static constexpr std::size_t size = 32;
    __m256i value;

    LANEWISE_INLINE static octets load(const std::uint8_t* from) {
        return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))};
    }
    LANEWISE_INLINE static octets all(std::uint8_t of) {
        return {_mm256_set1_epi8(static_cast<char>(of))};
    }

    friend LANEWISE_INLINE octets operator&(octets a, octets b) {
        return {_mm256_and_si256(a.value, b.value)};
    }
    friend LANEWISE_INLINE octets operator|(octets a, octets b) {
        return {_mm256_or_si256(a.value, b.value)};
    }
    friend LANEWISE_INLINE octets operator^(octets a, octets b) {
        return {_mm256_xor_si256(a.value, b.value)};
    }
    friend LANEWISE_INLINE octets less(octets a, octets b) {
        return {_mm256_subs_epu8(a.value, b.value)};
    }
    friend LANEWISE_INLINE octets high_nibble(octets a) {
        return {_mm256_and_si256(_mm256_srli_epi16(a.value, 4), _mm256_set1_epi8(15))};
    }
    friend LANEWISE_INLINE octets lookup(const std::uint8_t (&table)[16], octets at) {
        const __m128i once = _mm_load_si128(reinterpret_cast<const __m128i*>(table));
        return {_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(once), at.value)};
    }
    friend LANEWISE_INLINE bool any(octets a) { return _mm256_testz_si256(a.value, a.value) == 0; }
    friend LANEWISE_INLINE bool any_high(octets a) { return _mm256_movemask_epi8(a.value) != 0; }
};

#elif defined(__ARM_FEATURE_SVE_BITS) && __ARM_FEATURE_SVE_BITS > 0

typedef svuint8_t sve_octets __attribute__((arm_sve_vector_bits(__ARM_FEATURE_SVE_BITS)));

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
struct octets<Arch> {
    static constexpr std::size_t size = __ARM_FEATURE_SVE_BITS / 8;
    sve_octets value;

    LANEWISE_INLINE static octets load(const std::uint8_t* from) {
        return {svld1_u8(svptrue_b8(), from)};
    }
    LANEWISE_INLINE static octets all(std::uint8_t of) { return {svdup_n_u8(of)}; }

    friend LANEWISE_INLINE octets operator&(octets a, octets b) {
        return {svand_u8_x(svptrue_b8(), a.value, b.value)};
    }
    friend LANEWISE_INLINE octets operator|(octets a, octets b) {
        return {svorr_u8_x(svptrue_b8(), a.value, b.value)};
    }
    friend LANEWISE_INLINE octets operator^(octets a, octets b) {
        return {sveor_u8_x(svptrue_b8(), a.value, b.value)};
    }
    friend LANEWISE_INLINE octets less(octets a, octets b) { return {svqsub_u8(a.value, b.value)}; }
    friend LANEWISE_INLINE octets high_nibble(octets a) {
        return {svlsr_n_u8_x(svptrue_b8(), a.value, 4)};
    }
    friend LANEWISE_INLINE octets lookup(const std::uint8_t (&table)[16], octets at) {
        return {svtbl_u8(svld1_u8(svptrue_pat_b8(SV_VL16), table), at.value)};
    }
    friend LANEWISE_INLINE bool any(octets a) {
        return svptest_any(svptrue_b8(), svcmpne_n_u8(svptrue_b8(), a.value, 0));
    }
    // GCC 12 takes an unsigned comparison with 127 for a signed one where vectors have 128 bits.
    friend LANEWISE_INLINE bool any_high(octets a) { return any(a & all(128)); }
};

#elif defined(__ARM_NEON)

template <class Arch>
    requires(!std::is_same_v<Arch, portable>)
struct octets<Arch> {
    static constexpr std::size_t size = 16;
    uint8x16_t value;

    LANEWISE_INLINE static octets load(const std::uint8_t* from) { return {vld1q_u8(from)}; }
    LANEWISE_INLINE static octets all(std::uint8_t of) { return {vdupq_n_u8(of)}; }

    friend LANEWISE_INLINE octets operator&(octets a, octets b) {
        return {vandq_u8(a.value, b.value)};
    }
    friend LANEWISE_INLINE octets operator|(octets a, octets b) {
        return {vorrq_u8(a.value, b.value)};
    }
    friend LANEWISE_INLINE octets operator^(octets a, octets b) {
        return {veorq_u8(a.value, b.value)};
    }
    friend LANEWISE_INLINE octets less(octets a, octets b) { return {vqsubq_u8(a.value, b.value)}; }
    friend LANEWISE_INLINE octets high_nibble(octets a) { return {vshrq_n_u8(a.value, 4)}; }
    friend LANEWISE_INLINE octets lookup(const std::uint8_t (&table)[16], octets at) {
        return {vqtbl1q_u8(vld1q_u8(table), at.value)};
    }
    friend LANEWISE_INLINE bool any(octets a) { return vmaxvq_u8(a.value) != 0; }
    friend LANEWISE_INLINE bool any_high(octets a) { return vmaxvq_u8(a.value) > 127; }
};

#endif

}  // namespace
}  // namespace lanewise::kernels
