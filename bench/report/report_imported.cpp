#include <string>

#include "bench/claims/claims_imported.hpp"
#include "bench/documents/imported_section.hpp"
#include "bench/documents/typed.hpp"
#include "bench/figures/format.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

node_row row_of(const imported_rate& one) {
    const auto ranked = one.unranked ? "no: " + *one.unranked : std::string{"yes"};
    const auto unit = one.unit + "/s";
    if (!one.per_second) {
        return {one.name,
                one.aggregate ? with_prefix(*one.aggregate, unit) + " (the file's own)" : "none",
                "none",
                "none",
                "0",
                ranked};
    }
    const auto& seen = *one.per_second;
    const bool single = seen.count < 2;
    return {one.name,
            rate_figure(seen.median, unit, ""),
            single ? std::string{"none"}
                   : "-" + percent(1 - seen.ci95.low / seen.median) + " +" +
                         percent(seen.ci95.high / seen.median - 1),
            single ? node_figure{"none"} : percent_figure(seen.mad / seen.median),
            std::to_string(seen.count),
            ranked};
}

}  // namespace

node_tables imported_tables(std::span<const document> documents) {
    node_tables tables{
        "Imported benchmarks",
        "Rates are what the file has, else 1 ÷ time: median over the repetitions, with its 95 % "
        "interval. Lanewise did not run them: what disturbed them is not known.",
        {"benchmark", "rate", "interval", "spread", "repetitions", "ranked"},
        1};
    for (const auto& one : documents) {
        const auto rates = imported_rates(one);
        if (rates.empty()) continue;
        const auto who = importing_machine(one);
        node_rows node{who.pool, who.node, one.file,
                       "From " + section_of<imported_section>(one)->file + ". "};
        for (const auto& rate : rates) node.rows.push_back(row_of(rate));
        tables.nodes.push_back(std::move(node));
    }
    return tables;
}

std::vector<std::string> imported_warnings(std::span<const document> documents) {
    std::vector<std::string> warnings;
    for (const auto& one : documents) {
        const auto section = section_of<imported_section>(one);
        if (!section) continue;
        for (const auto& text : section->warnings)
            warnings.push_back(section->file + ": " + text + ".");
        if (section->left_out.empty()) continue;
        const auto count = section->left_out.size();
        warnings.push_back(section->file + ": " + counted(count, "row") +
                           (count == 1 ? " does" : " do") +
                           " not count, the first: " + section->left_out.front() + ".");
    }
    return warnings;
}

}  // namespace lanewise::bench
