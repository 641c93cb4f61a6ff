// The public headers by themselves: they bring in neither xsimd nor intrinsics.
#include <kernels/catalogue.hpp>
#include <kernels/generate.hpp>
#include <kernels/kernels.hpp>

#if defined(XSIMD_VERSION_MAJOR) || defined(XSIMD_HPP)
#error "a public header includes xsimd"
#endif
#if defined(_IMMINTRIN_H_INCLUDED) || defined(__IMMINTRIN_H) || defined(_AARCH64_NEON_H_) || \
    defined(__ARM_NEON_H)
#error "a public header includes intrinsics"
#endif
