#include "machine.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "affinity.hpp"
#include "machine_sources.hpp"

namespace lanewise::machine {
namespace {

std::vector<int> read_cpuset(const std::string& root) {
    if (is_live(root)) return allowed_cpus();
    const auto status = read_text(root, "proc/self/status").value_or("");
    constexpr std::string_view field = "Cpus_allowed_list:";
    const auto at = status.find(field);
    if (at == std::string::npos) return {};
    const auto start = status.find_first_not_of(" \t", at + field.size());
    return parse_cpu_list(std::string_view{status}.substr(start, status.find('\n', start) - start))
        .value_or(std::vector<int>{});
}

/// qemu-user answers uname as the emulated machine would, but passes most of /proc and /sys
/// through.
std::optional<bool> read_emulated(const std::string& root, std::string_view program) {
    if (const auto arch = read_text(root, "proc/sys/kernel/arch")) return *arch != program;
    // Before Linux 6.1: the CPU's module alias names its type, and newer qemu leaves it alone.
    if (const auto alias = read_text(root, "sys/devices/system/cpu/modalias")) {
        if (alias->starts_with("cpu:type:x86,")) return program != "x86_64";
        if (alias->starts_with("cpu:type:aarch64")) return program != "aarch64";
    }
    if (const auto info = read_text(root, "proc/cpuinfo")) {
        if (info->find("CPU implementer") != std::string::npos) return program != "aarch64";
        if (info->find("vendor_id") != std::string::npos) return program != "x86_64";
    }
    return std::nullopt;
}

/// Only EC2 writes its instance type where a guest can read it without asking the network.
void read_instance(const std::string& root, facts& machine) {
    const auto dmi = [&](std::string_view name) {
        return read_text(root, "sys/class/dmi/id/" + std::string{name}).value_or("");
    };
    const auto vendor = dmi("sys_vendor");
    const auto product = dmi("product_name");
    const auto asset = dmi("chassis_asset_tag");
    if (vendor == "Amazon EC2") {
        machine.provider = "aws";
        machine.instance = product;
        if (machine.hypervisor.empty() && product.find(".metal") == std::string::npos)
            machine.hypervisor = "Nitro";
    } else if (vendor == "Google" && product == "Google Compute Engine") {
        machine.provider = "gcp";
    } else if (asset ==
               "7783-7084-3265-9085-8269-3286-77") {  // "MSFT AZURE VM" in the digits of a keypad
        machine.provider = "azure";
    } else if (asset == "OracleCloud.com") {
        machine.provider = "oci";
    }
    if (machine.hypervisor.empty() && !machine.provider.empty() && machine.provider != "aws") {
        machine.hypervisor = "unnamed";
    }
    if (machine.hypervisor.empty() && vendor == "QEMU") machine.hypervisor = "QEMU";
}

std::optional<std::uint64_t> read_memory(const std::string& root) {
    std::istringstream info{read_text(root, "proc/meminfo").value_or("")};
    std::string field;
    std::uint64_t kibibytes = 0;
    if (!(info >> field >> kibibytes) || field != "MemTotal:") return std::nullopt;
    return kibibytes * 1024;
}

}  // namespace

std::string_view built_for() noexcept {
#if defined(__x86_64__)
    return "x86_64";
#elif defined(__aarch64__)
    return "aarch64";
#else
#error "Lanewise knows x86-64 and 64-bit Arm"
#endif
}

facts read(const std::string& root, std::string_view program) {
    facts machine;
    machine.machine = program;
    machine.architecture = program == "aarch64" ? "arm64" : "amd64";
    machine.emulated = read_emulated(root, program);
    machine.cpuset = read_cpuset(root);
    if (!machine.cpuset.empty()) machine.threads = static_cast<int>(machine.cpuset.size());

    const bool emulated = machine.emulated.value_or(false);
    auto cpu = program == "aarch64" ? identify_arm(root, machine.cpuset, emulated)
                                    : identify_x86(root, emulated);
    machine.cpu_model = std::move(cpu.model);
    machine.cpu_vendor = std::move(cpu.vendor);
    machine.cpu_id = std::move(cpu.id);
    machine.features = std::move(cpu.features);
    machine.hypervisor = std::move(cpu.hypervisor);
    machine.contradictions = std::move(cpu.contradictions);
    // The topology files of an emulated process are its host's: another CPU's cores, not the ones
    // named above.
    if (!emulated) read_topology(root, cpu.threads_per_core, machine);

    machine.set = read_settings(root, emulated);
    machine.quota_cpus = read_quota(root);
    read_instance(root, machine);
    machine.kernel_release = read_text(root, "proc/sys/kernel/osrelease").value_or("");
    machine.memory_bytes = read_memory(root);
    machine.memory_limit_bytes = read_memory_limit(root, machine.memory_bytes);
    return machine;
}

int usable_threads(const facts& machine) {
    auto threads = static_cast<double>(machine.cpuset.size());
    if (machine.quota_cpus) threads = std::min(threads, std::ceil(*machine.quota_cpus));
    return std::max(1, static_cast<int>(threads));
}

std::optional<std::string> read_text(const std::string& root, std::string_view path) {
    std::ifstream file{(root.ends_with('/') ? root : root + '/') + std::string{path}};
    if (!file) return std::nullopt;
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (file.bad()) return std::nullopt;
    while (text.ends_with('\n') || text.ends_with('\0')) text.pop_back();
    return text;
}

std::optional<int> parse_int(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
    std::vector<int> cpus;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        const auto range = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        const auto dash = std::min(range.find('-'), range.size());
        const auto first = parse_int(range.substr(0, dash));
        const auto last = dash == range.size() ? first : parse_int(range.substr(dash + 1));
        if (!first || !last || *first < 0 || *last < *first || *last >= cpus_max)
            return std::nullopt;
        for (int cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
    }
    return cpus;
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return std::string{text.substr(first, text.find_last_not_of(" \t") - first + 1)};
}

std::vector<std::string> words(const std::string& text) {
    std::istringstream stream{text};
    std::vector<std::string> found;
    for (std::string word; stream >> word;) found.push_back(word);
    return found;
}

std::map<std::string, std::string> read_cpuinfo(const std::string& root) {
    std::istringstream lines{read_text(root, "proc/cpuinfo").value_or("")};
    std::map<std::string, std::string> fields;
    for (std::string line; std::getline(lines, line) && !line.empty();) {
        const auto colon = line.find(':');
        if (colon != std::string::npos)
            fields[trimmed(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
    }
    return fields;
}

std::vector<std::string> chosen(const std::vector<std::string>& flags,
                                std::span<const std::string_view> wanted) {
    std::vector<std::string> found;
    for (const auto name : wanted) {
        if (std::ranges::find(flags, name) != flags.end()) found.emplace_back(name);
    }
    return found;
}

bool is_live(const std::string& root) {
    return root == "/";
}

}  // namespace lanewise::machine
