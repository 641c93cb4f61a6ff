// A document's "machine": what was measured, as far as the process might use it. What could not be
// read is nullopt, and its reason stands in the document's notes.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "typed.hpp"

namespace lanewise::bench {

struct machine_variant {
    std::string name;
    bool runnable = false;
    std::optional<std::string> lacks;  ///< why it can't run here
};
BOOST_DESCRIBE_STRUCT(machine_variant, (), (name, runnable, lacks))

struct machine_cache {
    int level = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t threads_sharing = 0;
};
BOOST_DESCRIBE_STRUCT(machine_cache, (), (level, size_bytes, threads_sharing))

struct machine_section {
    static constexpr std::string_view key = "machine";
    std::string architecture;  ///< amd64, arm64
    std::string machine;       ///< x86_64, aarch64
    std::optional<std::string> cpu_model, cpu_vendor, cpu_id;
    std::optional<std::vector<std::string>> features;
    std::vector<machine_variant> variants;
    std::string active_variant;
    std::optional<int> packages, cores, threads, threads_per_core, numa_nodes;
    std::optional<std::vector<machine_cache>> caches;
    std::optional<std::string> cpuset;  ///< "0-3,8"
    std::optional<std::vector<std::vector<int>>> core_threads;
    std::optional<double> quota_cpus;
    int usable_threads = 1;
    std::optional<bool> emulated;
    std::optional<std::string> hypervisor, provider, instance, node, pod, pool, kernel_release;
    std::optional<std::uint64_t> memory_bytes, memory_limit_bytes;
    std::optional<std::map<std::string, std::string>> vulnerabilities;  ///< state by name
    std::optional<std::string> smt_control, microcode;
    std::optional<std::uint64_t> page_size_bytes;
    std::optional<std::string> transparent_huge_pages;
    std::optional<int> numa_balancing;
    std::optional<std::string> c_library;
    std::vector<std::string> contradictions;
};
BOOST_DESCRIBE_STRUCT(machine_section, (),
                      (architecture, machine, cpu_model, cpu_vendor, cpu_id, features, variants,
                       active_variant, packages, cores, threads, threads_per_core, numa_nodes,
                       caches, cpuset, core_threads, quota_cpus, usable_threads, emulated,
                       hypervisor, provider, instance, node, pod, pool, kernel_release,
                       memory_bytes, memory_limit_bytes, vulnerabilities, smt_control, microcode,
                       page_size_bytes, transparent_huge_pages, numa_balancing, c_library,
                       contradictions))

/// The machine that the document's run was made on; none where it is null.
[[nodiscard]] inline std::optional<machine_section> machine_of(const document& from) {
    return section_of<machine_section>(from);
}

}  // namespace lanewise::bench
