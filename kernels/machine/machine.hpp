// What this machine is, as far as this process may use it: CPU, topology, caches, quota, emulation,
// instance. Server and bench read it once at start; the kernels do not link it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::machine {

struct cache {
    int level;
    std::uint64_t size_bytes;
    int threads_sharing;
};

/// A hole of this CPU's, and what the kernel does about it, in its words: "Not affected",
/// "Mitigation: Retpolines; ...", "Vulnerable".
struct vulnerability {
    std::string name;
    std::string state;
};

/// What whoever runs the machine can set, and what moves rates by percents: empty or nullopt where
/// it can't be read.
struct settings {
    std::vector<vulnerability> vulnerabilities;  ///< by name
    std::string smt_control;                     ///< on, off, forceoff, notsupported
    std::string microcode;                       ///< revision; Arm shows none
    std::optional<std::uint64_t> page_size_bytes;
    std::string transparent_huge_pages;  ///< always, madvise, never
    std::optional<int> numa_balancing;   ///< the kernel's mode: 0 off, 1 on, 2 by memory tiers
    std::string c_library;               ///< that this program runs on, such as "glibc 2.41"
};

/// Counts are of what the process's cpuset allows. What could not be read is nullopt or empty,
/// never 0.
struct facts {
    std::string architecture;  ///< as Kubernetes names it: amd64, arm64
    std::string machine;       ///< as uname names it: x86_64, aarch64
    std::string cpu_model;     ///< such as "AMD EPYC 9R14" or "Neoverse-V2"
    std::string cpu_vendor;
    std::string cpu_id;                 ///< family.model.stepping on x86, the MIDR on Arm
    std::vector<std::string> features;  ///< ISA features, as Linux names them in /proc/cpuinfo
    std::optional<int> packages;
    std::optional<int> cores;
    std::optional<int> threads;
    std::optional<int> threads_per_core;  ///< the most that any core has
    std::optional<int> numa_nodes;
    std::vector<cache> caches;                   ///< data and unified, one a level
    std::vector<int> cpuset;                     ///< hardware threads that the process may run on
    std::vector<std::vector<int>> core_threads;  ///< those threads by core; empty: not known
    std::optional<double> quota_cpus;  ///< cgroup CPU bandwidth in CPUs; nullopt: no bound
    std::optional<bool> emulated;      ///< this process runs under qemu-user
    std::string hypervisor;            ///< empty: none seen
    std::string provider;              ///< aws, gcp, azure, oci; empty: unknown
    std::string instance;              ///< instance type, from DMI on EC2; empty: unknown
    std::string kernel_release;
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> memory_limit_bytes;  ///< of the cgroup; nullopt: no bound
    settings set;
    std::vector<std::string>
        contradictions;  ///< where two sources disagree: both, in one sentence each
};

/// The machine that this program was compiled for, as uname names it.
[[nodiscard]] std::string_view built_for() noexcept;

/// Reads everything below root, which is "/" but in tests, where it is a recording of another
/// machine; program is the machine that the reading program was compiled for, which differs from
/// the kernel's own under qemu-user.
[[nodiscard]] facts read(const std::string& root = "/", std::string_view program = built_for());

/// Threads that can make progress at once: the cpuset's, bounded by the quota rounded up; at
/// least 1.
[[nodiscard]] int usable_threads(const facts& machine);

/// The cgroup folders that bound this process's CPU time, its own first, then its ancestors as far
/// as they are mounted.
[[nodiscard]] std::vector<std::string> cpu_cgroups(const std::string& root = "/");

/// "0-3,8" as numbers; nullopt for anything else.
[[nodiscard]] std::optional<std::vector<int>> parse_cpu_list(std::string_view text);

}  // namespace lanewise::machine
