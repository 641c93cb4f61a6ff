// Chooses the variant that this machine runs best, once and before main; each call goes through its
// table.
#include "dispatch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cstdint>

#include "features.hpp"
#include "table.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#include <sys/prctl.h>
#endif

namespace lanewise::kernels {

// variants.inc has one LANEWISE_VARIANT(name) a variant, best first: the calls of add_isa_unit in
// CMakeLists.txt. Hidden: a linker takes the narrower of two visibilities, so that no shared
// library exports a unit, be it ours or one that holds the static library.
namespace units {
#define LANEWISE_VARIANT(name) extern const isa_unit name __attribute__((visibility("hidden")));
#include "variants.inc"
#undef LANEWISE_VARIANT
}  // namespace units

namespace {

constexpr std::array all_units{
#define LANEWISE_VARIANT(name) &units::name,
#include "variants.inc"
#undef LANEWISE_VARIANT
};

struct machine_features {
    std::uint64_t present = 0;  // bits of features.hpp
    unsigned sve_bits = 0;
};

#if defined(__x86_64__)

struct cpuid_registers {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// All zero for a leaf that this CPU doesn't have.
cpuid_registers cpuid(unsigned leaf, unsigned subleaf) {
    cpuid_registers out;
    __get_cpuid_count(leaf, subleaf, &out.eax, &out.ebx, &out.ecx, &out.edx);
    return out;
}

std::uint64_t saved_registers() {
    constexpr unsigned osxsave = 1U << 27;
    if ((cpuid(1, 0).ecx & osxsave) == 0) return 0;
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return std::uint64_t{high} << 32 | low;
}

// Linux saves the registers of tiles, 8 KiB a thread, only for processes that have asked for it.
bool tiles_granted() {
    constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
    constexpr long tile_data = 18;
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

machine_features read_features() {
    machine_features out;
#define LANEWISE_ROW(name, macro, leaf, subleaf, word, position) \
    if ((cpuid(leaf, subleaf).word >> (position) & 1U) != 0) out.present |= bit(feature::name);
    LANEWISE_FEATURES(LANEWISE_ROW)
#undef LANEWISE_ROW
    const std::uint64_t saved = saved_registers();
    if ((saved & xcr0_ymm) != xcr0_ymm) {
        out.present &=
            ~(bit(feature::avx) | bit(feature::avx2) | bit(feature::fma) | bit(feature::f16c));
    }
    if ((saved & xcr0_zmm) != xcr0_zmm) out.present &= ~bit(feature::avx512f);
    const bool wanted = std::any_of(all_units.begin(), all_units.end(), [&](const isa_unit* unit) {
        return (unit->features & out.present & bit(feature::amx_tile)) != 0;
    });
    if (wanted && ((saved & xcr0_tiles) != xcr0_tiles || !tiles_granted()))
        out.present &= ~(bit(feature::amx_tile) | bit(feature::amx_int8));
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
            variants[i] = {.name = all_units[i]->name,
                           .runnable = lacks[i].empty(),
                           .lacks = lacks[i],
                           .register_bits = all_units[i]->register_bits};
        }
    }
};

// Before every other initialiser of the program, so that nothing that was forced is chosen over.
[[gnu::constructor(101)]] void choose() {
    const auto list = variants();
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].runnable) {
            active_unit.store(all_units[i], std::memory_order_relaxed);
            return;
        }
    }
}

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

// The last unit needs nothing, so that a call made before the choice, from another file's
// initialiser, has its answer too: the same answer, only later.
constinit std::atomic<const isa_unit*> active_unit{all_units.back()};

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
    return active_unit.load(std::memory_order_relaxed)->name;
}

std::optional<std::string> force_variant(std::string_view name) {
    const auto list = variants();
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].name != name) continue;
        if (!list[i].runnable) {
            return "variant '" + std::string{name} + "' can't run on this machine, which lacks " +
                   std::string{list[i].lacks} + "; it runs " + names(true);
        }
        active_unit.store(all_units[i], std::memory_order_relaxed);
        return std::nullopt;
    }
    return "there is no variant '" + std::string{name} + "'; this build has " + names(false);
}

}  // namespace lanewise::kernels
