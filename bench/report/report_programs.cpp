#include <algorithm>
#include <string>

#include "bench/claims/claims_kernels.hpp"
#include "bench/documents/exec_section.hpp"
#include "bench/documents/typed.hpp"
#include "bench/figures/format.hpp"
#include "bench/figures/statistics.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

std::string rate_in(const std::optional<double>& rate, const std::string& unit) {
    return rate ? with_prefix(*rate, unit + "/s") : "no clean round";
}

report_table threads_table(const document& from) {
    report_table table{
        "Program on " + machine_and_node(from),
        "Copies, each pinned to a hardware thread. SMT yield: all threads ÷ one per core − 1. "
        "Neighbour penalty: what a copy loses when its core's other thread runs another copy, or "
        "reads memory. 95 % intervals in brackets. " +
            about_ipc(from),
        {"work", "one copy", "one per core", "all threads", "SMT yield", "IPC, one", "IPC, all",
         "neighbour penalty", "memory neighbour", "efficiency, all", "spread over copies",
         "J a unit", "disturbed"},
        1,
        {}};
    for (const auto& work : claims_about_threads(from)) {
        if (work.kind == "program") table.rows.push_back(threads_row(work));
    }
    return table;
}

/// What the rounds of a case came to, disturbed ones too: CPU time and memory are the program's.
struct totals {
    double runs = 0, cpu_seconds = 0, bench_cpu_seconds = 0;
    double memory_bytes_max = 0, left_behind = 0;
};

totals totals_of(const exec_case& one) {
    totals sum;
    for (const auto& round : one.rounds) {
        sum.runs += static_cast<double>(round.runs);
        sum.cpu_seconds += round.cpu_seconds;
        sum.bench_cpu_seconds += round.bench_cpu_seconds;
        sum.memory_bytes_max =
            std::max(sum.memory_bytes_max, static_cast<double>(round.memory_bytes_max));
        sum.left_behind += static_cast<double>(round.left_behind);
    }
    return sum;
}

report_table runs_table(const document& from) {
    report_table table{
        "Runs of the program on " + machine_and_node(from),
        "CPU: of a run, with the processes that it waited for. Memory: of the largest process, and "
        "never less than the bench's own. The bench's CPU: what starting and watching a run took, "
        "on the same hardware threads, and its share of all. Left behind: processes that outlived "
        "their run; the bench ended them.",
        {"placement", "copies", "runs", "CPU, s a run", "memory", "the bench's CPU, s a run",
         "its share", "left behind", "ended by"},
        1,
        {}};
    const auto program = section_of<exec_section>(from);
    if (!program) return table;
    for (const auto& one : program->cases) {
        const auto sum = totals_of(one);
        const double all = sum.cpu_seconds + sum.bench_cpu_seconds;
        const bool any = sum.runs > 0;
        table.rows.push_back({one.placement, std::to_string(one.threads), digits(sum.runs),
                              any ? digits(sum.cpu_seconds / sum.runs) : "none",
                              any ? with_prefix(sum.memory_bytes_max, "B") : "none",
                              any ? digits(sum.bench_cpu_seconds / sum.runs) : "none",
                              all > 0 ? percent(sum.bench_cpu_seconds / all) : "none",
                              digits(sum.left_behind),
                              one.failure ? one.failure->what : "its time"});
    }
    return table;
}

}  // namespace

std::vector<std::string> threads_row(const thread_claims& work) {
    std::string efficiency = "not measured";
    if (work.one && work.all && !work.scaling.empty())
        efficiency = percent(work.scaling.back().efficiency);
    return {work.kernel + (work.level.empty() ? "" : " in " + work.level),
            rate_in(work.one, work.unit),
            rate_in(work.one_per_core, work.unit),
            rate_in(work.all, work.unit),
            share(work.smt_yield, work.missing),
            ipc(work.counters_one),
            ipc(work.counters_all),
            share(work.neighbour_penalty, work.missing),
            share(work.memory_neighbour_penalty, work.missing),
            efficiency,
            work.spread_across_threads ? percent(*work.spread_across_threads) : "n/a",
            work.joules_per_item ? digits(*work.joules_per_item) : "not measured",
            counted(static_cast<std::size_t>(work.disturbed_rounds), "round")};
}

std::vector<report_table> program_tables(std::span<const document> documents) {
    std::vector<report_table> tables;
    for (const auto& one : documents) {
        tables.push_back(threads_table(one));
        tables.push_back(runs_table(one));
    }
    return tables;
}

}  // namespace lanewise::bench
