#include "peaks.hpp"

#include <array>

namespace lanewise::bench {
namespace {

// Fourteen chains or more of multiply-adds hide the latency of any core that there is: four cycles,
// two to four a cycle. The registers' values do not matter; they are zeroed, so that no denormal
// slows a core down.

/// Reads whole blocks by a loop that takes their count; returns the bytes.
template <class Loop>
double read_blocks(const void* data, std::size_t size, std::size_t block, Loop loop) noexcept {
    const auto blocks = size / block;
    if (blocks > 0) loop(static_cast<const char*>(data), static_cast<std::int64_t>(blocks));
    return static_cast<double>(blocks * block);
}

#if defined(__x86_64__)

#define LANEWISE_EACH_CHAIN(line)                                                            \
    line(0) line(1) line(2) line(3) line(4) line(5) line(6) line(7) line(8) line(9) line(10) \
        line(11) line(12) line(13)

#define LANEWISE_ZERO(i) "vpxor %%xmm" #i ", %%xmm" #i ", %%xmm" #i "\n\t"
#define LANEWISE_FMA_YMM(i) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #i "\n\t"
#define LANEWISE_FMA_ZMM(i) "vfmadd231ps %%zmm14, %%zmm15, %%zmm" #i "\n\t"
#define LANEWISE_CLOBBERS                                                                    \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
        "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

constexpr double chains = 14;

#define LANEWISE_MULTIPLY_ADD(line, floats)                                                  \
    auto left = rounds;                                                                      \
    asm volatile(LANEWISE_EACH_CHAIN(LANEWISE_ZERO) LANEWISE_ZERO(14) LANEWISE_ZERO(         \
                     15) "1:\n\t" LANEWISE_EACH_CHAIN(line) "dec %0\n\tjnz 1b\n\tvzeroupper" \
                 : "+r"(left)                                                                \
                 :                                                                           \
                 : LANEWISE_CLOBBERS, "cc");                                                 \
    return static_cast<double>(rounds) * chains * (floats) * 2;

double multiply_add_avx2(std::int64_t rounds) noexcept {
    LANEWISE_MULTIPLY_ADD(LANEWISE_FMA_YMM, 8)
}
double multiply_add_avx512(std::int64_t rounds) noexcept {
    LANEWISE_MULTIPLY_ADD(LANEWISE_FMA_ZMM, 16)
}

double multiply_add_sse(std::int64_t rounds) noexcept {
    auto left = rounds;
    // x86-64's baseline has no fused multiply-add: a multiplication and an addition in its place.
    asm volatile(
        "1:\n\t"
        "mulps %%xmm15, %%xmm0\n\taddps %%xmm15, %%xmm1\n\tmulps %%xmm15, %%xmm2\n\taddps %%xmm15, "
        "%%xmm3\n\t"
        "mulps %%xmm15, %%xmm4\n\taddps %%xmm15, %%xmm5\n\tmulps %%xmm15, %%xmm6\n\taddps %%xmm15, "
        "%%xmm7\n\t"
        "mulps %%xmm15, %%xmm8\n\taddps %%xmm15, %%xmm9\n\tmulps %%xmm15, %%xmm10\n\taddps "
        "%%xmm15, %%xmm11\n\t"
        "dec %0\n\tjnz 1b"
        : "+r"(left)
        :
        : LANEWISE_CLOBBERS, "cc");
    return static_cast<double>(rounds) * 12 * 4;
}

#define LANEWISE_READ(load, bytes, end)                                           \
    return read_blocks(data, size, 512, [](const char* at, std::int64_t blocks) { \
        asm volatile("1:\n\t.set offset, 0\n\t.rept 512 / " #bytes "\n\t" load    \
                     "\n\t.set offset, offset + " #bytes                          \
                     "\n\t.endr\n\tadd $512, %0\n\tdec %1\n\tjnz 1b\n\t" end      \
                     : "+r"(at), "+r"(blocks)                                     \
                     :                                                            \
                     : "xmm0", "cc", "memory");                                   \
    });

double read_avx512(const void* data, std::size_t size) noexcept {
    LANEWISE_READ("vmovups offset(%0), %%zmm0", 64, "vzeroupper")
}
double read_avx2(const void* data, std::size_t size) noexcept {
    LANEWISE_READ("vmovups offset(%0), %%ymm0", 32, "vzeroupper")
}
double read_sse(const void* data, std::size_t size) noexcept {
    LANEWISE_READ("movups offset(%0), %%xmm0", 16, "")
}

// The baseline's registers first, then each wider kind.
constexpr std::array loops{peak_loops{128, multiply_add_sse, read_sse},
                           peak_loops{256, multiply_add_avx2, read_avx2},
                           peak_loops{512, multiply_add_avx512, read_avx512}};

#elif defined(__aarch64__)

#define LANEWISE_EACH_CHAIN(line)                                                            \
    line(0) line(1) line(2) line(3) line(4) line(5) line(6) line(7) line(8) line(9) line(10) \
        line(11) line(12) line(13) line(14) line(15)

#define LANEWISE_ZERO(i) "movi v" #i ".4s, #0\n\t"
#define LANEWISE_FMA_NEON(i) "fmla v" #i ".4s, v16.4s, v17.4s\n\t"
#define LANEWISE_FMA_SVE(i) "fmla z" #i ".s, p0/m, z16.s, z17.s\n\t"
#define LANEWISE_CLOBBERS                                                                          \
    "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", \
        "v15", "v16", "v17"

constexpr double chains = 16;

double multiply_add_neon(std::int64_t rounds) noexcept {
    auto left = rounds;
    asm volatile(LANEWISE_EACH_CHAIN(LANEWISE_ZERO) LANEWISE_ZERO(16)
                     LANEWISE_ZERO(17) "1:\n\t" LANEWISE_EACH_CHAIN(
                         LANEWISE_FMA_NEON) "subs %0, %0, #1\n\tb.ne 1b"
                 : "+r"(left)
                 :
                 : LANEWISE_CLOBBERS, "cc");
    return static_cast<double>(rounds) * chains * 4 * 2;
}

double multiply_add_sve(std::int64_t rounds) noexcept {
    auto left = rounds;
    std::uint64_t bytes = 0;
    asm volatile(
        ".arch_extension sve\n\tcntb %1\n\tptrue p0.s\n\t" LANEWISE_EACH_CHAIN(LANEWISE_ZERO)
            LANEWISE_ZERO(16) LANEWISE_ZERO(17) "1:\n\t" LANEWISE_EACH_CHAIN(
                LANEWISE_FMA_SVE) "subs %0, %0, #1\n\tb.ne 1b"
        : "+r"(left), "=&r"(bytes)
        :
        : LANEWISE_CLOBBERS, "cc");
    return static_cast<double>(rounds) * chains * static_cast<double>(bytes) / 4 * 2;
}

double read_neon(const void* data, std::size_t size) noexcept {
    return read_blocks(data, size, 512, [](const char* at, std::int64_t blocks) {
        asm volatile(
            "1:\n\t.set offset, 0\n\t.rept 16\n\tldp q0, q1, [%0, #offset]\n\t.set offset, offset "
            "+ 32\n\t.endr\n\tadd %0, %0, #512\n\tsubs %1, %1, #1\n\tb.ne 1b"
            : "+r"(at), "+r"(blocks)
            :
            : "v0", "v1", "cc", "memory");
    });
}

double read_sve(const void* data, std::size_t size) noexcept {
    std::uint64_t width = 0;
    asm volatile(".arch_extension sve\n\tcntb %0" : "=r"(width));
    // Eight vectors: 512 bytes at 512 bits.
    return read_blocks(data, size, 8 * width, [](const char* at, std::int64_t blocks) {
        asm volatile(
            ".arch_extension sve\n\t"
            "1:\n\tldr z0, [%0]\n\tldr z1, [%0, #1, mul vl]\n\tldr z2, [%0, #2, mul vl]\n\t"
            "ldr z3, [%0, #3, mul vl]\n\tldr z4, [%0, #4, mul vl]\n\tldr z5, [%0, #5, mul vl]\n\t"
            "ldr z6, [%0, #6, mul vl]\n\tldr z7, [%0, #7, mul vl]\n\t"
            "addvl %0, %0, #8\n\tsubs %1, %1, #1\n\tb.ne 1b"
            : "+r"(at), "+r"(blocks)
            :
            : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "cc", "memory");
    });
}

// SVE's own loops where its registers are wider than those of NEON, which are 128 bits: at that
// length both kinds run in the same units.
constexpr std::array loops{peak_loops{128, multiply_add_neon, read_neon},
                           peak_loops{256, multiply_add_sve, read_sve}};

#endif

}  // namespace

const peak_loops& peak_loops_for(unsigned register_bits) noexcept {
    const auto* widest = &loops.front();
    for (const auto& known : loops) {
        if (known.register_bits <= register_bits) widest = &known;
    }
    return *widest;
}

}  // namespace lanewise::bench
