#include <hwloc.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "machine_sources.hpp"

namespace lanewise::machine {
namespace {

using topology = std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)>;
using bitmap = std::unique_ptr<hwloc_bitmap_s, decltype(&hwloc_bitmap_free)>;

/// The machine as hwloc sees it, without what the cpuset forbids; null where hwloc can't tell.
topology load(const std::string& root, const std::vector<int>& cpuset) {
    hwloc_topology_t raw = nullptr;
    if (hwloc_topology_init(&raw) != 0) return {nullptr, &hwloc_topology_destroy};
    topology loaded{raw, &hwloc_topology_destroy};
    if (!is_live(root)) {
        const auto recording = (std::filesystem::path{root} / "hwloc.xml").string();
        if (hwloc_topology_set_xml(raw, recording.c_str()) != 0) loaded.reset();
    }
    if (loaded && hwloc_topology_load(raw) != 0) loaded.reset();
    if (loaded && !cpuset.empty()) {
        const bitmap allowed{hwloc_bitmap_alloc(), &hwloc_bitmap_free};
        for (const int cpu : cpuset) hwloc_bitmap_set(allowed.get(), static_cast<unsigned>(cpu));
        if (hwloc_topology_restrict(raw, allowed.get(), 0) != 0) loaded.reset();
    }
    return loaded;
}

std::optional<int> count(const topology& loaded, hwloc_obj_type_t type) {
    const int found = hwloc_get_nbobjs_by_type(loaded.get(), type);
    return found > 0 ? std::optional{found} : std::nullopt;
}

std::vector<int> threads_of(hwloc_obj_t object) {
    std::vector<int> threads;
    for (int cpu = hwloc_bitmap_first(object->cpuset); cpu != -1;
         cpu = hwloc_bitmap_next(object->cpuset, cpu)) {
        threads.push_back(cpu);
    }
    return threads;
}

/// The cache nearest to the first thread of each level: where cores differ, the first core stands
/// for all.
std::vector<cache> caches_of(const topology& loaded) {
    std::vector<cache> caches;
    for (auto object = hwloc_get_obj_by_type(loaded.get(), HWLOC_OBJ_PU, 0); object != nullptr;
         object = object->parent) {
        if (hwloc_obj_type_is_dcache(object->type) == 0 || object->attr->cache.size == 0) continue;
        caches.push_back({static_cast<int>(object->attr->cache.depth), object->attr->cache.size,
                          hwloc_bitmap_weight(object->cpuset)});
    }
    return caches;
}

/// What sysfs says about the same threads: for each, its siblings within the cpuset.
std::set<std::vector<int>> cores_by_sysfs(const std::string& root, const std::vector<int>& cpuset) {
    std::set<std::vector<int>> cores;
    for (const int cpu : cpuset) {
        const auto text = read_text(root, "sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                                              "/topology/thread_siblings_list");
        auto siblings = parse_cpu_list(text.value_or("?"));
        if (!siblings) return {};
        std::erase_if(*siblings, [&](int sibling) {
            return std::ranges::find(cpuset, sibling) == cpuset.end();
        });
        cores.insert(*siblings);
    }
    return cores;
}

int most_threads(const auto& cores) {
    std::size_t most = 0;
    for (const auto& threads : cores) most = std::max(most, threads.size());
    return static_cast<int>(most);
}

std::string plural(int count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

void compare(const std::string& root, std::optional<int> threads_per_core_by_cpu, facts& machine) {
    const auto by_sysfs = cores_by_sysfs(root, machine.cpuset);
    if (!by_sysfs.empty() && machine.cores && static_cast<int>(by_sysfs.size()) != *machine.cores) {
        machine.contradictions.push_back("hwloc counts " + plural(*machine.cores, "core") +
                                         ", sysfs " + std::to_string(by_sysfs.size()) + ".");
    }
    if (!by_sysfs.empty() && machine.threads_per_core &&
        most_threads(by_sysfs) != *machine.threads_per_core) {
        machine.contradictions.push_back(
            "hwloc sees " + plural(*machine.threads_per_core, "thread") + " a core, sysfs " +
            std::to_string(most_threads(by_sysfs)) + ".");
    }
    // A cpuset that lacks siblings leaves fewer threads a core than the CPU has: only more would
    // contradict the CPU.
    if (threads_per_core_by_cpu && machine.threads_per_core &&
        *threads_per_core_by_cpu < *machine.threads_per_core) {
        machine.contradictions.push_back(
            "cpuid says " + plural(*threads_per_core_by_cpu, "thread") + " a core, hwloc sees " +
            std::to_string(*machine.threads_per_core) + ".");
    }
    const auto smt = read_text(root, "sys/devices/system/cpu/smt/active");
    if (smt == "1" && threads_per_core_by_cpu == 1) {
        machine.contradictions.emplace_back(
            "sysfs says that SMT is active, cpuid that a core has one thread.");
    }
    if (smt == "0" && machine.threads_per_core && *machine.threads_per_core > 1) {
        machine.contradictions.push_back("sysfs says that SMT is not active, hwloc sees " +
                                         plural(*machine.threads_per_core, "thread") + " a core.");
    }
    if (smt == "1" && machine.threads_per_core == 1) {
        machine.contradictions.emplace_back(
            "sysfs says that SMT is active, the cpuset holds one thread of each core: its sibling "
            "may be busy with others.");
    }
}

}  // namespace

void read_topology(const std::string& root, std::optional<int> threads_per_core_by_cpu,
                   facts& machine) {
    const auto loaded = load(root, machine.cpuset);
    if (!loaded) return;
    machine.packages = count(loaded, HWLOC_OBJ_PACKAGE);
    machine.cores = count(loaded, HWLOC_OBJ_CORE);
    machine.numa_nodes = count(loaded, HWLOC_OBJ_NUMANODE);
    machine.caches = caches_of(loaded);
    for (hwloc_obj_t core = nullptr;
         (core = hwloc_get_next_obj_by_type(loaded.get(), HWLOC_OBJ_CORE, core)) != nullptr;) {
        machine.core_threads.push_back(threads_of(core));
    }
    if (!machine.core_threads.empty())
        machine.threads_per_core = most_threads(machine.core_threads);
    compare(root, threads_per_core_by_cpu, machine);
}

}  // namespace lanewise::machine
