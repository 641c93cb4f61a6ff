// The sources that machine.cpp puts together, one a file. Private to lanewise::machine.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "machine.hpp"

namespace lanewise::machine {

/// The file below root without its last newline; nullopt where it can't be read.
[[nodiscard]] std::optional<std::string> read_text(const std::string& root, std::string_view path);

[[nodiscard]] std::optional<int> parse_int(std::string_view text);

/// Whether root is this machine and no recording: only then may instructions and system calls be
/// asked.
[[nodiscard]] bool is_live(const std::string& root);

[[nodiscard]] std::string trimmed(std::string_view text);
[[nodiscard]] std::vector<std::string> words(const std::string& text);

/// The first processor's "name : value" lines of /proc/cpuinfo.
[[nodiscard]] std::map<std::string, std::string> read_cpuinfo(const std::string& root);

/// Those flags that are wanted, in the order of the wanted.
[[nodiscard]] std::vector<std::string> chosen(const std::vector<std::string>& flags,
                                              std::span<const std::string_view> wanted);

// machine_x86.cpp, machine_arm.cpp: who the CPU is.
struct cpu_identity {
    std::string model;
    std::string vendor;
    std::string id;
    std::vector<std::string> features;
    std::string hypervisor;
    std::optional<int> threads_per_core;  ///< as the CPU itself says, where it does
    std::vector<std::string> contradictions;
};
[[nodiscard]] cpu_identity identify_x86(const std::string& root, bool emulated);
[[nodiscard]] cpu_identity identify_arm(const std::string& root, const std::vector<int>& cpuset,
                                        bool emulated);

// machine_topology.cpp: cores, caches and NUMA within the cpuset, as hwloc sees them, and where
// sysfs disagrees.
void read_topology(const std::string& root, std::optional<int> threads_per_core_by_cpu,
                   facts& machine);

// settings.cpp: what the machine is set to. Under emulation most files are the host's, and left
// out.
[[nodiscard]] settings read_settings(const std::string& root, bool emulated);

// machine_cgroup.cpp: the tightest CPU bandwidth from the process's own cgroup upwards.
[[nodiscard]] std::optional<double> read_quota(const std::string& root);

// And the tightest memory limit, where it is below what the machine has.
[[nodiscard]] std::optional<std::uint64_t> read_memory_limit(
    const std::string& root, std::optional<std::uint64_t> memory_bytes);

}  // namespace lanewise::machine
