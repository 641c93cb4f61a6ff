#include <string>

#include "bench/claims/claims_counters.hpp"
#include "bench/claims/claims_kernels.hpp"
#include "bench/documents/made_section.hpp"
#include "bench/figures/format.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

node_figure number(const std::optional<double>& value) {
    return number_figure(value, "not counted");
}

std::string both(const std::optional<double>& low, const std::optional<double>& high) {
    return low && high ? digits(*low) + " to " + digits(*high) : "not counted";
}

}  // namespace

node_figure ipc(const std::optional<counter_claims>& of) {
    return number(of ? of->ipc : std::nullopt);
}

std::string about_ipc() {
    return "IPC: instructions a cycle of a thread, in user mode. A thread with a high IPC leaves "
           "its sibling little of the core, and the yield is small; one with a low IPC waits for "
           "memory or for branches, and the second thread works meanwhile, unless all wait for one "
           "memory: then the IPC of all threads is far below that of one.";
}

std::string not_counted(const document& from) {
    std::string text;
    constexpr std::string_view mark = "not counted: ";
    for (const auto& [field, note] : notes_of(from)) {
        if (field.ends_with("/cases") && note.starts_with(mark))
            text += "Not counted are " + note.substr(mark.size()) + ". ";
    }
    return text;
}

node_tables counter_tables(std::span<const document> documents) {
    node_tables tables{
        "What the CPU counted",
        "In user mode, over the rounds that nothing disturbed. Misses are in a thousand "
        "instructions; those of the last level went to memory. Where the IPC of all threads is far "
        "below that of one, they wait for what they share.",
        {"work", "IPC, one thread", "IPC, all threads", "lowest to highest", "cycles an item, one",
         "cycles an item, all", "branch misses, one", "branch misses, all",
         "last-level misses, one", "last-level misses, all"},
        1};
    for (const auto& one : documents) {
        auto node = rows_of(one);
        for (const auto& work : claims_about_threads(one)) {
            if (!work.counters_one && !work.counters_all) continue;
            const auto single = work.counters_one.value_or(counter_claims{});
            const auto all = work.counters_all.value_or(counter_claims{});
            node.rows.push_back({work.kernel + (work.level.empty() ? "" : " in " + work.level),
                                 number(single.ipc), number(all.ipc),
                                 both(all.ipc_lowest, all.ipc_highest),
                                 number(single.cycles_per_item), number(all.cycles_per_item),
                                 number(single.branch_misses), number(all.branch_misses),
                                 number(single.last_level_misses), number(all.last_level_misses)});
        }
        tables.nodes.push_back(std::move(node));
    }
    return tables;
}

}  // namespace lanewise::bench
