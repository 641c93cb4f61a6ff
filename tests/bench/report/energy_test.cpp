// Joules from documents to the tables of a report, in the units that the tables say.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "bench/documents/document.hpp"
#include "bench/documents/exec_section.hpp"
#include "bench/documents/sweeps_section.hpp"
#include "bench/documents/typed.hpp"
#include "bench/machine/measured_machine.hpp"
#include "bench/report/report.hpp"

using namespace lanewise::bench;

namespace {

sweep_case drawing(const char* kind, const char* name, const char* placement, int threads,
                   double joules_per_item) {
    sweep_case one;
    one.kind = kind, one.name = name, one.level = kind == std::string{"kernel"} ? "L1" : "";
    one.group = kind == std::string{"kernel"} ? "arithmetic" : "crypto";
    one.unit = kind == std::string{"kernel"} ? "elements" : "handshakes";
    one.placement = placement, one.threads = threads, one.clean_rounds = 9;
    for (int cpu = 0; cpu < threads; ++cpu) one.cpus.push_back(cpu);
    one.rounds.assign(9, {.rate = 1e3 * threads,
                          .slowest_thread = 1e3,
                          .fastest_thread = 1e3,
                          .joules_per_item = joules_per_item,
                          .disturbed = {}});
    return one;
}

/// A machine of eight threads whose packages were read: a kernel, a service's work and a program.
report made_of_joules() {
    sweeps_section sweeps;
    sweeps.variant = "avx2", sweeps.seconds = 0.02, sweeps.energy_readable = true;
    sweeps.cases = {drawing("kernel", "dot_f32", "one", 1, 9e-9),
                    drawing("kernel", "dot_f32", "all", 8, 3e-9),
                    drawing("service", "tls_handshake", "one", 1, 5.0),
                    drawing("service", "tls_handshake", "all", 8, 0.25)};
    exec_section program;
    program.name = "gzip", program.command = {"gzip"}, program.unit = "runs";
    program.timeout_seconds = 1, program.seconds = 1, program.energy_readable = true;
    for (const int threads : {1, 8}) {
        exec_round round;
        round.rate = 10 * threads, round.slowest_copy = 10, round.fastest_copy = 10;
        round.joules_per_unit = threads == 8 ? 1.75 : 6.0;
        round.runs = 10, round.units = 10;
        exec_case one;
        one.placement = threads == 8 ? "all" : "one", one.threads = threads, one.clean_rounds = 9;
        for (int cpu = 0; cpu < threads; ++cpu) one.cpus.push_back(cpu);
        one.rounds.assign(9, round);
        program.cases.push_back(one);
    }
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "run"});
    put_machine(content,
                lanewise::machine::read(LANEWISE_TEST_DATA "/machines/m7i-2xlarge-pod", "x86_64"),
                {.node = "n", .pod = "", .instance = "m7i.2xlarge", .pool = "m7i.2xlarge"});
    content["synthetic"] = true;
    content["sweeps"] = write_section(sweeps);
    content["exec"] = write_section(program);
    auto parsed = parse_document("a.json", document_text(content));
    if (auto* bad = std::get_if<std::vector<bad_document>>(&parsed)) FAIL(bad->front().sentence());
    return make_report({{std::get<document>(parsed)}, {}});
}

/// The cell under this head, of the table that begins so and the row that holds this text.
std::string cell(const report& made, std::string_view title, std::string_view text,
                 std::string_view head) {
    for (const auto& table : made.tables) {
        if (!table.title.starts_with(title)) continue;
        const auto column = std::ranges::find(table.head, head);
        if (column == table.head.end()) continue;
        for (const auto& row : table.rows) {
            if (std::ranges::any_of(row,
                                    [&](const std::string& one) { return one.starts_with(text); }))
                return row.at(static_cast<std::size_t>(column - table.head.begin()));
        }
    }
    return "no such cell";
}

}  // namespace

TEST_CASE("a kernel's joules are of 10^9 elements on all threads, others' of a unit") {
    const auto made = made_of_joules();
    CHECK(cell(made, "Threads on ", "dot_f32", "J per 10^9") == "3.00");
    CHECK(cell(made, "Services' work on m7i", "tls_handshake", "J a unit") == "0.250");
    CHECK(cell(made, "Program on ", "gzip", "J a unit") == "1.75");
}

TEST_CASE("the same joules stand beside the pools' prices") {
    const auto made = made_of_joules();
    CHECK(cell(made, "Kernels on all threads", "dot_f32", "J per 10^9") == "3.00");
    CHECK(cell(made, "Services' work on all threads", "tls_handshake", "J a unit") == "0.250");
    CHECK(cell(made, "Programs on all threads", "gzip", "J a unit") == "1.75");
}
