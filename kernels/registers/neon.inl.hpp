// NEON's registers. xsimd 13.2 keeps the intrinsics of neon64 in tables of function pointers, and
// GCC 12 leaves each as a call: sixteen in the loop of sum_f32. These have the operations that the
// kernels use, with xsimd's names.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#define LANEWISE_NEON friend __attribute__((always_inline)) inline

namespace lanewise::kernels {
namespace {

struct neon_condition {
    uint32x4_t value;

    LANEWISE_NEON neon_condition operator&(neon_condition a, neon_condition b) {
        return {vandq_u32(a.value, b.value)};
    }
    LANEWISE_NEON neon_condition operator|(neon_condition a, neon_condition b) {
        return {vorrq_u32(a.value, b.value)};
    }
    LANEWISE_NEON bool any(neon_condition a) { return vmaxvq_u32(a.value) != 0; }
    LANEWISE_NEON bool all(neon_condition a) { return vminvq_u32(a.value) != 0; }

    /// One bit a lane.
    std::uint64_t mask() const {
        const std::uint32_t bits[] = {1, 2, 4, 8};
        return vaddvq_u32(vandq_u32(value, vld1q_u32(bits)));
    }
};

struct neon_ints {
    static constexpr std::size_t size = 4;
    int32x4_t value;

    neon_ints() = default;
    explicit neon_ints(std::int32_t from) : value(vdupq_n_s32(from)) {}
    explicit neon_ints(int32x4_t from) : value(from) {}

    LANEWISE_NEON neon_ints operator+(neon_ints a, neon_ints b) {
        return neon_ints(vaddq_s32(a.value, b.value));
    }
    LANEWISE_NEON neon_ints operator-(neon_ints a, neon_ints b) {
        return neon_ints(vsubq_s32(a.value, b.value));
    }
    LANEWISE_NEON neon_ints operator<<(neon_ints a, int count) {
        return neon_ints(vshlq_s32(a.value, vdupq_n_s32(count)));
    }
    LANEWISE_NEON neon_ints operator>>(neon_ints a, int count) {
        return neon_ints(vshlq_s32(a.value, vdupq_n_s32(-count)));
    }
};

struct neon_floats {
    static constexpr std::size_t size = 4;
    float32x4_t value;

    neon_floats() = default;
    explicit neon_floats(float from) : value(vdupq_n_f32(from)) {}
    explicit neon_floats(float32x4_t from) : value(from) {}
    operator float32x4_t() const { return value; }

    static neon_floats load_unaligned(const float* from) { return neon_floats(vld1q_f32(from)); }
    void store_unaligned(float* to) const { vst1q_f32(to, value); }

    LANEWISE_NEON neon_floats operator+(neon_floats a, neon_floats b) {
        return neon_floats(vaddq_f32(a.value, b.value));
    }
    LANEWISE_NEON neon_floats operator-(neon_floats a, neon_floats b) {
        return neon_floats(vsubq_f32(a.value, b.value));
    }
    LANEWISE_NEON neon_floats operator*(neon_floats a, neon_floats b) {
        return neon_floats(vmulq_f32(a.value, b.value));
    }
    LANEWISE_NEON neon_floats operator/(neon_floats a, neon_floats b) {
        return neon_floats(vdivq_f32(a.value, b.value));
    }
    LANEWISE_NEON neon_condition operator==(neon_floats a, neon_floats b) {
        return {vceqq_f32(a.value, b.value)};
    }
    LANEWISE_NEON neon_condition operator<(neon_floats a, neon_floats b) {
        return {vcltq_f32(a.value, b.value)};
    }
    LANEWISE_NEON neon_condition operator<=(neon_floats a, neon_floats b) {
        return {vcleq_f32(a.value, b.value)};
    }
    LANEWISE_NEON neon_floats min(neon_floats a, neon_floats b) {
        return neon_floats(vminq_f32(a.value, b.value));
    }
    LANEWISE_NEON neon_floats max(neon_floats a, neon_floats b) {
        return neon_floats(vmaxq_f32(a.value, b.value));
    }
    LANEWISE_NEON float reduce_max(neon_floats a) { return vmaxvq_f32(a.value); }
    LANEWISE_NEON neon_floats sqrt(neon_floats a) { return neon_floats(vsqrtq_f32(a.value)); }
    LANEWISE_NEON neon_floats abs(neon_floats a) { return neon_floats(vabsq_f32(a.value)); }
    LANEWISE_NEON neon_floats fma(neon_floats a, neon_floats b, neon_floats c) {
        return neon_floats(vfmaq_f32(c.value, a.value, b.value));
    }
    LANEWISE_NEON neon_floats select(neon_condition first, neon_floats a, neon_floats b) {
        return neon_floats(vbslq_f32(first.value, a.value, b.value));
    }
};

template <class To>
__attribute__((always_inline)) inline neon_ints bitwise_cast(neon_floats from) {
    return neon_ints(vreinterpretq_s32_f32(from.value));
}

template <class To>
__attribute__((always_inline)) inline neon_floats bitwise_cast(neon_ints from) {
    return neon_floats(vreinterpretq_f32_s32(from.value));
}

}  // namespace
}  // namespace lanewise::kernels
