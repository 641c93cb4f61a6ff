#include "bench/claims/claims_counters.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "bench/claims/claims_sweeps.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/sweeps_section.hpp"
#include "bench/documents/typed.hpp"
#include "bench/machine/measured_machine.hpp"
#include "bench/report/report.hpp"

using namespace lanewise::bench;

namespace {

thread_counts counted(int cpu, double items, double cycles, double instructions) {
    return {cpu, items, cycles, instructions, instructions / 100, instructions / 1000};
}

sweep_case kernel_on(const char* placement, std::vector<int> cpus, double ipc) {
    sweep_case one;
    one.kind = "kernel", one.name = "dot_f32", one.level = "L1", one.parameters = "n:64";
    one.operations_per_item = 2, one.bytes_per_item = 8;
    one.placement = placement, one.threads = static_cast<int>(cpus.size());
    one.clean_rounds = 9;
    const double rate = 1e9 * one.threads;
    one.rounds.assign(9, {.rate = rate,
                          .slowest_thread = 1e9,
                          .fastest_thread = 1e9,
                          .joules_per_item = {},
                          .disturbed = {}});
    std::vector<thread_counts> counts;
    for (const int cpu : cpus) counts.push_back(counted(cpu, 1e6, 2e6, 2e6 * ipc));
    one.counts = counts;
    one.cpus = std::move(cpus);
    return one;
}

document measured(std::vector<sweep_case> cases, const std::string& note = "") {
    sweeps_section sweeps;
    sweeps.variant = "avx2", sweeps.seconds = 0.02, sweeps.cases = std::move(cases);
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "run"});
    put_machine(content,
                lanewise::machine::read(LANEWISE_TEST_DATA "/machines/m7i-2xlarge-pod", "x86_64"),
                {.node = "n", .pod = "", .instance = "m7i.2xlarge", .pool = "m7i"});
    content["synthetic"] = true;
    content["sweeps"] = write_section(sweeps);
    if (!note.empty()) add_note(content, "/sweeps/cases", note);
    auto parsed = parse_document("a.json", document_text(content));
    if (auto* bad = std::get_if<std::vector<bad_document>>(&parsed)) FAIL(bad->front().sentence());
    return std::get<document>(parsed);
}

const report_table& table_of(const report& made, std::string_view title) {
    const auto found = std::ranges::find_if(
        made.tables, [&](const report_table& one) { return one.title.starts_with(title); });
    REQUIRE(found != made.tables.end());
    return *found;
}

std::string cell(const report_table& table, std::size_t row, std::string_view column) {
    const auto place = std::ranges::find(table.head, column);
    REQUIRE(place != table.head.end());
    return table.rows.at(row).at(static_cast<std::size_t>(place - table.head.begin()));
}

}  // namespace

TEST_CASE("IPC is all instructions over all cycles, and misses are of a thousand instructions") {
    const auto found =
        claims_about_counters(std::vector{counted(0, 10, 1000, 3000), counted(1, 30, 3000, 1000)});
    REQUIRE(found);
    CHECK(found->ipc == doctest::Approx(1.0));
    CHECK(found->ipc_lowest == doctest::Approx(1.0 / 3));
    CHECK(found->ipc_highest == doctest::Approx(3.0));
    CHECK(found->cycles_per_item == doctest::Approx(100));
    CHECK(found->branch_misses == doctest::Approx(10));
    CHECK(found->last_level_misses == doctest::Approx(1));
}

TEST_CASE("a count that one thread lacks is not known of all; nothing counted is no claim") {
    auto lacking = counted(1, 30, 3000, 1000);
    lacking.last_level_misses.reset();
    const auto found = claims_about_counters(std::vector{counted(0, 10, 1000, 3000), lacking});
    REQUIRE(found);
    CHECK(found->ipc == doctest::Approx(1.0));
    CHECK(found->last_level_misses == std::nullopt);
    CHECK_FALSE(claims_about_counters(std::nullopt));
    CHECK_FALSE(claims_about_counters(std::vector<thread_counts>{}));
    const auto idle = claims_about_counters(std::vector{thread_counts::none_yet(0)});
    REQUIRE(idle);
    CHECK(idle->ipc == std::nullopt);
    CHECK(idle->cycles_per_item == std::nullopt);
}

TEST_CASE("the report has IPC beside the yield, of one thread and of all, and says what it means") {
    const auto made = make_report(
        {{measured({kernel_on("one", {0}, 3.5), kernel_on("one_per_core", {0, 1, 2, 3}, 3.4),
                    kernel_on("all", {0, 1, 2, 3, 4, 5, 6, 7}, 1.8),
                    [] {
                        auto beside = kernel_on("neighbour_same", {0, 4}, 0.5);
                        beside.threads = 1;
                        return beside;
                    }()})},
         {}});
    const auto& threads = table_of(made, "Threads on ");
    REQUIRE(threads.rows.size() == 1);
    CHECK(cell(threads, 0, "IPC, one") == "3.50");
    CHECK(cell(threads, 0, "IPC, all") == "1.80");
    const auto yield = std::ranges::find(threads.head, "SMT yield");
    CHECK(*(yield + 1) == "IPC, one");
    CHECK(threads.note.find("IPC: instructions a cycle of a thread") != std::string::npos);
    const auto& counters = table_of(made, "What the CPU counted on ");
    CHECK(cell(counters, 0, "work") == "dot_f32 in L1");
    CHECK(cell(counters, 0, "cycles an item, one") == "2.00");
    CHECK(cell(counters, 0, "lowest to highest") == "1.80 to 1.80");
    CHECK(cell(counters, 0, "branch misses, one") == "10.0");
    CHECK(cell(counters, 0, "last-level misses, all") == "1.00");
    for (const auto& text : {to_terminal(made, false), to_markdown(made), to_html(made)}) {
        CHECK(text.find("IPC, one") != std::string::npos);
        CHECK(text.find("What the CPU counted") != std::string::npos);
    }
}

TEST_CASE("where nothing is counted the report says so, and what forbids it") {
    auto one = kernel_on("one", {0}, 1);
    one.counts.reset();
    const auto made = make_report(
        {{measured({one}, "not counted: cycles: kernel.perf_event_paranoid is 3")}, {}});
    const auto& threads = table_of(made, "Threads on ");
    CHECK(cell(threads, 0, "IPC, one") == "not counted");
    CHECK(threads.note.starts_with("Not counted are cycles: kernel.perf_event_paranoid is 3. "));
    for (const auto& table : made.tables)
        CHECK_FALSE(table.title.starts_with("What the CPU counted"));
}
