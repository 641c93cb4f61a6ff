// What this machine is, as far as this process may use it: CPU, topology, caches, quota, emulation, instance.
// Server and bench read it once at start; the kernels do not link it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lanewise::machine {

struct cache {
    int level;
    std::uint64_t size_bytes;
    int threads_sharing;
};

/// Counts are of what the process's cpuset allows. What could not be read is nullopt or empty, never 0.
struct facts {
    std::string architecture;            ///< as Kubernetes names it: amd64, arm64
    std::string machine;                 ///< as uname names it: x86_64, aarch64
    std::string cpu_model;               ///< such as "AMD EPYC 9R14" or "Neoverse-V2"
    std::string cpu_vendor;
    std::string cpu_id;                  ///< family.model.stepping on x86, the MIDR on Arm
    std::vector<std::string> features;   ///< the ISA features that the kernels' variants ask for, and their kin
    std::optional<int> packages;
    std::optional<int> cores;
    std::optional<int> threads;
    std::optional<int> threads_per_core;  ///< the most that any core has
    std::optional<int> numa_nodes;
    std::vector<cache> caches;           ///< data and unified, one a level
    std::vector<int> cpuset;             ///< hardware threads that the process may run on
    std::optional<double> quota_cpus;    ///< cgroup CPU bandwidth in CPUs; nullopt: no bound
    std::optional<bool> emulated;        ///< this process runs under qemu-user
    std::string hypervisor;              ///< empty: none seen
    std::string instance;                ///< instance type, from DMI on EC2; empty: unknown
    std::string kernel_release;
    std::optional<std::uint64_t> memory_bytes;
    std::vector<std::string> contradictions;  ///< where two sources disagree: both, in one sentence each
};

/// Reads everything below root, which is "/" but in tests, where it is a recording of another machine.
[[nodiscard]] facts read(const std::string& root = "/");

/// Threads that can make progress at once: the cpuset's, bounded by the quota rounded up; at least 1.
[[nodiscard]] int usable_threads(const facts& machine);

}  // namespace lanewise::machine
