// Compiled once per set of instructions: PEERS_ISA names it. Namespaces of header-only libraries
// are renamed by the build, so that no set of instructions gets another's templates from the
// linker.
#include "peers.hpp"

#include <immintrin.h>

#include "kernels/bodies/gemm_f32.inl.hpp"
#include "kernels/bodies/softmax_f32.inl.hpp"
#include "kernels/registers/registers.inl.hpp"

#if PEERS_HIGHWAY
#include <hwy/contrib/dot/dot-inl.h>
#include <hwy/highway.h>
#endif
#if PEERS_EIGEN
#include <Eigen/Core>
#endif
#if PEERS_SLEEF
#include <sleef.h>
#endif
#if PEERS_SIMSIMD
#include <simsimd/dot.h>
#endif
#if PEERS_GEMMLOWP
#include <gemmlowp/public/gemmlowp.h>
#endif

namespace lanewise::peers {
namespace {

#if PEERS_HIGHWAY

namespace hn = hwy::HWY_NAMESPACE;

float highway_dot(const float* x, const float* y, std::size_t count) {
    const hn::ScalableTag<float> d;
    return hn::Dot::Compute<0>(d, x, y, count);
}

// Highway has no sum: this one is written as its dot product is, with four accumulators.
float highway_sum(const float* x, std::size_t count) {
    const hn::ScalableTag<float> d;
    const std::size_t lanes = hn::Lanes(d);
    auto sum0 = hn::Zero(d);
    auto sum1 = hn::Zero(d);
    auto sum2 = hn::Zero(d);
    auto sum3 = hn::Zero(d);
    std::size_t i = 0;
    for (; i + 4 * lanes <= count; i += 4 * lanes) {
        sum0 = hn::Add(sum0, hn::LoadU(d, x + i));
        sum1 = hn::Add(sum1, hn::LoadU(d, x + i + lanes));
        sum2 = hn::Add(sum2, hn::LoadU(d, x + i + 2 * lanes));
        sum3 = hn::Add(sum3, hn::LoadU(d, x + i + 3 * lanes));
    }
    for (; i + lanes <= count; i += lanes) sum0 = hn::Add(sum0, hn::LoadU(d, x + i));
    if (i < count) sum1 = hn::Add(sum1, hn::MaskedLoad(hn::FirstN(d, count - i), d, x + i));
    return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3))));
}

#endif
#if PEERS_EIGEN

using vector = Eigen::Map<const Eigen::VectorXf>;
using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Index index(std::size_t size) {
    return static_cast<Eigen::Index>(size);
}

float eigen_dot(const float* x, const float* y, std::size_t count) {
    return vector(x, index(count)).dot(vector(y, index(count)));
}

float eigen_sum(const float* x, std::size_t count) {
    return vector(x, index(count)).sum();
}

void eigen_gemm(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
                float* c) {
    Eigen::Map<matrix>(c, index(m), index(n)).noalias() =
        Eigen::Map<const matrix>(a, index(m), index(k)) *
        Eigen::Map<const matrix>(b, index(k), index(n));
}

#endif

#if defined(__AVX512F__)
using wide = __m512;
constexpr std::size_t width = 16;
wide load(const float* from) {
    return _mm512_loadu_ps(from);
}
void store(float* to, wide values) {
    _mm512_storeu_ps(to, values);
}
#else
using wide = __m256;
constexpr std::size_t width = 8;
wide load(const float* from) {
    return _mm256_loadu_ps(from);
}
void store(float* to, wide values) {
    _mm256_storeu_ps(to, values);
}
#endif

// A vector function over an array: whole registers, then the rest by way of one.
template <class Function>
void over_array(const float* x, float* result, std::size_t count, Function function) {
    std::size_t i = 0;
    for (; i + width <= count; i += width) store(result + i, function(load(x + i)));
    if (i == count) return;
    alignas(64) float rest[width] = {};
    for (std::size_t j = i; j < count; ++j) rest[j - i] = x[j];
    store(rest, function(load(rest)));
    for (std::size_t j = i; j < count; ++j) result[j] = rest[j - i];
}

#if PEERS_LIBMVEC

#if defined(__AVX512F__)
extern "C" __m512 _ZGVeN16v_expf(__m512);
#define PEERS_LIBMVEC_EXP _ZGVeN16v_expf
#else
extern "C" __m256 _ZGVdN8v_expf(__m256);
#define PEERS_LIBMVEC_EXP _ZGVdN8v_expf
#endif

void libmvec_exp(const float* x, float* result, std::size_t count) {
    over_array(x, result, count, [](wide values) { return PEERS_LIBMVEC_EXP(values); });
}

#endif
#if PEERS_SLEEF

void sleef_exp(const float* x, float* result, std::size_t count) {
#if defined(__AVX512F__)
    over_array(x, result, count, [](wide values) { return Sleef_expf16_u10avx512f(values); });
#else
    over_array(x, result, count, [](wide values) { return Sleef_expf8_u10avx2(values); });
#endif
}

#endif
#if PEERS_SIMSIMD

std::int64_t simsimd_dot_i8(const std::int8_t* x, const std::int8_t* y, std::size_t count) {
    simsimd_distance_t result = 0;
#if defined(__AVX512F__)
    simsimd_dot_i8_ice(x, y, count, &result);
#else
    simsimd_dot_i8_haswell(x, y, count, &result);
#endif
    return static_cast<std::int64_t>(result);
}

#endif

#if PEERS_GEMMLOWP

// It knows unsigned bytes and offsets: -128 makes signed ones of them. What it computes is then of
// other numbers than ours, of as many.
void gemmlowp_gemm_i8(std::size_t m, std::size_t n, std::size_t k, const std::int8_t* a,
                      const std::int8_t* b, std::int32_t* c) {
    namespace low = gemmlowp;
    static low::GemmContext context;
    context.set_max_num_threads(1);
    const auto size = [](std::size_t count) { return static_cast<int>(count); };
    using bytes = low::MatrixMap<const std::uint8_t, low::MapOrder::RowMajor>;
    const bytes left(reinterpret_cast<const std::uint8_t*>(a), size(m), size(k));
    const bytes right(reinterpret_cast<const std::uint8_t*>(b), size(k), size(n));
    low::MatrixMap<std::int32_t, low::MapOrder::RowMajor> result(c, size(m), size(n));
    low::GemmWithOutputPipeline<std::uint8_t, std::int32_t, low::DefaultL8R8BitDepthParams>(
        &context, left, right, &result, -128, -128, std::make_tuple());
}

#endif

// ---- Our own, free to add in any order: as many accumulators as run fastest, folded as the
// registers lie.

using architecture = PEERS_ARCHITECTURE;
using kernels::load_part;
using kernels::load_whole;
using kernels::unroll;
using f = kernels::floats<architecture>;
constexpr std::size_t accumulators = 8;

float fold(f (&sums)[accumulators]) {
    unroll<4>([&](auto j) LANEWISE_INLINE { sums[j] = sums[j] + sums[j + 4]; });
    return kernels::sum_by_halves((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

float free_dot(const float* x, const float* y, std::size_t count) {
    f sums[accumulators];
    unroll<accumulators>([&](auto j) LANEWISE_INLINE { sums[j] = f(0.0F); });
    const auto add = [&](std::size_t j, std::size_t i) LANEWISE_INLINE {
        sums[j] = fma(load_whole<architecture>(x + i), load_whole<architecture>(y + i), sums[j]);
    };
    std::size_t i = 0;
    for (; i + accumulators * f::size <= count; i += accumulators * f::size) {
        unroll<accumulators>([&](auto j) LANEWISE_INLINE { add(j, i + j * f::size); });
    }
    for (; i + f::size <= count; i += f::size) add(0, i);
    if (i < count) {
        sums[1] = fma(load_part<architecture>(x + i, count - i),
                      load_part<architecture>(y + i, count - i), sums[1]);
    }
    return fold(sums);
}

float free_sum(const float* x, std::size_t count) {
    f sums[accumulators];
    unroll<accumulators>([&](auto j) LANEWISE_INLINE { sums[j] = f(0.0F); });
    std::size_t i = 0;
    for (; i + accumulators * f::size <= count; i += accumulators * f::size) {
        unroll<accumulators>([&](auto j) LANEWISE_INLINE {
            sums[j] = sums[j] + load_whole<architecture>(x + i + j * f::size);
        });
    }
    for (; i + f::size <= count; i += f::size) sums[0] = sums[0] + load_whole<architecture>(x + i);
    if (i < count) sums[1] = sums[1] + load_part<architecture>(x + i, count - i);
    return fold(sums);
}

// As many lanes as a step has, whatever the registers.
void free_softmax(const float* x, float* result, std::size_t count) {
    kernels::softmax_over<architecture, 4 * f::size>(x, result, count);
}

// The limit of a sum: a load for each register, an operation that any port takes, and no chain to
// wait for.
float read(const float* x, std::size_t count) {
    f seen[accumulators];
    unroll<accumulators>([&](auto j) LANEWISE_INLINE { seen[j] = f(0.0F); });
    std::size_t i = 0;
    for (; i + accumulators * f::size <= count; i += accumulators * f::size) {
        unroll<accumulators>([&](auto j) LANEWISE_INLINE {
            seen[j] = seen[j] ^ load_whole<architecture>(x + i + j * f::size);
        });
    }
    return fold(seen);
}

// Each block of the inner index sums from zero and is added to the result, as BLAS libraries do.
template <std::size_t Rows, std::size_t Registers>
void free_tile_step(const kernels::gemm_block& block) {
    f sums[Rows][Registers];
    const auto each = [](const auto& step) LANEWISE_INLINE {
        unroll<Rows>([&](auto i) LANEWISE_INLINE {
            unroll<Registers>([&](auto j) LANEWISE_INLINE { step(i, j); });
        });
    };
    each([&](auto i, auto j) LANEWISE_INLINE { sums[i][j] = f(0.0F); });
    const float* a = block.a;
    const float* b = block.b;
    for (const float* const end = a + block.depth; a != end;
         ++a, b += kernels::gemm_tile<architecture>::columns) {
        f row[Registers];
        unroll<Registers>(
            [&](auto j) LANEWISE_INLINE { row[j] = load_whole<architecture>(b + j * f::size); });
        unroll<Rows>([&](auto i) LANEWISE_INLINE {
            const f element(a[i * kernels::gemm_panel_stride]);
            unroll<Registers>(
                [&](auto j) LANEWISE_INLINE { sums[i][j] = fma(element, row[j], sums[i][j]); });
        });
    }
    each([&](auto i, auto j) LANEWISE_INLINE {
        float* const at = block.c + i * block.c_stride + j * f::size;
        const f sum = block.first ? sums[i][j] : load_whole<architecture>(at) + sums[i][j];
        kernels::store_whole<architecture>(at, sum);
    });
}

struct free_tile {
    template <std::size_t Rows, std::size_t Registers>
    static void step(const kernels::gemm_block& block) {
        free_tile_step<Rows, Registers>(block);
    }
};

void free_gemm(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
               float* c, float* scratch) {
    kernels::gemm_blocked<architecture, free_tile>(m, n, k, a, b, c, scratch);
}

#if PEERS_HIGHWAY
#define PEERS_IF_HIGHWAY(function) function
#else
#define PEERS_IF_HIGHWAY(function) nullptr
#endif
#if PEERS_EIGEN
#define PEERS_IF_EIGEN(function) function
#else
#define PEERS_IF_EIGEN(function) nullptr
#endif
#if PEERS_LIBMVEC
#define PEERS_IF_LIBMVEC(function) function
#else
#define PEERS_IF_LIBMVEC(function) nullptr
#endif
#if PEERS_SLEEF
#define PEERS_IF_SLEEF(function) function
#else
#define PEERS_IF_SLEEF(function) nullptr
#endif
#if PEERS_SIMSIMD
#define PEERS_IF_SIMSIMD(function) function
#else
#define PEERS_IF_SIMSIMD(function) nullptr
#endif
#if PEERS_GEMMLOWP
#define PEERS_IF_GEMMLOWP(function) function
#else
#define PEERS_IF_GEMMLOWP(function) nullptr
#endif

}  // namespace

const isa_peers PEERS_ISA{
    .name = PEERS_NAME,
    .highway_dot = PEERS_IF_HIGHWAY(highway_dot),
    .highway_sum = PEERS_IF_HIGHWAY(highway_sum),
    .eigen_dot = PEERS_IF_EIGEN(eigen_dot),
    .eigen_sum = PEERS_IF_EIGEN(eigen_sum),
    .eigen_gemm = PEERS_IF_EIGEN(eigen_gemm),
    .libmvec_exp = PEERS_IF_LIBMVEC(libmvec_exp),
    .sleef_exp = PEERS_IF_SLEEF(sleef_exp),
    .gemmlowp_gemm_i8 = PEERS_IF_GEMMLOWP(gemmlowp_gemm_i8),
    .simsimd_dot_i8 = PEERS_IF_SIMSIMD(simsimd_dot_i8),
    .free_dot = free_dot,
    .free_sum = free_sum,
    .free_softmax = free_softmax,
    .free_gemm = free_gemm,
    .read = read,
};

}  // namespace lanewise::peers
