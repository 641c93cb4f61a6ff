#include "report.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <iterator>
#include <map>
#include <utility>

#include "bench/claims/claims_cost.hpp"
#include "bench/claims/claims_kernels.hpp"
#include "bench/claims/generations.hpp"
#include "bench/documents/environment_section.hpp"
#include "bench/documents/gaps_section.hpp"
#include "bench/documents/machine_section.hpp"
#include "bench/documents/made_section.hpp"
#include "bench/documents/typed.hpp"
#include "bench/figures/format.hpp"
#include "in_groups.hpp"
#include "plan_parts.hpp"
#include "report_nodes.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

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

std::vector<const work_claims*> works_compared(const std::vector<work_claims>& works) {
    std::vector<const work_claims*> found;
    for (const auto& work : works) {
        if (!work.pairs.empty()) found.push_back(&work);
    }
    return found;
}

/// "kernels on all threads and imported benchmarks".
std::string kinds_of(const std::vector<const work_claims*>& works) {
    std::string text;
    for (const auto& [kind, name] : {std::pair{"imported", "imported benchmarks"},
                                     std::pair{"service", "services' work on all threads"},
                                     std::pair{"kernel", "kernels on all threads"}}) {
        const auto is_it = [&](const work_claims* work) {
            return !work->is_own() && work->kind == kind;
        };
        if (std::ranges::any_of(works, is_it))
            text += (text.empty() ? "" : " and ") + std::string{name};
    }
    return text;
}

/// What somebody runs decides where there is any; else how the kernels fall out, pool against pool.
std::string cost_verdict_of(const std::vector<work_claims>& works) {
    const auto compared = works_compared(works);
    std::string text;
    for (const auto* work : compared) {
        if (!work->is_own()) continue;
        for (const auto& pair : work->pairs)
            text += (text.empty() ? "" : " ") + sentence_of(*work, pair);
    }
    if (!text.empty()) return text;
    std::map<std::string, int> cheaper;
    int ties = 0, open = 0, cases = 0;
    for (const auto* work : compared) {
        for (const auto& pair : work->pairs) {
            ++cases;
            const auto verdict = pair.cost ? pair.cost->verdict : cost_verdict::not_decided;
            if (verdict == cost_verdict::cheaper) ++cheaper[work->pools[pair.first].pool];
            if (verdict == cost_verdict::tie) ++ties;
            if (verdict == cost_verdict::not_decided) ++open;
        }
    }
    if (cases == 0) return {};
    if (cases == 1) return sentence_of(*compared.front(), compared.front()->pairs.front());
    for (const auto& [pool, count] : cheaper) {
        text += (text.empty() ? "" : ", ") + pool + " is cheaper in " + std::to_string(count);
    }
    if (ties > 0)
        text += (text.empty() ? "" : ", ") + std::string{"the cost is the same in "} +
                std::to_string(ties);
    if (open > 0)
        text += (text.empty() ? "" : ", ") + std::to_string(open) + (open == 1 ? " is" : " are") +
                " not decided";
    return "Of " + counted(static_cast<std::size_t>(cases), "comparison") + " of " +
           kinds_of(compared) + ", " + text + ".";
}

/// Where there is nothing to compare: what was measured, and that it stands alone.
std::string figures_of(const std::vector<work_claims>& works) {
    std::string text;
    for (const auto& work : works) {
        for (const auto& pool : work.pools) {
            if (!text.empty()) text += " ";
            if (!pool.ranked()) {
                text += "For " + work.name + ", " + pool.pool +
                        " is not ranked: " + pool.unranked.front() + ".";
            } else {
                text += "For " + work.name + ", " + pool.pool + " does " +
                        with_prefix(pool.rate, work.unit + "/s") +
                        "; there is no priced second pool to compare it with.";
            }
            if (!work.is_own())
                return text;  // one kernel says how things stand; the tables have the others
        }
    }
    return text;
}

void add_price_warnings(const std::vector<work_claims>& works, std::string_view today,
                        report& made) {
    for (const auto& work : works) {
        for (const auto& pool : work.pools) {
            std::vector<std::string> found;
            if (pool.paid) found = warnings_about(*pool.paid, today);
            if (!pool.paid && pool.ranked()) {
                const auto& name = pool.instance.empty() ? pool.pool : pool.instance;
                const auto quoted = name.find(' ') == std::string::npos ? "" : "'";
                found.push_back("No price is known for " + name + "; give one by --price " +
                                quoted + name + "=DOLLARS" + quoted + ".");
            }
            if (auto unknown = what_is_unknown(pool); work.served && !unknown.empty())
                found.push_back(std::move(unknown));
            for (const auto& warning : found) {
                if (std::ranges::find(made.warnings, warning) == made.warnings.end())
                    made.warnings.push_back(warning);
            }
        }
    }
}

std::vector<std::string> warnings_about(const document& from) {
    std::vector<std::string> found;
    for (const auto& reason : reasons_not_to_rank(from)) {
        found.push_back(machine_name(from) + " is not ranked. " + reason);
    }
    if (const auto environment = section_of<environment_section>(from)) {
        for (const auto& one : environment->disturbances) {
            if (!one.bars_ranking) found.push_back(machine_name(from) + ": " + one.text);
        }
    }
    for (const auto& [field, text] : notes_of(from)) {
        if (field.empty() && text.starts_with("interrupted"))
            found.push_back(machine_name(from) + ", " + from.file + ": " + text + ".");
    }
    if (const auto machine = machine_of(from)) {
        for (const auto& sentence : machine->contradictions)
            found.push_back(machine_name(from) + ": " + sentence);
    }
    return found;
}

/// What warnings of one kind share: all but their numbers and the name of their file.
std::string kind_of(std::string warning, const std::string& file) {
    if (const auto place = warning.find(file); !file.empty() && place != std::string::npos)
        warning.erase(place, file.size());
    std::erase_if(warning,
                  [](char letter) { return (letter >= '0' && letter <= '9') || letter == '.'; });
    return warning;
}

/// Of more than a handful of documents that say the same but for its numbers, the first.
std::vector<std::string> document_warnings(std::span<const document> documents) {
    std::vector<std::pair<std::string, std::string>> kinds_and_warnings;
    for (const auto& one : documents) {
        for (auto& warning : warnings_about(one))
            kinds_and_warnings.emplace_back(kind_of(warning, one.file), std::move(warning));
    }
    const auto same_kind = [](const auto& one, const auto& other) {
        return one.first == other.first;
    };
    std::vector<std::string> shown;
    for (auto& group : in_groups(std::move(kinds_and_warnings), same_kind)) {
        if (group.size() > handful) {
            shown.push_back(std::move(group.front().second) + " So say " +
                            std::to_string(group.size() - 1) + " more documents.");
        } else {
            for (auto& [kind, warning] : group) shown.push_back(std::move(warning));
        }
    }
    return shown;
}

std::string warning_of_nodes(const report_table& table) {
    return table.title + ": " + table.rows.front()[0] + " by the most, " + table.rows.front()[5] +
           " in " + table.rows.front()[2] + " (their table).";
}

report_table gaps_table(std::span<const document> documents) {
    report_table table{"Gaps: what was to be measured and was not",
                       "The figures are of what is left.",
                       {"what", "why", "document"},
                       3,
                       {}};
    std::vector<std::pair<measuring_gap, std::string>> all;
    for (const auto& one : documents) {
        for (const auto& found : gaps_of(one)) all.emplace_back(found, one.file);
    }
    const auto alike = [](const auto& one, const auto& other) {
        return one.first.what == other.first.what && one.first.why == other.first.why;
    };
    for (const auto& group : in_groups(std::move(all), alike)) {
        const auto& gap = group.front().first;
        std::vector<std::string> files;
        for (const auto& [same, file] : group) files.push_back(file);
        if (files.size() > handful) files = {listed(files)};
        for (const auto& file : files) table.rows.push_back({gap.what, gap.why, file});
    }
    return table;
}

/// Before any figure: who reads no further must not take the rest for the whole.
std::string warning_of_gaps(const report_table& table) {
    return "Not all that was to be measured was: " + counted(table.rows.size(), "gap") +
           (table.rows.size() == 1 ? " is" : " are") +
           " listed in their table, the first: " + table.rows.front()[0] + ": " +
           table.rows.front()[1] + ".";
}

/// What speaks of all pools first, then pool by pool; a pool before its nodes.
template <class Part>
void sort_by_pool(std::vector<Part>& parts) {
    std::map<std::string, std::size_t> places{{"", 0}};
    for (const auto& one : parts) places.try_emplace(one.pool, places.size());
    std::ranges::stable_sort(
        parts, {}, [&](const Part& one) { return std::pair{places.at(one.pool), one.of_node}; });
}

report_source source_of(const document& from) {
    const auto made = made_of(from);
    std::string command;
    for (const auto& word : made.command) command += (command.empty() ? "" : " ") + word;
    return {from.file, from.sha256, made.time + ", commit " + made.commit.substr(0, 12), command};
}

}  // namespace

report make_report(const loaded_documents& from, const price_table& prices,
                   std::string_view today) {
    report made;
    for (const auto& bad : from.bad) made.warnings.push_back("Not counted: " + bad.sentence());
    const auto gaps = gaps_table(from.documents);
    if (!gaps.rows.empty()) made.warnings.push_back(warning_of_gaps(gaps));
    const auto works = claims_about_cost(from.documents, prices);
    made.verdict = cost_verdict_of(works);
    made.many_nodes = has_many_nodes(from.documents);
    std::ranges::move(document_warnings(from.documents), std::back_inserter(made.warnings));
    for (const auto& one : from.documents) {
        const auto* synthetic = one.content.if_contains("synthetic");
        made.synthetic = made.synthetic || (synthetic && *synthetic == json::value(true));
        made.sources.push_back(source_of(one));
        // A verdict on pools is the answer; without one, what each machine's own run allows.
        const auto rates = kernel_rates(one);
        if (rates.empty() || !works_compared(works).empty()) continue;
        if (!made.verdict.empty()) made.verdict += " ";
        made.verdict += reasons_not_to_rank(one).empty()
                            ? kernel_verdict(one, rates)
                            : "Nothing measured on " + machine_name(one) + " may be ranked.";
    }
    for (const auto& sentence : live_sentences(from.documents))
        made.verdict += (made.verdict.empty() ? "" : " ") + sentence;
    for (auto& warning : live_warnings(from.documents)) made.warnings.push_back(std::move(warning));
    if (made.verdict.empty() && !from.documents.empty()) made.verdict = figures_of(works);
    if (made.verdict.empty())
        made.verdict = "There is nothing to judge: no document holds a measurement.";
    for (auto& warning : settings_warnings(from.documents))
        made.warnings.push_back(std::move(warning));
    for (auto& warning : imported_warnings(from.documents))
        made.warnings.push_back(std::move(warning));
    for (auto& warning : generation_warnings(works)) made.warnings.push_back(std::move(warning));
    add_price_warnings(works, today, made);
    if (from.documents.empty()) return made;

    const auto append = [&](std::vector<report_table> tables) {
        for (auto& table : tables) {
            if (!table.rows.empty()) made.tables.push_back(std::move(table));
        }
    };
    const auto threads = thread_tables(from.documents), kernels = kernel_tables(from.documents);
    std::vector<node_tables> of_nodes = program_tables(from.documents);
    of_nodes.insert(of_nodes.end(),
                    {imported_tables(from.documents), service_tables(from.documents), threads,
                     counter_tables(from.documents), kernels});
    const auto headroom = headroom_of_nodes(from.documents);
    auto judged = of_nodes;
    judged.insert(judged.begin(), {held_by_nodes(from.documents), headroom});
    auto far = nodes_that_stand_out(judged);
    for (const auto& table : far) {
        if (table.rows.front()[0] != "none") made.warnings.push_back(warning_of_nodes(table));
    }
    append({gaps});
    append(live_tables(from.documents));
    append(cost_tables(works));
    for (const auto& planned : planned_pools_of(works, {})) append({peaks_table(planned, {})});
    append({rows_by_pool(headroom)});
    append(load_tables(from.documents));
    append({machines_table(from.documents), settings_table(from.documents)});
    append({groups_table(works)});
    append({environment_table(from.documents), disturbances_table(from.documents),
            prices_table(works, today)});
    append(std::move(far));
    for (const auto& one : of_nodes) append(tables_by_pool(one));
    sort_by_pool(made.tables);
    made.charts = make_charts(from.documents, works);
    sort_by_pool(made.charts);
    return made;
}

}  // namespace lanewise::bench
