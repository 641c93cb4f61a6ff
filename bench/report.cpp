#include "report.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <utility>

#include "claims_kernels.hpp"
#include "format.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

std::string shown(const json::value& value) {
    if (value.is_null()) return "unknown";
    if (value.is_string()) return std::string{value.get_string()};
    return json::serialize(value);
}

report_table machines_table(const std::vector<document>& documents) {
    report_table table{"Machines",
                       "",
                       {"machine", "architecture", "CPU", "variant", "cores", "threads",
                        "threads a core", "quota"},
                       4,
                       {}};
    for (const auto& one : documents) {
        const auto* machine = one.content.at("machine").if_object();
        if (!machine) continue;
        const auto& quota = machine->at("quota_cpus");
        table.rows.push_back({machine_name(one), shown(machine->at("architecture")),
                              shown(machine->at("cpu_model")), shown(machine->at("active_variant")),
                              shown(machine->at("cores")), shown(machine->at("threads")),
                              shown(machine->at("threads_per_core")),
                              quota.is_null() ? "none" : shown(quota)});
    }
    return table;
}

report_table kernels_table(const document& from, std::span<const kernel_rate> rates) {
    report_table table{
        "Kernels on " + machine_name(from),
        "One thread, pinned. Items a second: median over the repetitions, with its 95 % interval.",
        {"kernel", "data in", "variant", "items", "interval", "bandwidth", "spread", "ranked"},
        3,
        {}};
    const bool trusted = reasons_not_to_rank(from).empty();
    for (const auto& rate : rates) {
        const auto& items = rate.items_per_second;
        table.rows.push_back(
            {rate.kernel, rate.level, rate.variant, with_prefix(items.median, "/s"),
             "-" + percent(1 - items.ci95.low / items.median) + " +" +
                 percent(items.ci95.high / items.median - 1),
             with_prefix(rate.bytes_per_second, "B/s"), percent(items.mad / items.median),
             !trusted        ? "no: see above"
             : rate.unranked ? "no: " + *rate.unranked
                             : "yes"});
    }
    return table;
}

/// What one run of one machine allows: which variant serves it best, and where that is not decided.
std::string kernel_verdict(const document& from, std::span<const kernel_rate> rates) {
    const auto winners = kernel_winners(rates);
    if (winners.empty()) return "On " + machine_name(from) + " no kernel's figures may be ranked.";
    std::map<std::string, int> wins;
    int open = 0;
    for (const auto& winner : winners) {
        ++wins[winner.variant];
        if (!winner.decided) ++open;
    }
    const auto best =
        std::ranges::max_element(wins, {}, &std::pair<const std::string, int>::second);
    std::string text = "On " + machine_name(from) + ", " + best->first +
                       " is the fastest variant in " + std::to_string(best->second) + " of " +
                       counted(winners.size(), "measured case");
    if (open > 0)
        text += "; in " + std::to_string(open) + " the lead over the next variant is not decided";
    return text + ".";
}

void add_warnings(const document& from, report& made) {
    for (const auto& reason : reasons_not_to_rank(from)) {
        made.warnings.push_back(machine_name(from) + " is not ranked. " + reason);
    }
    if (const auto* environment = from.content.at("environment").if_object()) {
        for (const auto& one : environment->at("disturbances").as_array()) {
            if (!one.at("bars_ranking").as_bool()) {
                made.warnings.push_back(machine_name(from) + ": " +
                                        std::string{one.at("text").as_string()});
            }
        }
    }
    if (const auto* machine = from.content.at("machine").if_object()) {
        for (const auto& one : machine->at("contradictions").as_array()) {
            made.warnings.push_back(machine_name(from) + ": " + std::string{one.as_string()});
        }
    }
}

report_source source_of(const document& from) {
    const auto& made = from.content.at("made").as_object();
    std::string command;
    for (const auto& word : made.at("command").as_array())
        command += (command.empty() ? "" : " ") + shown(word);
    return {from.file, from.sha256,
            shown(made.at("time")) + ", commit " + shown(made.at("commit")).substr(0, 12), command};
}

}  // namespace

report make_report(const loaded_documents& from) {
    report made;
    for (const auto& bad : from.bad) made.warnings.push_back("Not counted: " + bad.sentence());
    if (!from.documents.empty()) made.tables.push_back(machines_table(from.documents));
    for (const auto& one : from.documents) {
        const auto* synthetic = one.content.if_contains("synthetic");
        made.synthetic = made.synthetic || (synthetic && *synthetic == json::value(true));
        add_warnings(one, made);
        made.sources.push_back(source_of(one));
        const auto rates = kernel_rates(one);
        if (rates.empty()) continue;
        made.tables.push_back(kernels_table(one, rates));
        if (!made.verdict.empty()) made.verdict += " ";
        made.verdict += reasons_not_to_rank(one).empty()
                            ? kernel_verdict(one, rates)
                            : "Nothing measured on " + machine_name(one) + " may be ranked.";
    }
    if (made.verdict.empty())
        made.verdict = "There is nothing to judge: no document holds a measurement.";
    return made;
}

}  // namespace lanewise::bench
