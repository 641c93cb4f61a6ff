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

node_figure rate_in(const std::optional<double>& rate, const std::string& unit) {
    return rate_figure(rate, unit + "/s", "no clean round");
}

node_tables threads_of_nodes(std::span<const document> documents) {
    node_tables tables{
        "Program",
        "Copies, each pinned to a hardware thread. SMT yield: all threads ÷ one per core − 1. "
        "Neighbour penalty: what a copy loses when its core's other thread runs another copy, or "
        "reads memory. 95 % intervals in brackets. " +
            about_ipc(),
        {"work", "one copy", "one per core", "all threads", "SMT yield", "IPC, one", "IPC, all",
         "neighbour penalty", "memory neighbour", "efficiency, all", "spread over copies",
         "J a unit", "disturbed"},
        1};
    for (const auto& one : documents) {
        auto node = rows_of(one);
        node.note = not_counted(one);
        for (const auto& work : claims_about_threads(one)) {
            if (work.kind == "program") node.rows.push_back(threads_row(work));
        }
        tables.nodes.push_back(std::move(node));
    }
    return tables;
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

node_tables runs_of_nodes(std::span<const document> documents) {
    node_tables tables{
        "Runs of the program",
        "CPU: of a run, with the processes that it waited for. Memory: of the largest process, and "
        "never less than the bench's own. The bench's CPU: what starting and watching a run took, "
        "on the same hardware threads, and its share of all. Left behind: processes that outlived "
        "their run; the bench ended them.",
        {"placement", "copies", "runs", "CPU, s a run", "memory", "the bench's CPU, s a run",
         "its share", "left behind", "ended by"},
        1};
    for (const auto& from : documents) {
        const auto program = section_of<exec_section>(from);
        if (!program) continue;
        auto node = rows_of(from);
        for (const auto& one : program->cases) {
            const auto sum = totals_of(one);
            const double all = sum.cpu_seconds + sum.bench_cpu_seconds;
            using figure = std::optional<double>;
            const auto a_run = [&](double value) {
                return number_figure(sum.runs > 0 ? figure{value / sum.runs} : figure{}, "none");
            };
            const auto known = sum.runs > 0 ? figure{sum.memory_bytes_max} : figure{};
            auto memory = rate_figure(known, "B", "none");
            memory.judged = false;
            node.rows.push_back(
                {one.placement, std::to_string(one.threads), number_figure(sum.runs),
                 a_run(sum.cpu_seconds), memory, a_run(sum.bench_cpu_seconds),
                 percent_figure(all > 0 ? figure{sum.bench_cpu_seconds / all} : figure{}, "none"),
                 number_figure(sum.left_behind),
                 one.failure ? one.failure->what : std::string{"its time"}});
        }
        tables.nodes.push_back(std::move(node));
    }
    return tables;
}

}  // namespace

node_row threads_row(const thread_claims& work) {
    node_figure efficiency = "not measured";
    if (work.one && work.all && !work.scaling.empty())
        efficiency = percent_figure(work.scaling.back().efficiency);
    return {work.kernel + (work.level.empty() ? "" : " in " + work.level),
            rate_in(work.one, work.unit),
            rate_in(work.one_per_core, work.unit),
            rate_in(work.all, work.unit),
            share_figure(work.smt_yield, work.missing),
            ipc(work.counters_one),
            ipc(work.counters_all),
            share_figure(work.neighbour_penalty, work.missing),
            share_figure(work.memory_neighbour_penalty, work.missing),
            efficiency,
            percent_figure(work.spread_across_threads, "n/a"),
            number_figure(work.joules_per_item, "not measured"),
            rounds_figure(work.disturbed_rounds)};
}

std::vector<node_tables> program_tables(std::span<const document> documents) {
    return {threads_of_nodes(documents), runs_of_nodes(documents)};
}

}  // namespace lanewise::bench
