#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <sstream>
#include <utility>

#include "machine_sources.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace lanewise::machine {
namespace {

// What of the hundred flags bears on the kernels or on a cost of isolation.
constexpr std::array<std::string_view, 21> features_x86 = {
    "sse4_2",      "avx",      "avx2",     "fma",      "f16c",     "bmi2",        "avx512f",
    "avx512cd",    "avx512bw", "avx512dq", "avx512vl", "avx_vnni", "avx512_vnni", "avx512_bf16",
    "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16", "vaes",     "gfni",        "ht"};
// -------------------------------------------------------------------------------

struct registers {
    std::uint32_t eax, ebx, ecx, edx;
};

/// Answers of the CPUID instruction, or of a recording in the format of `cpuid -1 -r`.
class cpuid_source {
public:
    explicit cpuid_source(const std::string& root) {
        if (is_live(root)) {
#if defined(__x86_64__)
            live_ = true;
#endif
            return;
        }
        std::istringstream lines{read_text(root, "cpuid").value_or("")};
        for (std::string line; std::getline(lines, line);) {
            unsigned leaf = 0, subleaf = 0;
            registers answer{};
            if (std::sscanf(
                    line.c_str(),
                    " 0x%x 0x%x: eax=0x%x ebx=0x%x ecx=0x%x edx=0x%x",  // NOLINT(cert-err34-c)
                    &leaf, &subleaf, &answer.eax, &answer.ebx, &answer.ecx, &answer.edx) == 6) {
                recorded_[{leaf, subleaf}] = answer;
            }
        }
    }

    [[nodiscard]] std::optional<registers> operator()(unsigned leaf, unsigned subleaf = 0) const {
#if defined(__x86_64__)
        if (live_) {
            registers answer{};
            // Hypervisors' range has a maximum of its own, which isn't asked here.
            if (leaf >> 28 == 4) {
                __cpuid_count(leaf, subleaf, answer.eax, answer.ebx, answer.ecx, answer.edx);
                return answer;
            }
            return __get_cpuid_count(leaf, subleaf, &answer.eax, &answer.ebx, &answer.ecx,
                                     &answer.edx) != 0
                       ? std::optional{answer}
                       : std::nullopt;
        }
#endif
        const auto found = recorded_.find({leaf, subleaf});
        return found == recorded_.end() ? std::nullopt : std::optional{found->second};
    }

private:
    bool live_ = false;
    std::map<std::pair<unsigned, unsigned>, registers> recorded_;
};

std::string text_of(std::initializer_list<std::uint32_t> values) {
    std::string text;
    for (const auto value : values) {
        for (unsigned byte = 0; byte < 4; ++byte)
            text += static_cast<char>(value >> 8 * byte & 0xffU);
    }
    return text.substr(0, text.find('\0'));
}

std::string hypervisor_by(const cpuid_source& cpuid) {
    const auto basic = cpuid(1);
    if (!basic || (basic->ecx >> 31 & 1U) == 0) return {};
    const auto leaf = cpuid(0x40000000);
    const auto signature = leaf ? text_of({leaf->ebx, leaf->ecx, leaf->edx}) : "";
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> names{
        {{"KVMKVMKVM", "KVM"},
         {"Microsoft Hv", "Hyper-V"},
         {"VMwareVMware", "VMware"},
         {"XenVMMXenVMM", "Xen"},
         {"TCGTCGTCGTCG", "QEMU TCG"},
         {"bhyve bhyve ", "bhyve"},
         {"ACRNACRNACRN", "ACRN"}}};
    for (const auto& [known, name] : names) {
        if (signature == known) return std::string{name};
    }
    return signature.empty() ? "unnamed" : trimmed(signature);
}

std::string version_by(const registers& basic) {
    const unsigned family = basic.eax >> 8 & 0xfU;
    const unsigned model = basic.eax >> 4 & 0xfU;
    const unsigned extended_family = basic.eax >> 20 & 0xffU;
    const unsigned extended_model = basic.eax >> 16 & 0xfU;
    const unsigned whole_model = family == 6 || family == 15 ? extended_model << 4 | model : model;
    return std::to_string(family == 15 ? family + extended_family : family) + "." +
           std::to_string(whole_model) + "." + std::to_string(basic.eax & 0xfU);
}

std::optional<int> threads_per_core_by(const cpuid_source& cpuid, std::string_view vendor) {
    // AMD tells how many threads share a compute unit; Intel's topology leaf starts with the level
    // of threads.
    if (vendor == "AuthenticAMD") {
        if (const auto leaf = cpuid(0x8000001e))
            return static_cast<int>(leaf->ebx >> 8 & 0xffU) + 1;
    }
    const auto leaf = cpuid(0xb);
    if (!leaf || (leaf->ecx >> 8 & 0xffU) != 1 || (leaf->ebx & 0xffffU) == 0) return std::nullopt;
    return static_cast<int>(leaf->ebx & 0xffffU);
}

}  // namespace

cpu_identity identify_x86(const std::string& root, bool emulated) {
    cpu_identity cpu;
    const cpuid_source cpuid{root};
    const auto info = emulated ? std::map<std::string, std::string>{} : read_cpuinfo(root);
    const auto field = [&](const char* name) {
        const auto found = info.find(name);
        return found == info.end() ? std::string{} : found->second;
    };

    if (const auto first = cpuid(0)) cpu.vendor = text_of({first->ebx, first->edx, first->ecx});
    if (const auto basic = cpuid(1)) cpu.id = version_by(*basic);
    std::string brand;
    for (unsigned leaf = 0x80000002; leaf <= 0x80000004; ++leaf) {
        if (const auto part = cpuid(leaf))
            brand += text_of({part->eax, part->ebx, part->ecx, part->edx});
    }
    cpu.model = trimmed(brand);
    cpu.hypervisor = hypervisor_by(cpuid);
    if (!emulated) cpu.threads_per_core = threads_per_core_by(cpuid, cpu.vendor);
    cpu.features = chosen(words(field("flags")), features_x86);

    if (!cpu.model.empty() && !field("model name").empty() && field("model name") != cpu.model) {
        cpu.contradictions.push_back("cpuid names the CPU \"" + cpu.model + "\", /proc/cpuinfo \"" +
                                     field("model name") + "\".");
    }
    if (cpu.model.empty()) cpu.model = field("model name");
    if (cpu.vendor.empty()) cpu.vendor = field("vendor_id");
    if (cpu.id.empty() && !field("cpu family").empty()) {
        cpu.id = field("cpu family") + "." + field("model") + "." + field("stepping");
    }
    const auto flags = words(field("flags"));
    if (cpu.hypervisor.empty() && std::ranges::find(flags, "hypervisor") != flags.end())
        cpu.hypervisor = "unnamed";
    return cpu;
}

}  // namespace lanewise::machine
