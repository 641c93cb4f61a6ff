// The only file that is compiled once per ISA: LANEWISE_ISA names the variant,
// LANEWISE_ARCHITECTURE its registers.
#include "features.hpp"
#include "kernel_bodies.inc"
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

#if defined(__AVX512F__)
constexpr unsigned register_bits = 512;
#elif defined(__AVX__)
constexpr unsigned register_bits = 256;
#else
constexpr unsigned register_bits = sve_bits > 128 ? sve_bits : 128;
#endif

#define LANEWISE_NAME(isa) LANEWISE_TEXT(isa)

}  // namespace

namespace units {

extern const isa_unit LANEWISE_ISA;
constexpr isa_unit LANEWISE_ISA{
    .name = LANEWISE_NAME(LANEWISE_ISA),
    .features = compiled_features,
    .sve_bits = sve_bits,
    .register_bits = register_bits,
    .functions =
        {
#define LANEWISE_KERNEL(name) .name = name<architecture>,
#include "kernel_names.inc"
#undef LANEWISE_KERNEL
        },
};

}  // namespace units
}  // namespace lanewise::kernels
