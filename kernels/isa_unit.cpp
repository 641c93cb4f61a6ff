// The only file that is compiled once per ISA: LANEWISE_ISA names the variant,
// LANEWISE_ARCHITECTURE its registers.
#include "features.hpp"
#include "kernels/bodies/black_scholes_f32.inl.hpp"
#include "kernels/bodies/convolve_f32.inl.hpp"
#include "kernels/bodies/dot_f32.inl.hpp"
#include "kernels/bodies/dot_i8.inl.hpp"
#include "kernels/bodies/exp_f32.inl.hpp"
#include "kernels/bodies/gemm_f32.inl.hpp"
#include "kernels/bodies/histogram_u8.inl.hpp"
#include "kernels/bodies/softmax_f32.inl.hpp"
#include "kernels/bodies/sum_f32.inl.hpp"
#include "kernels/bodies/topk_f32.inl.hpp"
#include "kernels/bodies/utf8_validate.inl.hpp"
#include "table.hpp"

namespace lanewise::kernels {
namespace {

using architecture = LANEWISE_ARCHITECTURE;

// A feature macro is 1 where these flags allow the feature; where they don't, it stays a name.
constexpr std::uint64_t compiled_features = 0
#define LANEWISE_TEXT(text) #text
#define LANEWISE_ROW(name, macro, ...) | (LANEWISE_TEXT(macro)[0] == '1' ? bit(feature::name) : 0)
    LANEWISE_FEATURES(LANEWISE_ROW);

#ifdef __ARM_FEATURE_SVE_BITS
constexpr unsigned sve_bits = __ARM_FEATURE_SVE_BITS;
#else
constexpr unsigned sve_bits = 0;
#endif

#define LANEWISE_NAME(isa) LANEWISE_TEXT(isa)

}  // namespace

namespace units {

extern const isa_unit LANEWISE_ISA;
constexpr isa_unit LANEWISE_ISA{
    .name = LANEWISE_NAME(LANEWISE_ISA),
    .features = compiled_features,
    .sve_bits = sve_bits,
    .functions =
        {
            .dot_f32 = dot_f32<architecture>,
            .dot_i8 = dot_i8<architecture>,
            .sum_f32 = sum_f32<architecture>,
            .exp_f32 = exp_f32<architecture>,
            .softmax_f32 = softmax_f32<architecture>,
            .black_scholes_f32 = black_scholes_f32<architecture>,
            .gemm_f32 = gemm_f32<architecture>,
            .convolve_f32 = convolve_f32<architecture>,
            .histogram_u8 = histogram_u8<architecture>,
            .topk_f32 = topk_f32<architecture>,
            .utf8_validate = utf8_validate<architecture>,
        },
};

}  // namespace units
}  // namespace lanewise::kernels
