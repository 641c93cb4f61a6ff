// lanewise-bench machine: what this machine is.
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <type_traits>

#include "bench/documents/document.hpp"
#include "bench/figures/format.hpp"
#include "bench/machine/measured_machine.hpp"
#include "command.hpp"
#include "kernels/machine/machine.hpp"
#include "options.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

struct machine_options {
    labels names;
    std::string isa;
    bool json = false;
};

std::string line(std::string_view name, const std::string& value) {
    return std::string{name} + std::string(name.size() < 18 ? 18 - name.size() : 1, ' ') + value +
           "\n";
}

std::string in_words(const std::string& text) {
    return program::printable(text);
}

std::string in_words(bool value) {
    return value ? "yes" : "no";
}

template <class Number>
    requires std::is_arithmetic_v<Number>
std::string in_words(Number value) {
    return json::serialize(json::value(value));
}

/// What the CPU is open to, a line each; what it is safe from, as a number.
std::string vulnerabilities_of(const std::map<std::string, std::string>& holes) {
    std::string text;
    std::size_t safe = 0;
    for (const auto& [name, state] : holes) {
        if (state == "Not affected") {
            ++safe;
        } else {
            text += line(name, in_words(state));
        }
    }
    return text + line("not affected", "by " + std::to_string(safe) + " of the " +
                                           std::to_string(holes.size()) +
                                           " vulnerabilities that the kernel knows");
}

std::string describe(const machine_section& machine) {
    const bool emulated = machine.emulated.value_or(false);
    const auto value = [&](std::string_view field, const auto& known) {
        return known ? in_words(*known)
                     : "- (" + std::string{reason_not_known(field, emulated)} + ")";
    };
    std::string text;
    text += line("architecture", machine.architecture);
    text +=
        line("CPU", value("cpu_model", machine.cpu_model) + ", " + value("cpu_id", machine.cpu_id));
    text += line("instance", value("instance", machine.instance));
    text += line("pool", value("pool", machine.pool));
    text += line("cores", value("cores", machine.cores));
    text += line("threads", value("threads", machine.threads) + " (cpuset " +
                                value("cpuset", machine.cpuset) + ")");
    text += line("threads a core", value("threads_per_core", machine.threads_per_core));
    text += line("CPU quota", value("quota_cpus", machine.quota_cpus));
    text += line("usable threads", in_words(machine.usable_threads));
    text += line("NUMA nodes", value("numa_nodes", machine.numa_nodes));
    for (const auto& cache : machine.caches.value_or(std::vector<machine_cache>{})) {
        text += line("L" + std::to_string(cache.level),
                     std::to_string(cache.size_bytes >> 10) + " KiB, shared by " +
                         counted(cache.threads_sharing, "thread"));
    }
    for (const auto& variant : machine.variants) {
        text +=
            line("variant " + variant.name,
                 variant.runnable ? "runs here"
                                  : "can't run here: lacks " + variant.lacks.value_or("unknown"));
    }
    text += line("active variant", machine.active_variant);
    text += line("emulated", value("emulated", machine.emulated));
    text += line("hypervisor", value("hypervisor", machine.hypervisor));
    text += line("kernel", value("kernel_release", machine.kernel_release));
    text += line("C library", value("c_library", machine.c_library));
    text += line("memory limit", value("memory_limit_bytes", machine.memory_limit_bytes));
    text += line("page size", value("page_size_bytes", machine.page_size_bytes));
    text += line("huge pages", value("transparent_huge_pages", machine.transparent_huge_pages));
    text += line("NUMA balancing", value("numa_balancing", machine.numa_balancing));
    text += line("SMT control", value("smt_control", machine.smt_control));
    text += line("microcode", value("microcode", machine.microcode));
    text += machine.vulnerabilities
                ? vulnerabilities_of(*machine.vulnerabilities)
                : line("vulnerabilities",
                       "- (" + std::string{reason_not_known("vulnerabilities", emulated)} + ")");
    for (const auto& sentence : machine.contradictions) text += "! " + in_words(sentence) + "\n";
    return text;
}

int show_machine(const machine_options& options) {
    const auto machine = measured_machine(machine::read(), options.names);
    if (options.json) {
        std::cout << pretty(write_section(machine)) << "\n";
    } else {
        std::cout << describe(machine);
    }
    return std::cout ? 0 : 1;
}

}  // namespace

void add_machine(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<machine_options>();
    auto* command = program.add_subcommand(
        "machine", "Print what this machine is, as far as this process may use it");
    command->add_flag("--json", options->json, "Print JSON, in the form that documents have");
    command->footer(
        "\nThe command counts only the CPUs of this process's cpuset. Where two sources disagree, "
        "the text shows both\nafter an exclamation mark.\n\n"
        "EXAMPLES\n  lanewise-bench machine\n"
        "  taskset -c 0,1 lanewise-bench machine --json");
    add_isa(*command, options->isa);
    add_labels(*command, options->names);
    command->final_callback([options, &chosen] {
        chosen.run = [options] {
            force_isa(options->isa);
            return show_machine(*options);
        };
    });
}

}  // namespace lanewise::bench
