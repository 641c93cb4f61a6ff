#include "machine_json.hpp"

#include <boost/json.hpp>
#include <string_view>
#include <utility>

#include "bench/documents/document.hpp"
#include "kernels/kernels.hpp"
#include "kernels/machine/machine_json.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

using machine::or_null;

std::string_view reason_for(std::string_view field, bool emulated) {
    if (field == "quota_cpus") return "no cgroup bounds the CPU time";
    if (field == "memory_limit_bytes") return "no cgroup bounds the memory";
    if (field == "hypervisor") return "none seen";
    if (field == "provider") return "DMI names no cloud";
    if (field == "instance") return "DMI names no instance type, and --instance was not given";
    if (field == "pod") return "--pod was not given";
    if (emulated) return "unknown under emulation: the files describe the host";
    return "could not be read";
}

json::array variants() {
    json::array list;
    for (const auto& variant : kernels::variants()) {
        list.push_back({{"name", variant.name},
                        {"runnable", variant.runnable},
                        {"lacks", or_null(std::string{variant.lacks})}});
    }
    return list;
}

json::value vulnerabilities(const machine::settings& set) {
    if (set.vulnerabilities.empty()) return nullptr;
    json::object states;
    for (const auto& [name, state] : set.vulnerabilities) states[name] = state;
    return states;
}

json::value strings_or_null(const std::vector<std::string>& texts) {
    if (texts.empty()) return nullptr;
    return json::value_from(texts);
}

}  // namespace

void put_machine(json::object& document, const machine::facts& facts, const labels& given) {
    const auto instance = given.instance.empty() ? facts.instance : given.instance;
    const auto pool = !given.pool.empty() ? given.pool
                      : !instance.empty() ? instance
                                          : facts.cpu_model;
    json::object entry{{"architecture", facts.architecture},
                       {"machine", facts.machine},
                       {"cpu_model", or_null(facts.cpu_model)},
                       {"cpu_vendor", or_null(facts.cpu_vendor)},
                       {"cpu_id", or_null(facts.cpu_id)},
                       {"features", strings_or_null(facts.features)},
                       {"variants", variants()},
                       {"active_variant", kernels::active_variant()}};
    machine::put_counts(entry, facts);
    const json::object more{
        {"numa_nodes", or_null(facts.numa_nodes)},
        {"caches",
         facts.caches.empty() ? json::value(nullptr) : json::value(machine::caches_json(facts))},
        {"cpuset", or_null(cpu_list(facts.cpuset))},
        {"core_threads", machine::core_threads_json(facts)},
        {"quota_cpus", or_null(facts.quota_cpus)},
        {"usable_threads", machine::usable_threads(facts)},
        {"emulated", or_null(facts.emulated)},
        {"hypervisor", or_null(facts.hypervisor)},
        {"provider", or_null(facts.provider)},
        {"instance", or_null(instance)},
        {"node", or_null(given.node)},
        {"pod", or_null(given.pod)},
        {"pool", or_null(pool)},
        {"kernel_release", or_null(facts.kernel_release)},
        {"memory_bytes", or_null(facts.memory_bytes)},
        {"memory_limit_bytes", or_null(facts.memory_limit_bytes)},
        {"vulnerabilities", vulnerabilities(facts.set)},
        {"smt_control", or_null(facts.set.smt_control)},
        {"microcode", or_null(facts.set.microcode)},
        {"page_size_bytes", or_null(facts.set.page_size_bytes)},
        {"transparent_huge_pages", or_null(facts.set.transparent_huge_pages)},
        {"numa_balancing", or_null(facts.set.numa_balancing)},
        {"c_library", or_null(facts.set.c_library)},
        {"contradictions", json::value_from(facts.contradictions)}};
    entry.insert(more.begin(), more.end());
    for (const auto& [field, value] : entry) {
        if (value.is_null()) {
            add_note(document, "/machine/" + std::string{field},
                     reason_for(field, facts.emulated.value_or(false)));
        }
    }
    document["machine"] = std::move(entry);
}

std::string cpu_list(const std::vector<int>& cpus) {
    std::string text;
    for (std::size_t i = 0; i < cpus.size();) {
        std::size_t last = i;
        while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
        if (!text.empty()) text += ',';
        text += std::to_string(cpus[i]);
        if (last > i) text += '-' + std::to_string(cpus[last]);
        i = last + 1;
    }
    return text;
}

}  // namespace lanewise::bench
