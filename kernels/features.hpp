// What an ISA unit's compiler was allowed to use, and where the CPU tells whether it has it: one
// row each. A unit's needs come from the macros that its own flags define, so that a flag can't be
// added and its check forgotten: a test (isa_macros) fails where a flag defines a macro that has no
// row here.
#pragma once

#include <cstdint>

#if defined(__x86_64__)

// name, the compiler's macro, cpuid leaf, subleaf, register, bit
// clang-format off
#define LANEWISE_FEATURES(row)                                      \
    row(sse3, __SSE3__, 1, 0, ecx, 0)                               \
    row(pclmul, __PCLMUL__, 1, 0, ecx, 1)                           \
    row(ssse3, __SSSE3__, 1, 0, ecx, 9)                             \
    row(fma, __FMA__, 1, 0, ecx, 12)                                \
    row(cx16, __GCC_HAVE_SYNC_COMPARE_AND_SWAP_16, 1, 0, ecx, 13)   \
    row(sse4_1, __SSE4_1__, 1, 0, ecx, 19)                          \
    row(sse4_2, __SSE4_2__, 1, 0, ecx, 20)                          \
    row(movbe, __MOVBE__, 1, 0, ecx, 22)                            \
    row(popcnt, __POPCNT__, 1, 0, ecx, 23)                          \
    row(aes, __AES__, 1, 0, ecx, 25)                                \
    row(xsave, __XSAVE__, 1, 0, ecx, 26)                            \
    row(avx, __AVX__, 1, 0, ecx, 28)                                \
    row(f16c, __F16C__, 1, 0, ecx, 29)                              \
    row(rdrand, __RDRND__, 1, 0, ecx, 30)                           \
    row(fsgsbase, __FSGSBASE__, 7, 0, ebx, 0)                       \
    row(bmi1, __BMI__, 7, 0, ebx, 3)                                \
    row(avx2, __AVX2__, 7, 0, ebx, 5)                               \
    row(bmi2, __BMI2__, 7, 0, ebx, 8)                               \
    row(avx512f, __AVX512F__, 7, 0, ebx, 16)                        \
    row(avx512dq, __AVX512DQ__, 7, 0, ebx, 17)                      \
    row(rdseed, __RDSEED__, 7, 0, ebx, 18)                          \
    row(adx, __ADX__, 7, 0, ebx, 19)                                \
    row(avx512ifma, __AVX512IFMA__, 7, 0, ebx, 21)                  \
    row(clflushopt, __CLFLUSHOPT__, 7, 0, ebx, 23)                  \
    row(clwb, __CLWB__, 7, 0, ebx, 24)                              \
    row(avx512cd, __AVX512CD__, 7, 0, ebx, 28)                      \
    row(sha, __SHA__, 7, 0, ebx, 29)                                \
    row(avx512bw, __AVX512BW__, 7, 0, ebx, 30)                      \
    row(avx512vl, __AVX512VL__, 7, 0, ebx, 31)                      \
    row(avx512vbmi, __AVX512VBMI__, 7, 0, ecx, 1)                   \
    row(avx512vbmi2, __AVX512VBMI2__, 7, 0, ecx, 6)                 \
    row(gfni, __GFNI__, 7, 0, ecx, 8)                               \
    row(vaes, __VAES__, 7, 0, ecx, 9)                               \
    row(vpclmulqdq, __VPCLMULQDQ__, 7, 0, ecx, 10)                  \
    row(avx512vnni, __AVX512VNNI__, 7, 0, ecx, 11)                  \
    row(avx512bitalg, __AVX512BITALG__, 7, 0, ecx, 12)              \
    row(avx512vpopcntdq, __AVX512VPOPCNTDQ__, 7, 0, ecx, 14)        \
    row(rdpid, __RDPID__, 7, 0, ecx, 22)                            \
    row(avx512fp16, __AVX512FP16__, 7, 0, edx, 23)                  \
    row(amx_tile, __AMX_TILE__, 7, 0, edx, 24)                      \
    row(amx_int8, __AMX_INT8__, 7, 0, edx, 25)                      \
    row(avxvnni, __AVXVNNI__, 7, 1, eax, 4)                         \
    row(avx512bf16, __AVX512BF16__, 7, 1, eax, 5)                   \
    row(avxifma, __AVXIFMA__, 7, 1, eax, 23)                        \
    row(avxvnniint8, __AVXVNNIINT8__, 7, 1, edx, 4)                 \
    row(avxneconvert, __AVXNECONVERT__, 7, 1, edx, 5)               \
    row(avxvnniint16, __AVXVNNIINT16__, 7, 1, edx, 10)              \
    row(lahf_lm, __LAHF_SAHF__, 0x80000001, 0, ecx, 0)              \
    row(lzcnt, __LZCNT__, 0x80000001, 0, ecx, 5)                    \
    row(prfchw, __PRFCHW__, 0x80000001, 0, ecx, 8)
// clang-format on

// What the CPU has counts only where the system saves the wide registers: bits of XCR0.
constexpr std::uint64_t xcr0_ymm = 0x06;
constexpr std::uint64_t xcr0_zmm = 0xe6;
constexpr std::uint64_t xcr0_tiles = 0x60000;

#elif defined(__aarch64__)

// name, the compiler's macro, the bit of AT_HWCAP (word 1) or AT_HWCAP2 (word 2), as Linux numbers
// them
// clang-format off
#define LANEWISE_FEATURES(row)                                   \
    row(aes, __ARM_FEATURE_AES, 1, 3)                            \
    row(pmull, __ARM_FEATURE_CRYPTO, 1, 4)                       \
    row(sha2, __ARM_FEATURE_SHA2, 1, 6)                          \
    row(crc32, __ARM_FEATURE_CRC32, 1, 7)                        \
    row(atomics, __ARM_FEATURE_ATOMICS, 1, 8)                    \
    row(fphp, __ARM_FEATURE_FP16_SCALAR_ARITHMETIC, 1, 9)        \
    row(asimdhp, __ARM_FEATURE_FP16_VECTOR_ARITHMETIC, 1, 10)    \
    row(asimdrdm, __ARM_FEATURE_QRDMX, 1, 12)                    \
    row(jscvt, __ARM_FEATURE_JCVT, 1, 13)                        \
    row(fcma, __ARM_FEATURE_COMPLEX, 1, 14)                      \
    row(lrcpc, __ARM_FEATURE_RCPC, 1, 15)                        \
    row(sha3, __ARM_FEATURE_SHA3, 1, 17)                         \
    row(sm4, __ARM_FEATURE_SM4, 1, 19)                           \
    row(asimddp, __ARM_FEATURE_DOTPROD, 1, 20)                   \
    row(sha512, __ARM_FEATURE_SHA512, 1, 21)                     \
    row(sve, __ARM_FEATURE_SVE, 1, 22)                           \
    row(asimdfhm, __ARM_FEATURE_FP16_FML, 1, 23)                 \
    row(sve2, __ARM_FEATURE_SVE2, 2, 1)                          \
    row(svei8mm, __ARM_FEATURE_SVE_MATMUL_INT8, 2, 9)            \
    row(svef32mm, __ARM_FEATURE_SVE_MATMUL_FP32, 2, 10)          \
    row(svebf16, __ARM_FEATURE_SVE_BF16, 2, 12)                  \
    row(i8mm, __ARM_FEATURE_MATMUL_INT8, 2, 13)                  \
    row(bf16, __ARM_FEATURE_BF16_VECTOR_ARITHMETIC, 2, 14)
// clang-format on

#else
#error "Lanewise knows x86-64 and 64-bit Arm"
#endif

namespace lanewise::kernels {

// One bit a row, in its order.
enum class feature : std::uint8_t {
#define LANEWISE_ROW(name, ...) name,
    LANEWISE_FEATURES(LANEWISE_ROW)
#undef LANEWISE_ROW
};

constexpr std::uint64_t bit(feature which) {
    return std::uint64_t{1} << static_cast<unsigned>(which);
}

}  // namespace lanewise::kernels
