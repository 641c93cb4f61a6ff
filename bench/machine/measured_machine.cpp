#include "measured_machine.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "bench/documents/document.hpp"
#include "kernels/kernels.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

template <class T>
std::optional<T> unless_empty(const T& value) {
    return value.empty() ? std::nullopt : std::optional{value};
}

std::vector<machine_variant> variants() {
    std::vector<machine_variant> list;
    for (const auto& variant : kernels::variants()) {
        list.push_back({std::string{variant.name}, variant.runnable,
                        unless_empty(std::string{variant.lacks})});
    }
    return list;
}

std::vector<machine_cache> caches(const machine::facts& facts) {
    std::vector<machine_cache> list;
    for (const auto& cache : facts.caches) {
        list.push_back(
            {cache.level, cache.size_bytes, static_cast<std::uint64_t>(cache.threads_sharing)});
    }
    return list;
}

std::map<std::string, std::string> vulnerabilities(const machine::settings& set) {
    std::map<std::string, std::string> states;
    for (const auto& [name, state] : set.vulnerabilities) states[name] = state;
    return states;
}

}  // namespace

std::string_view reason_not_known(std::string_view field, bool emulated) {
    if (field == "quota_cpus") return "no cgroup bounds the CPU time";
    if (field == "memory_limit_bytes") return "no cgroup bounds the memory";
    if (field == "hypervisor") return "none seen";
    if (field == "provider") return "DMI names no cloud";
    if (field == "instance") return "DMI names no instance type, and --instance was not given";
    if (field == "pod") return "--pod was not given";
    if (emulated) return "unknown under emulation: the files describe the host";
    return "could not be read";
}

machine_section measured_machine(const machine::facts& facts, const labels& given) {
    machine_section made;
    made.architecture = facts.architecture;
    made.machine = facts.machine;
    made.cpu_model = unless_empty(facts.cpu_model);
    made.cpu_vendor = unless_empty(facts.cpu_vendor);
    made.cpu_id = unless_empty(facts.cpu_id);
    made.features = unless_empty(facts.features);
    made.variants = variants();
    made.active_variant = kernels::active_variant();
    made.packages = facts.packages;
    made.cores = facts.cores;
    made.threads = facts.threads;
    made.threads_per_core = facts.threads_per_core;
    made.numa_nodes = facts.numa_nodes;
    made.caches = unless_empty(caches(facts));
    made.cpuset = unless_empty(cpu_list(facts.cpuset));
    made.core_threads = unless_empty(facts.core_threads);
    made.quota_cpus = facts.quota_cpus;
    made.usable_threads = machine::usable_threads(facts);
    made.emulated = facts.emulated;
    made.hypervisor = unless_empty(facts.hypervisor);
    made.provider = unless_empty(facts.provider);
    made.instance = unless_empty(given.instance.empty() ? facts.instance : given.instance);
    made.node = unless_empty(given.node);
    made.pod = unless_empty(given.pod);
    made.pool = !given.pool.empty() ? given.pool : made.instance ? made.instance : made.cpu_model;
    made.kernel_release = unless_empty(facts.kernel_release);
    made.memory_bytes = facts.memory_bytes;
    made.memory_limit_bytes = facts.memory_limit_bytes;
    made.vulnerabilities = unless_empty(vulnerabilities(facts.set));
    made.smt_control = unless_empty(facts.set.smt_control);
    made.microcode = unless_empty(facts.set.microcode);
    made.page_size_bytes = facts.set.page_size_bytes;
    made.transparent_huge_pages = unless_empty(facts.set.transparent_huge_pages);
    made.numa_balancing = facts.set.numa_balancing;
    made.c_library = unless_empty(facts.set.c_library);
    made.contradictions = facts.contradictions;
    return made;
}

void put_machine(json::object& document, const machine::facts& facts, const labels& given) {
    auto entry = write_section(measured_machine(facts, given));
    for (const auto& [field, value] : entry.as_object()) {
        if (value.is_null()) {
            add_note(document, "/machine/" + std::string{field},
                     std::string{reason_not_known(field, facts.emulated.value_or(false))});
        }
    }
    document[machine_section::key] = std::move(entry);
}

std::string cpu_list(const std::vector<int>& cpus) {
    std::string text;
    const auto parts = [](int one, int next) { return next != one + 1; };
    for (auto first = cpus.begin(); first != cpus.end();) {
        const auto gap = std::adjacent_find(first, cpus.end(), parts);
        const auto last = gap == cpus.end() ? std::prev(gap) : gap;
        if (!text.empty()) text += ',';
        text += std::to_string(*first);
        if (last != first) text += '-' + std::to_string(*last);
        first = std::next(last);
    }
    return text;
}

}  // namespace lanewise::bench
