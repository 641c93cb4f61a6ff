#include <algorithm>
#include <boost/json/value.hpp>
#include <string>

#include "bench/claims/claims_kernels.hpp"
#include "bench/claims/claims_sweeps.hpp"
#include "bench/documents/environment_section.hpp"
#include "bench/documents/machine_section.hpp"
#include "bench/documents/typed.hpp"
#include "bench/figures/format.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

std::string share(const std::optional<double>& value, const char* otherwise = "not measured") {
    return value ? percent(*value) : otherwise;
}

using amount = std::optional<double>;

std::string known(const amount& value) {
    return value ? digits(*value) : "unknown";
}

/// What was done, not what was meant: a sandbox may refuse to pin.
std::string where_it_ran(const document& from) {
    const auto* cpu = from.content.at("kernels").as_object().at("context").as_object().if_contains(
        "lanewise_pinned_cpu");
    if (!cpu || !cpu->is_string()) return "One thread; whether it was pinned is not recorded.";
    if (*cpu == json::value("none"))
        return "One thread, not pinned: the system refused, so that it may have moved between "
               "cores.";
    return "One thread, pinned to hardware thread " + std::string{cpu->get_string()} + ".";
}

}  // namespace

std::string share(const std::optional<ratio>& value, const std::string& otherwise) {
    if (!value) return otherwise;
    return percent(value->value) + " (" + percent(value->ci95.low) + " to " +
           percent(value->ci95.high) + ")";
}

report_table machines_table(std::span<const document> documents) {
    report_table table{"Machines",
                       "Within the process's own cpuset. A vCPU is a hardware thread; where a core "
                       "has two, it is half a core.",
                       {"machine", "node", "architecture", "CPU", "variant", "cores", "threads",
                        "threads a core", "quota"},
                       5,
                       {}};
    for (const auto& one : documents) {
        const auto machine = machine_of(one);
        if (!machine) continue;
        const auto count = [](const std::optional<int>& number) {
            return number ? std::to_string(*number) : std::string{"unknown"};
        };
        table.rows.push_back({machine_name(one), machine->node.value_or("unknown"),
                              machine->architecture, machine->cpu_model.value_or("unknown"),
                              machine->active_variant, count(machine->cores),
                              count(machine->threads), count(machine->threads_per_core),
                              machine->quota_cpus ? digits(*machine->quota_cpus) : "none"});
    }
    return table;
}

std::vector<report_table> thread_tables(std::span<const document> documents) {
    std::vector<report_table> tables;
    for (const auto& one : documents) {
        auto claims = claims_about_threads(one);
        std::erase_if(claims, [](const thread_claims& each) { return each.kind != "kernel"; });
        if (claims.empty()) continue;
        report_table table{
            "Threads on " + machine_and_node(one),
            "SMT yield: all threads ÷ one per core − 1. Neighbour penalty: what a thread loses "
            "when its sibling "
            "runs the same, or reads memory. Limits: share of the multiply-add peak and of the "
            "read rate of that "
            "level, both measured here on one thread. 95 % intervals in brackets. " +
                about_ipc(one),
            {"kernel", "data in", "one thread", "one per core", "all threads", "SMT yield",
             "IPC, one", "IPC, all", "neighbour penalty", "memory neighbour", "efficiency, all",
             "spread over threads", "of arithmetic", "of reads", "J per 10^9", "disturbed"},
            2,
            {}};
        for (const auto& thread : claims) {
            const auto rate = [](const std::optional<double>& value) {
                return value ? with_prefix(*value, "/s") : std::string{"no clean round"};
            };
            std::string efficiency = "not measured";
            if (thread.one && thread.all) efficiency = percent(thread.scaling.back().efficiency);
            table.rows.push_back(
                {thread.kernel, thread.level, rate(thread.one), rate(thread.one_per_core),
                 rate(thread.all), share(thread.smt_yield, thread.missing),
                 ipc(thread.counters_one), ipc(thread.counters_all),
                 share(thread.neighbour_penalty, thread.missing),
                 share(thread.memory_neighbour_penalty, thread.missing), efficiency,
                 share(thread.spread_across_threads, "n/a"), share(thread.of_arithmetic),
                 share(thread.of_read),
                 thread.joules_per_item ? digits(*thread.joules_per_item * 1e9) : "not measured",
                 counted(static_cast<std::size_t>(thread.disturbed_rounds), "round")});
        }
        tables.push_back(std::move(table));
    }
    return tables;
}

std::vector<report_table> kernel_tables(std::span<const document> documents) {
    std::vector<report_table> tables;
    for (const auto& one : documents) {
        const auto rates = kernel_rates(one);
        if (rates.empty()) continue;
        report_table table{
            "Kernels on " + machine_and_node(one),
            where_it_ran(one) +
                " Items a second: median over the repetitions, with its 95 % interval.",
            {"kernel", "data in", "variant", "items", "interval", "bandwidth", "spread", "ranked"},
            3,
            {}};
        const bool trusted = reasons_not_to_rank(one).empty();
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
        tables.push_back(std::move(table));
    }
    return tables;
}

std::vector<report_table> environment_tables(std::span<const document> documents) {
    report_table table{
        "What the runs met",
        "Between their start and their end, of the machine that ran the bench. PSI: the share of "
        "the "
        "time in which some task waited for it.",
        {"machine", "file", "seconds", "steal", "throttled periods", "CPU PSI", "memory PSI",
         "I/O PSI", "clock, GHz", "switches, involuntary", "load average", "governor"},
        2,
        {}};
    for (const auto& one : documents) {
        const auto environment = section_of<environment_section>(one);
        if (!environment) continue;
        const auto& before = environment->before;
        const auto& after = environment->after;
        const double seconds = after.seconds - before.seconds;
        const auto machine = machine_of(one);
        const double threads = machine ? machine->threads.value_or(1) : 1;
        const auto growth = [&](amount snapshot::* field) -> amount {
            if (!(before.*field) || !(after.*field)) return std::nullopt;
            return *(after.*field) - *(before.*field);
        };
        const auto share_of_time = [&](amount snapshot::* field, double of_threads = 1) {
            const auto grown = growth(field);
            if (!grown || seconds <= 0) return std::string{"unknown"};
            return percent(*grown / seconds / of_threads);
        };
        const auto throttled = growth(&snapshot::throttled_periods);
        table.rows.push_back({machine_and_node(one), one.file, digits(seconds),
                              share_of_time(&snapshot::steal_seconds, threads),
                              throttled ? digits(*throttled) : "no quota",
                              share_of_time(&snapshot::cpu_pressure_seconds),
                              share_of_time(&snapshot::memory_pressure_seconds),
                              share_of_time(&snapshot::io_pressure_seconds),
                              known(before.clock_ghz) + " to " + known(after.clock_ghz),
                              digits(after.switches_involuntary - before.switches_involuntary),
                              known(after.load_average), after.governor.value_or("unknown")});
    }
    return {table};
}

report_table disturbances_table(std::span<const document> documents) {
    report_table table{
        "Disturbances", "", {"machine", "file", "kind", "what happened", "bars ranking"}, 5, {}};
    for (const auto& one : documents) {
        const auto environment = section_of<environment_section>(one);
        if (!environment) continue;
        if (environment->disturbances.empty())
            table.rows.push_back(
                {machine_and_node(one), one.file, "none", "nothing beyond its bound", "no"});
        for (const auto& found : environment->disturbances) {
            table.rows.push_back({machine_and_node(one), one.file, found.kind, found.text,
                                  found.bars_ranking ? "yes" : "no"});
        }
    }
    return table;
}

}  // namespace lanewise::bench
