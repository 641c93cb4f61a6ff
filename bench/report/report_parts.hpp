// The parts that make_report puts together. Private to the report.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/claims/claims_cost.hpp"
#include "bench/claims/claims_sweeps.hpp"
#include "bench/documents/document.hpp"
#include "report.hpp"
#include "report_nodes.hpp"

namespace lanewise::bench {

// report_tables.cpp
/// "25 % (24 % to 26 %)", or otherwise.
[[nodiscard]] std::string share(const std::optional<ratio>& value, const std::string& otherwise);
[[nodiscard]] report_table machines_table(std::span<const document> documents);
[[nodiscard]] node_figure share_figure(const std::optional<ratio>& value,
                                       const std::string& otherwise);
[[nodiscard]] node_tables thread_tables(std::span<const document> documents);
[[nodiscard]] node_tables kernel_tables(std::span<const document> documents);
[[nodiscard]] report_table environment_table(std::span<const document> documents);
[[nodiscard]] report_table disturbances_table(std::span<const document> documents);

// report_counters.cpp
/// Of a thread; "not counted".
[[nodiscard]] node_figure ipc(const std::optional<counter_claims>& of);
/// What IPC means beside SMT yield.
[[nodiscard]] std::string about_ipc();
/// "Not counted are ... ", with what forbids it on this machine and a space for what follows; empty
/// where all was counted.
[[nodiscard]] std::string not_counted(const document& from);
[[nodiscard]] node_tables counter_tables(std::span<const document> documents);

// report_cost_tables.cpp
[[nodiscard]] std::vector<report_table> cost_tables(std::span<const work_claims> works);
[[nodiscard]] std::vector<report_table> load_tables(std::span<const document> documents);
[[nodiscard]] node_tables headroom_of_nodes(std::span<const document> documents);
/// What each held within its target: by it a node stands out too.
[[nodiscard]] node_tables held_by_nodes(std::span<const document> documents);
[[nodiscard]] report_table prices_table(std::span<const work_claims> works, std::string_view today);

// report_imported.cpp
[[nodiscard]] node_tables imported_tables(std::span<const document> documents);
[[nodiscard]] std::vector<std::string> imported_warnings(std::span<const document> documents);

// report_programs.cpp
[[nodiscard]] std::vector<node_tables> program_tables(std::span<const document> documents);

/// The row of a work that is no kernel, as programs' and services' tables have it.
[[nodiscard]] node_row threads_row(const thread_claims& work);

// report_services.cpp
[[nodiscard]] node_tables service_tables(std::span<const document> documents);
[[nodiscard]] report_table groups_table(std::span<const work_claims> works);

// report_settings.cpp
[[nodiscard]] report_table settings_table(std::span<const document> documents);
[[nodiscard]] std::vector<std::string> settings_warnings(std::span<const document> documents);

// report_live.cpp
[[nodiscard]] std::vector<report_table> live_tables(std::span<const document> documents);
[[nodiscard]] std::vector<std::string> live_sentences(std::span<const document> documents);
[[nodiscard]] std::vector<std::string> live_warnings(std::span<const document> documents);

// report_printable.cpp: names are other people's, so every face shows them by this.
[[nodiscard]] report printable(report shown);

// report_sources.cpp: how documents were made, each command once, with how many it made; the rarest
// are left out above a handful, and the last line says so.
[[nodiscard]] std::vector<std::string> commands_of(const std::vector<report_source>& sources);

// report_charts.cpp
[[nodiscard]] std::vector<report_chart> make_charts(std::span<const document> documents,
                                                    std::span<const work_claims> works);

}  // namespace lanewise::bench
