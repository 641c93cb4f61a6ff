// Chooses the variant that this machine runs best, once and before main; each call goes through its
// table.
#include "kernels.hpp"

#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "active.hpp"
#include "features.hpp"
#include "kernels/bodies/scratch.hpp"
#include "table.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#include <sys/prctl.h>
#endif

namespace lanewise::kernels {

// variants.inc has one LANEWISE_VARIANT(name) a variant, best first: the calls of add_isa_unit in
// CMakeLists.txt.
namespace units {
#define LANEWISE_VARIANT(name) extern const isa_unit name;
#include "variants.inc"
#undef LANEWISE_VARIANT
}  // namespace units

namespace {

constexpr std::array all_units{
#define LANEWISE_VARIANT(name) &units::name,
#include "variants.inc"
#undef LANEWISE_VARIANT
};

// The last unit needs nothing, so that a call made before the choice, from another file's
// initialiser, has its answer too: the same answer, only later.
constinit std::atomic<const isa_unit*> active{all_units.back()};

// For the calls below, which must not pay for another one: an external function is not inlined into
// a shared library.
inline const table& chosen() {
    return active.load(std::memory_order_relaxed)->functions;
}

struct machine_features {
    std::uint64_t present = 0;  // bits of features.hpp
    unsigned sve_bits = 0;
};

#if defined(__x86_64__)

struct cpuid_registers {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// All zero for a leaf that this CPU doesn't have.
cpuid_registers cpuid(unsigned leaf) {
    cpuid_registers out;
    __get_cpuid_count(leaf, 0, &out.eax, &out.ebx, &out.ecx, &out.edx);
    return out;
}

std::uint64_t saved_registers() {
    constexpr unsigned osxsave = 1U << 27;
    if ((cpuid(1).ecx & osxsave) == 0) return 0;
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return std::uint64_t{high} << 32 | low;
}

machine_features read_features() {
    machine_features out;
#define LANEWISE_ROW(name, macro, leaf, word, position) \
    if ((cpuid(leaf).word >> (position) & 1U) != 0) out.present |= bit(feature::name);
    LANEWISE_FEATURES(LANEWISE_ROW)
#undef LANEWISE_ROW
    const std::uint64_t saved = saved_registers();
    if ((saved & xcr0_ymm) != xcr0_ymm) {
        out.present &=
            ~(bit(feature::avx) | bit(feature::avx2) | bit(feature::fma) | bit(feature::f16c));
    }
    if ((saved & xcr0_zmm) != xcr0_zmm) out.present &= ~bit(feature::avx512f);
    return out;
}

#elif defined(__aarch64__)

machine_features read_features() {
    machine_features out;
    const unsigned long words[] = {0, getauxval(AT_HWCAP), getauxval(AT_HWCAP2)};
#define LANEWISE_ROW(name, macro, word, position) \
    if ((words[word] >> (position) & 1U) != 0) out.present |= bit(feature::name);
    LANEWISE_FEATURES(LANEWISE_ROW)
#undef LANEWISE_ROW
    if ((out.present & bit(feature::sve)) != 0) {
        const int length = prctl(PR_SVE_GET_VL);
        if (length > 0) out.sve_bits = 8 * static_cast<unsigned>(length & PR_SVE_VL_LEN_MASK);
    }
    return out;
}

#endif

// What this machine lacks of what a unit asks for, in words; empty if nothing.
std::string lacking(const isa_unit& unit, const machine_features& machine) {
    std::string out;
    const auto add = [&](std::string_view what) {
        if (!out.empty()) out += ", ";
        out += what;
    };
#define LANEWISE_ROW(name, ...) \
    if ((unit.features & ~machine.present & bit(feature::name)) != 0) add(#name);
    LANEWISE_FEATURES(LANEWISE_ROW)
#undef LANEWISE_ROW
    if (unit.sve_bits != 0 && machine.sve_bits != 0 && unit.sve_bits != machine.sve_bits) {
        // Code for one length gives wrong results at another, without a signal.
        add("a vector length of " + std::to_string(unit.sve_bits) + " bits (it is " +
            std::to_string(machine.sve_bits) + ")");
    }
    return out;
}

struct variant_list {
    std::array<std::string, all_units.size()> lacks;
    std::array<variant, all_units.size()> variants;

    variant_list() {
        const machine_features machine = read_features();
        for (std::size_t i = 0; i < all_units.size(); ++i) {
            lacks[i] = lacking(*all_units[i], machine);
            variants[i] = {
                .name = all_units[i]->name, .runnable = lacks[i].empty(), .lacks = lacks[i]};
        }
    }
};

// Before every other initialiser of the program, so that nothing that was forced is chosen over.
[[gnu::constructor(101)]] void choose() {
    const auto list = variants();
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].runnable) {
            active.store(all_units[i], std::memory_order_relaxed);
            return;
        }
    }
}

// Memory that one call works in: on the stack where little will do.
class workspace {
public:
    static constexpr std::size_t small_bytes = std::size_t{64} * 1024;

    explicit workspace(std::size_t bytes) {
        if (bytes > sizeof(small_))
            large_ = std::make_unique_for_overwrite<line[]>(bytes / sizeof(line) + 1);
    }
    void* data() { return large_ ? static_cast<void*>(large_.get()) : small_; }

private:
    struct alignas(64) line {
        std::byte bytes[64];
    };
    alignas(64) std::byte small_[small_bytes];
    std::unique_ptr<line[]> large_;
};

std::string names(bool runnable_only) {
    std::string out;
    for (const variant& each : variants()) {
        if (runnable_only && !each.runnable) continue;
        if (!out.empty()) out += ", ";
        out += each.name;
    }
    return out;
}

}  // namespace

const table& active_table() noexcept {
    return chosen();
}

const table& table_of(const variant& which) noexcept {
    for (const isa_unit* unit : all_units) {
        if (which.name == unit->name) return unit->functions;
    }
    assert(false && "a variant of variants()");
    return active_table();
}

std::span<const variant> variants() noexcept {
    static const variant_list list;
    return list.variants;
}

std::string_view active_variant() noexcept {
    return active.load(std::memory_order_relaxed)->name;
}

std::optional<std::string> force_variant(std::string_view name) {
    const auto list = variants();
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].name != name) continue;
        if (!list[i].runnable) {
            return "variant '" + std::string(name) + "' can't run on this machine, which lacks " +
                   std::string(list[i].lacks) + "; it runs " + names(true);
        }
        active.store(all_units[i], std::memory_order_relaxed);
        return std::nullopt;
    }
    return "there is no variant '" + std::string(name) + "'; this build has " + names(false);
}

float dot_f32(std::span<const float> x, std::span<const float> y) noexcept {
    assert(x.size() == y.size());
    return chosen().dot_f32(x.data(), y.data(), x.size());
}

std::int64_t dot_i8(std::span<const std::int8_t> x, std::span<const std::int8_t> y) noexcept {
    assert(x.size() == y.size());
    return chosen().dot_i8(x.data(), y.data(), x.size());
}

float sum_f32(std::span<const float> x) noexcept {
    return chosen().sum_f32(x.data(), x.size());
}

void exp_f32(std::span<const float> x, std::span<float> result) noexcept {
    assert(x.size() == result.size());
    chosen().exp_f32(x.data(), result.data(), x.size());
}

void softmax_f32(std::span<const float> x, std::span<float> result) noexcept {
    assert(x.size() == result.size());
    chosen().softmax_f32(x.data(), result.data(), x.size());
}

void black_scholes_f32(const options& of, std::span<float> call, std::span<float> put) noexcept {
    const std::size_t count = of.spot.size();
    assert(of.strike.size() == count && of.years.size() == count && of.rate.size() == count);
    assert(of.volatility.size() == count && call.size() == count && put.size() == count);
    chosen().black_scholes_f32(of.spot.data(), of.strike.data(), of.years.data(), of.rate.data(),
                               of.volatility.data(), call.data(), put.data(), count);
}

void gemm_f32(std::size_t m, std::size_t n, std::size_t k, std::span<const float> a,
              std::span<const float> b, std::span<float> c) {
    assert(a.size() == m * k && b.size() == k * n && c.size() == m * n);
    workspace scratch(gemm_scratch_bytes(n, k));
    chosen().gemm_f32(m, n, k, a.data(), b.data(), c.data(), static_cast<float*>(scratch.data()));
}

void convolve_f32(std::size_t height, std::size_t width, std::span<const float> image,
                  std::span<const float, 25> weights, std::span<float> result) noexcept {
    assert(image.size() == height * width && result.size() == image.size());
    static_assert(convolve_scratch_bytes <= workspace::small_bytes);  // else it could throw
    workspace scratch(convolve_scratch_bytes);
    chosen().convolve_f32(height, width, image.data(), weights.data(), result.data(), 0, height,
                          static_cast<float*>(scratch.data()));
}

void histogram_u8(std::span<const std::uint8_t> x, std::span<std::uint64_t, 256> counts) noexcept {
    chosen().histogram_u8(x.data(), x.size(), counts.data());
}

void topk_f32(std::span<const float> x, std::span<float> values, std::span<std::uint32_t> indexes) {
    assert(values.size() == indexes.size() && values.size() <= x.size() && x.size() <= UINT32_MAX);
    workspace scratch(topk_scratch_bytes(values.size()));
    chosen().topk_f32(x.data(), x.size(), values.size(), values.data(), indexes.data(),
                      static_cast<std::uint64_t*>(scratch.data()));
}

utf8_verdict utf8_validate(std::span<const std::uint8_t> x) noexcept {
    const std::size_t offset = chosen().utf8_validate(x.data(), x.size());
    return {.valid = offset == x.size(), .offset = offset};
}

}  // namespace lanewise::kernels
