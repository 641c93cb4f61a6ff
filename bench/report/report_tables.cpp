#include <algorithm>
#include <boost/json/value.hpp>
#include <map>
#include <string>

#include "bench/claims/claims_kernels.hpp"
#include "bench/claims/claims_sweeps.hpp"
#include "bench/documents/environment_section.hpp"
#include "bench/documents/machine_section.hpp"
#include "bench/documents/typed.hpp"
#include "bench/figures/format.hpp"
#include "report_nodes.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

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

node_figure share_figure(const std::optional<ratio>& value, const std::string& otherwise) {
    if (!value) return otherwise;
    node_figure shown{value->value, [](double number) { return percent(number); }};
    shown.text = share(value, otherwise);
    return shown;
}

report_table machines_table(std::span<const document> documents) {
    node_tables machines{
        "Machines",
        "Within the process's own cpuset. A vCPU is a hardware thread; where a "
        "core has two, it is half a core.",
        {"architecture", "CPU", "variant", "cores", "threads", "threads a core", "quota"},
        1};
    for (const auto& one : documents) {
        const auto machine = machine_of(one);
        if (!machine) continue;
        const auto count = [](const std::optional<int>& number) {
            return number ? std::to_string(*number) : std::string{"unknown"};
        };
        machines.nodes.push_back({machine_name(one),
                                  machine->node.value_or(""),
                                  one.file,
                                  "",
                                  {{machine->architecture, machine->cpu_model.value_or("unknown"),
                                    machine->active_variant, count(machine->cores),
                                    count(machine->threads), count(machine->threads_per_core),
                                    machine->quota_cpus ? digits(*machine->quota_cpus) : "none"}}});
    }
    auto table = rows_by_pool(machines, "machine");
    table.numbers_from = 4;
    return table;
}

node_tables thread_tables(std::span<const document> documents) {
    node_tables tables{
        "Threads",
        "SMT yield: all threads ÷ one per core − 1. Neighbour penalty: what a thread loses "
        "when its sibling "
        "runs the same, or reads memory. Limits: share of the multiply-add peak and of the "
        "read rate of that "
        "level, both measured here on one thread. 95 % intervals in brackets. " +
            about_ipc(),
        {"kernel", "data in", "one thread", "one per core", "all threads", "SMT yield", "IPC, one",
         "IPC, all", "neighbour penalty", "memory neighbour", "efficiency, all",
         "spread over threads", "of arithmetic", "of reads", "J per 10^9", "disturbed"},
        2};
    tables.note_of_pool =
        "SMT yield: all threads ÷ one per core − 1. Neighbour penalty: what a thread loses when "
        "its sibling runs the same, or reads memory. Limits: of the node's own. " +
        about_ipc();
    for (const auto& one : documents) {
        node_rows node = rows_of(one);
        node.note = not_counted(one);
        for (const auto& thread : claims_about_threads(one)) {
            if (thread.kind != "kernel") continue;
            const auto rate = [](const std::optional<double>& value) {
                return rate_figure(value, "/s", "no clean round");
            };
            node_figure efficiency = "not measured";
            if (thread.one && thread.all)
                efficiency = percent_figure(thread.scaling.back().efficiency);
            std::optional<double> joules;
            if (thread.joules_per_item) joules = *thread.joules_per_item * 1e9;
            node.rows.push_back(
                {thread.kernel, thread.level, rate(thread.one), rate(thread.one_per_core),
                 rate(thread.all), share_figure(thread.smt_yield, thread.missing),
                 ipc(thread.counters_one), ipc(thread.counters_all),
                 share_figure(thread.neighbour_penalty, thread.missing),
                 share_figure(thread.memory_neighbour_penalty, thread.missing), efficiency,
                 percent_figure(thread.spread_across_threads, "n/a"),
                 percent_figure(thread.of_arithmetic), percent_figure(thread.of_read),
                 number_figure(joules, "not measured"), rounds_figure(thread.disturbed_rounds)});
        }
        tables.nodes.push_back(std::move(node));
    }
    return tables;
}

node_tables kernel_tables(std::span<const document> documents) {
    node_tables tables{
        "Kernels",
        "Items a second: median over the repetitions, with its 95 % interval.",
        {"kernel", "data in", "variant", "items", "interval", "bandwidth", "spread", "ranked"},
        3};
    tables.note_of_pool =
        "Items a second: of each node the median over the repetitions. Interval: half its width.";
    for (const auto& one : documents) {
        const auto rates = kernel_rates(one);
        if (rates.empty()) continue;
        auto node = rows_of(one);
        node.note = where_it_ran(one) + " ";
        const bool trusted = reasons_not_to_rank(one).empty();
        for (const auto& rate : rates) {
            const auto& items = rate.items_per_second;
            node_figure around{(items.ci95.high - items.ci95.low) / 2 / items.median,
                               [](double half) { return "± " + percent(half); }};
            around.text = "-" + percent(1 - items.ci95.low / items.median) + " +" +
                          percent(items.ci95.high / items.median - 1);
            auto bandwidth = rate_figure(rate.bytes_per_second, "B/s", "");
            bandwidth.judged = false;  // it is the items' rate once more
            node.rows.push_back({rate.kernel, rate.level, rate.variant,
                                 rate_figure(items.median, "/s", ""), around, bandwidth,
                                 percent_figure(items.mad / items.median),
                                 !trusted        ? std::string{"no: see above"}
                                 : rate.unranked ? "no: " + *rate.unranked
                                                 : std::string{"yes"}});
        }
        tables.nodes.push_back(std::move(node));
    }
    return tables;
}

report_table environment_table(std::span<const document> documents) {
    node_tables met{
        "What the runs met",
        "Between their start and their end, of the machine that ran the bench. PSI: the share of "
        "the "
        "time in which some task waited for it.",
        {"file", "seconds", "steal", "throttled periods", "CPU PSI", "memory PSI", "I/O PSI",
         "clock, GHz", "switches, involuntary", "load average", "governor"},
        0};
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
            if (!grown || seconds <= 0) return node_figure{"unknown"};
            return percent_figure(*grown / seconds / of_threads);
        };
        node_figure clock = known(before.clock_ghz) + " to " + known(after.clock_ghz);
        if (after.clock_ghz) {
            clock.value = after.clock_ghz;
            clock.show = [](double value) { return digits(value); };
        }
        auto node = rows_of(one);
        node.rows.push_back(
            {one.file, number_figure(seconds), share_of_time(&snapshot::steal_seconds, threads),
             number_figure(growth(&snapshot::throttled_periods), "no quota"),
             share_of_time(&snapshot::cpu_pressure_seconds),
             share_of_time(&snapshot::memory_pressure_seconds),
             share_of_time(&snapshot::io_pressure_seconds), clock,
             number_figure(after.switches_involuntary - before.switches_involuntary),
             number_figure(after.load_average), after.governor.value_or("unknown")});
        met.nodes.push_back(std::move(node));
    }
    return rows_by_pool(met, "machine");
}

report_table disturbances_table(std::span<const document> documents) {
    report_table table{
        "Disturbances", "", {"machine", "file", "kind", "what happened", "bars ranking"}, 5, {}};
    struct group {
        std::string pool, kind, text, bars;
        std::vector<std::string> nodes, files;
    };
    std::vector<group> groups;
    std::map<std::string, std::size_t> sizes;
    const auto add = [&](const document& from, const disturbance& found) {
        const std::string bars = found.bars_ranking ? "yes" : "no";
        auto place = std::ranges::find_if(groups, [&](const group& one) {
            return one.pool == machine_name(from) && one.kind == found.kind && one.bars == bars;
        });
        if (place == groups.end())
            place = groups.insert(groups.end(),
                                  {machine_name(from), found.kind, found.text, bars, {}, {}});
        place->nodes.push_back(machine_and_node(from));
        place->files.push_back(from.file);
    };
    for (const auto& one : documents) {
        if (section_of<environment_section>(one)) ++sizes[machine_name(one)];
    }
    for (const auto& one : documents) {
        const auto environment = section_of<environment_section>(one);
        if (!environment) continue;
        auto found = environment->disturbances;
        if (found.empty()) found.push_back({"none", 0, 0, false, "nothing beyond its bound"});
        const bool many = sizes[machine_name(one)] > handful;
        for (const auto& each : found) {
            if (many) {
                add(one, each);
            } else {
                table.rows.push_back({machine_and_node(one), one.file, each.kind, each.text,
                                      each.bars_ranking ? "yes" : "no"});
            }
        }
    }
    for (const auto& one : groups)
        table.rows.push_back({listed(one.nodes), listed(one.files), one.kind, one.text, one.bars});
    return table;
}

}  // namespace lanewise::bench
