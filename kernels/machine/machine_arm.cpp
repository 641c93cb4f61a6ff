#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <sstream>
#include <utility>

#include "machine_sources.hpp"

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace lanewise::machine {
namespace {

constexpr std::array<std::string_view, 15> features_arm = {
    "asimd", "crc32", "atomics", "asimdhp", "asimdrdm", "asimddp", "asimdfhm", "sve",
    "sve2",  "i8mm",  "svei8mm", "bf16",    "svebf16",  "sme",     "sme2"};

// ----------------------------------------------------------------------------------------------------

struct part {
    unsigned implementer;
    unsigned number;
    const char* name;
};

// Sources: Linux arch/arm64/include/asm/cputype.h and util-linux sys-utils/lscpu-arm.c.
constexpr std::array parts = {part{0x00, 0x051, "QEMU -cpu max"},
                              part{0x41, 0xd03, "Cortex-A53"},
                              part{0x41, 0xd04, "Cortex-A35"},
                              part{0x41, 0xd05, "Cortex-A55"},
                              part{0x41, 0xd07, "Cortex-A57"},
                              part{0x41, 0xd08, "Cortex-A72"},
                              part{0x41, 0xd09, "Cortex-A73"},
                              part{0x41, 0xd0a, "Cortex-A75"},
                              part{0x41, 0xd0b, "Cortex-A76"},
                              part{0x41, 0xd0c, "Neoverse-N1"},
                              part{0x41, 0xd0d, "Cortex-A77"},
                              part{0x41, 0xd40, "Neoverse-V1"},
                              part{0x41, 0xd41, "Cortex-A78"},
                              part{0x41, 0xd42, "Cortex-A78AE"},
                              part{0x41, 0xd44, "Cortex-X1"},
                              part{0x41, 0xd46, "Cortex-A510"},
                              part{0x41, 0xd47, "Cortex-A710"},
                              part{0x41, 0xd48, "Cortex-X2"},
                              part{0x41, 0xd49, "Neoverse-N2"},
                              part{0x41, 0xd4a, "Neoverse-E1"},
                              part{0x41, 0xd4b, "Cortex-A78C"},
                              part{0x41, 0xd4d, "Cortex-A715"},
                              part{0x41, 0xd4e, "Cortex-X3"},
                              part{0x41, 0xd4f, "Neoverse-V2"},
                              part{0x41, 0xd80, "Cortex-A520"},
                              part{0x41, 0xd81, "Cortex-A720"},
                              part{0x41, 0xd82, "Cortex-X4"},
                              part{0x41, 0xd83, "Neoverse-V3AE"},
                              part{0x41, 0xd84, "Neoverse-V3"},
                              part{0x41, 0xd85, "Cortex-X925"},
                              part{0x41, 0xd87, "Cortex-A725"},
                              part{0x41, 0xd8e, "Neoverse-N3"},
                              part{0x42, 0x516, "ThunderX2"},
                              part{0x43, 0x0af, "ThunderX2"},
                              part{0x46, 0x001, "A64FX"},
                              part{0x48, 0xd01, "Kunpeng-920"},
                              part{0x4e, 0x004, "Carmel"},
                              part{0x51, 0x001, "Oryon"},
                              part{0x51, 0xc00, "Falkor"},
                              part{0x61, 0x022, "Apple-M1-Icestorm"},
                              part{0x61, 0x023, "Apple-M1-Firestorm"},
                              part{0x61, 0x024, "Apple-M1-Pro-Icestorm"},
                              part{0x61, 0x025, "Apple-M1-Pro-Firestorm"},
                              part{0x61, 0x028, "Apple-M1-Max-Icestorm"},
                              part{0x61, 0x029, "Apple-M1-Max-Firestorm"},
                              part{0x61, 0x032, "Apple-M2-Blizzard"},
                              part{0x61, 0x033, "Apple-M2-Avalanche"},
                              part{0x6d, 0xd49, "Azure-Cobalt-100"},
                              part{0xc0, 0xac3, "Ampere-1"},
                              part{0xc0, 0xac4, "Ampere-1a"},
                              part{0xc0, 0xac5, "Ampere-1b"}};

constexpr std::array<std::pair<unsigned, const char*>, 14> implementers{{{0x00, "QEMU"},
                                                                         {0x41, "Arm"},
                                                                         {0x42, "Broadcom"},
                                                                         {0x43, "Cavium"},
                                                                         {0x46, "Fujitsu"},
                                                                         {0x48, "HiSilicon"},
                                                                         {0x4e, "NVIDIA"},
                                                                         {0x50, "APM"},
                                                                         {0x51, "Qualcomm"},
                                                                         {0x53, "Samsung"},
                                                                         {0x61, "Apple"},
                                                                         {0x6d, "Microsoft"},
                                                                         {0x70, "Phytium"},
                                                                         {0xc0, "Ampere"}}};

std::optional<std::uint64_t> parse_hex(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string hex(std::uint64_t value) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return "0x" +
           std::string(8 - std::min<std::size_t>(8, static_cast<std::size_t>(end - digits.data())),
                       '0') +
           std::string{digits.data(), end};
}

/// MIDR's fields: implementer 31:24, variant 23:20, architecture 19:16, part 15:4, revision 3:0.
std::string model_of(std::uint64_t midr) {
    const auto implementer = static_cast<unsigned>(midr >> 24 & 0xffU);
    const auto number = static_cast<unsigned>(midr >> 4 & 0xfffU);
    const auto* known = std::ranges::find_if(parts, [&](const part& entry) {
        return entry.implementer == implementer && entry.number == number;
    });
    return known == parts.end() ? "MIDR " + hex(midr) : known->name;
}

/// Each hardware thread's MIDR by /proc/cpuinfo, where newer kernels' sysfs has none, as inside
/// some containers.
std::map<int, std::uint64_t> midrs_by_cpuinfo(const std::string& root) {
    std::istringstream lines{read_text(root, "proc/cpuinfo").value_or("")};
    std::map<int, std::uint64_t> found;
    int cpu = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        const auto name = trimmed(line.substr(0, colon));
        const auto value = trimmed(line.substr(colon + 1));
        if (name == "processor") cpu = parse_int(value).value_or(0);
        if (name == "CPU implementer") found[cpu] = 0xf0000U | parse_hex(value).value_or(0) << 24;
        if (name == "CPU variant") found[cpu] |= parse_hex(value).value_or(0) << 20;
        if (name == "CPU part") found[cpu] |= parse_hex(value).value_or(0) << 4;
        if (name == "CPU revision")
            found[cpu] |= static_cast<std::uint64_t>(parse_int(value).value_or(0));
    }
    return found;
}

#if defined(__aarch64__)
constexpr std::uint64_t hwcap_cpuid = 1U << 11;

/// The kernel (and qemu-user) answers for the register where it says that it does.
std::optional<std::uint64_t> midr_by_instruction() {
    if ((getauxval(AT_HWCAP) & hwcap_cpuid) == 0) return std::nullopt;
    std::uint64_t midr = 0;
    asm("mrs %0, MIDR_EL1" : "=r"(midr));
    return midr;
}
#endif

std::map<int, std::uint64_t> read_midrs(const std::string& root, const std::vector<int>& cpuset,
                                        bool emulated) {
#if defined(__aarch64__)
    // Under emulation sysfs describes the host, and what the instruction answers is all that the
    // program runs on.
    if (is_live(root) && emulated) {
        const auto midr = midr_by_instruction();
        return midr ? std::map<int, std::uint64_t>{{0, *midr}} : std::map<int, std::uint64_t>{};
    }
#endif
    if (emulated) return {};
    const auto by_cpuinfo = midrs_by_cpuinfo(root);
    std::map<int, std::uint64_t> found;
    for (const int cpu : cpuset) {
        const auto text = read_text(root, "sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                                              "/regs/identification/midr_el1");
        const auto midr = parse_hex(text.value_or("?"));
        const auto other = by_cpuinfo.find(cpu);
        if (midr) found[cpu] = *midr & 0xffffffffU;
        if (!midr && other != by_cpuinfo.end()) found[cpu] = other->second;
    }
    return found;
}

std::vector<std::string> features_by_auxv() {
#if defined(__aarch64__)
    constexpr std::array<std::pair<unsigned, const char*>, 8> first{{{1, "asimd"},
                                                                     {7, "crc32"},
                                                                     {8, "atomics"},
                                                                     {10, "asimdhp"},
                                                                     {12, "asimdrdm"},
                                                                     {20, "asimddp"},
                                                                     {22, "sve"},
                                                                     {23, "asimdfhm"}}};
    constexpr std::array<std::pair<unsigned, const char*>, 7> second{{{1, "sve2"},
                                                                      {9, "svei8mm"},
                                                                      {12, "svebf16"},
                                                                      {13, "i8mm"},
                                                                      {14, "bf16"},
                                                                      {23, "sme"},
                                                                      {37, "sme2"}}};
    std::vector<std::string> found;
    for (const auto& [bit, name] : first) {
        if ((getauxval(AT_HWCAP) >> bit & 1U) != 0) found.emplace_back(name);
    }
    for (const auto& [bit, name] : second) {
        if ((getauxval(AT_HWCAP2) >> bit & 1U) != 0) found.emplace_back(name);
    }
    return found;
#else
    return {};
#endif
}

}  // namespace

cpu_identity identify_arm(const std::string& root, const std::vector<int>& cpuset, bool emulated) {
    cpu_identity cpu;
    std::vector<std::pair<std::uint64_t, int>> kinds;  // in the order of the first thread of each
    for (const auto& [thread, midr] : read_midrs(root, cpuset, emulated)) {
        const auto known = std::ranges::find(kinds, midr, &std::pair<std::uint64_t, int>::first);
        if (known == kinds.end()) {
            kinds.emplace_back(midr, 1);
        } else {
            ++known->second;
        }
    }
    for (const auto& [midr, threads] : kinds) {
        if (!cpu.model.empty()) cpu.model += " + ", cpu.id += " + ";
        cpu.model += (kinds.size() > 1 ? std::to_string(threads) + "x " : "") + model_of(midr);
        cpu.id += hex(midr);
    }
    if (!kinds.empty()) {
        const auto implementer = static_cast<unsigned>(kinds.front().first >> 24 & 0xffU);
        const auto* known =
            std::ranges::find(implementers, implementer, &std::pair<unsigned, const char*>::first);
        cpu.vendor =
            known == implementers.end() ? "implementer " + hex(implementer) : known->second;
    }
    if (is_live(root)) {
        cpu.features = features_by_auxv();
    } else if (!emulated) {
        const auto info = read_cpuinfo(root);
        const auto flags = info.find("Features");
        if (flags != info.end()) cpu.features = chosen(words(flags->second), features_arm);
    }
    return cpu;
}

}  // namespace lanewise::machine
