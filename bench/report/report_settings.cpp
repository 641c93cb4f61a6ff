// Where the machines that were measured are not set alike: what the documents record of microcode,
// mitigations, pages and so on, and which of it differs.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "bench/claims/claims_kernels.hpp"
#include "bench/documents/machine_section.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

constexpr auto title = "Settings that differ";

/// How far a difference in a setting speaks: some are the CPU's own, and always differ between
/// unlike pools.
enum class reach : std::uint8_t { pool, shown, warned };

struct setting {
    std::string name;
    reach between_pools;
    std::optional<std::string> value;
};

std::vector<setting> settings_of(const machine_section& machine) {
    const auto number = [](const auto& value) {
        return value ? std::optional{std::to_string(*value)} : std::nullopt;
    };
    std::vector<setting> list{
        {"SMT control", reach::shown, machine.smt_control},
        {"microcode", reach::pool, machine.microcode},
        {"page size, bytes", reach::warned, number(machine.page_size_bytes)},
        {"transparent huge pages", reach::warned, machine.transparent_huge_pages},
        {"NUMA balancing", reach::warned, number(machine.numa_balancing)},
        {"C library", reach::warned, machine.c_library},
        {"kernel", reach::pool, machine.kernel_release}};
    if (machine.vulnerabilities) {
        for (const auto& [name, state] : *machine.vulnerabilities)
            list.push_back({"vulnerability " + name, reach::shown, state});
    }
    return list;
}

/// One setting over all machines: pool -> value -> nodes. What a document does not tell is left
/// out: not knowing is no difference.
struct values_seen {
    reach between_pools;
    std::map<std::string, std::map<std::string, std::vector<std::string>>> pools;

    [[nodiscard]] bool differs_within(const std::string& pool) const {
        const auto found = pools.find(pool);
        return found != pools.end() && found->second.size() > 1;
    }
    [[nodiscard]] bool differs_within_any() const {
        return std::ranges::any_of(pools, [](const auto& one) { return one.second.size() > 1; });
    }
    [[nodiscard]] bool differs_between() const {
        std::set<std::string> found;
        for (const auto& [pool, values] : pools) {
            for (const auto& [value, nodes] : values) found.insert(value);
        }
        return pools.size() > 1 && found.size() > 1;
    }
    [[nodiscard]] bool worth_showing() const {
        return differs_within_any() || (between_pools != reach::pool && differs_between());
    }
};

using seen_by_name = std::vector<std::pair<std::string, values_seen>>;

void add(seen_by_name& seen, const setting& found, const std::string& pool,
         const std::string& node) {
    if (!found.value) return;
    auto place = std::ranges::find(seen, found.name, &seen_by_name::value_type::first);
    if (place == seen.end())
        place = seen.insert(seen.end(),
                            {found.name, {.between_pools = found.between_pools, .pools = {}}});
    auto& nodes = place->second.pools[pool][*found.value];
    if (std::ranges::find(nodes, node) == nodes.end()) nodes.push_back(node);
}

seen_by_name settings_of(std::span<const document> documents) {
    seen_by_name seen;
    for (const auto& one : documents) {
        const auto machine = machine_of(one);
        // A document of load describes the machine that made the load.
        const bool measured =
            !one.content.at("kernels").is_null() || !one.content.at("sweeps").is_null();
        if (!machine || !measured) continue;
        for (const auto& found : settings_of(*machine))
            add(seen, found, machine_name(one), machine->node.value_or(one.file));
    }
    std::erase_if(seen, [](const auto& one) { return !one.second.worth_showing(); });
    return seen;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 < words.size() ? ", " : " and ";
        text += words[i];
    }
    return text;
}

}  // namespace

report_table settings_table(std::span<const document> documents) {
    report_table table{title,
                       "Of the machines whose kernels were measured. Mitigations, pages and "
                       "microcode move rates by percents; what is the same everywhere, or not "
                       "recorded, is left out.",
                       {"setting", "machine", "nodes", "value"},
                       4,
                       {}};
    for (const auto& [name, seen] : settings_of(documents)) {
        for (const auto& [pool, values] : seen.pools) {
            for (const auto& [value, nodes] : values)
                table.rows.push_back({name, pool, listed(nodes), value});
        }
    }
    return table;
}

std::vector<std::string> settings_warnings(std::span<const document> documents) {
    const auto seen = settings_of(documents);
    std::set<std::string> pools;
    for (const auto& [name, values] : seen) {
        for (const auto& [pool, found] : values.pools) pools.insert(pool);
    }
    const auto see = std::string{" (table \""} + title + "\").";
    std::vector<std::string> warnings;
    for (const auto& pool : pools) {
        std::vector<std::string> names;
        for (const auto& [name, values] : seen) {
            if (values.differs_within(pool)) names.push_back(name);
        }
        if (!names.empty())
            warnings.push_back("The machines of " + pool + " are not set alike: they differ in " +
                               joined(names) + see);
    }
    std::vector<std::string> names;
    for (const auto& [name, values] : seen) {
        if (values.between_pools == reach::warned && values.differs_between())
            names.push_back(name);
    }
    if (!names.empty())
        warnings.push_back("The pools are not set alike: they differ in " + joined(names) + see);
    return warnings;
}

}  // namespace lanewise::bench
