// lanewise-bench machine: what this machine is.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <memory>

#include "bench/documents/document.hpp"
#include "bench/figures/format.hpp"
#include "bench/machine/machine_json.hpp"
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

std::string in_words(const json::value& value) {
    if (value.is_null()) return "unknown";
    if (value.is_string()) return program::printable(value.get_string());
    if (value.is_bool()) return value.get_bool() ? "yes" : "no";
    return json::serialize(value);
}

/// What the CPU is open to, a line each; what it is safe from, as a number.
std::string vulnerabilities_of(const json::value& recorded) {
    const auto* holes = recorded.if_object();
    if (!holes) return {};
    std::string text;
    std::size_t safe = 0;
    for (const auto& [name, state] : *holes) {
        if (state == json::value("Not affected")) {
            ++safe;
        } else {
            text += line(name, in_words(state));
        }
    }
    return text + line("not affected", "by " + std::to_string(safe) + " of the " +
                                           std::to_string(holes->size()) +
                                           " vulnerabilities that the kernel knows");
}

std::string describe(const json::object& machine, const json::array& notes) {
    const auto value = [&](std::string_view name) {
        const auto& found = machine.at(name);
        if (!found.is_null()) return in_words(found);
        for (const auto& note : notes) {
            if (note.at("field") == json::value("/machine/" + std::string{name})) {
                return "- (" + std::string{note.at("text").as_string()} + ")";
            }
        }
        return std::string{"-"};
    };
    std::string text;
    text += line("architecture", value("architecture"));
    text += line("CPU", value("cpu_model") + ", " + value("cpu_id"));
    text += line("instance", value("instance"));
    text += line("pool", value("pool"));
    text += line("cores", value("cores"));
    text += line("threads", value("threads") + " (cpuset " + value("cpuset") + ")");
    text += line("threads a core", value("threads_per_core"));
    text += line("CPU quota", value("quota_cpus"));
    text += line("usable threads", value("usable_threads"));
    text += line("NUMA nodes", value("numa_nodes"));
    if (const auto* caches = machine.at("caches").if_array()) {
        for (const auto& cache : *caches) {
            text +=
                line("L" + json::serialize(cache.at("level")),
                     std::to_string(cache.at("size_bytes").to_number<std::uint64_t>() >> 10) +
                         " KiB, shared by " +
                         counted(cache.at("threads_sharing").to_number<std::size_t>(), "thread"));
        }
    }
    for (const auto& variant : machine.at("variants").as_array()) {
        text += line("variant " + in_words(variant.at("name")),
                     variant.at("runnable").as_bool()
                         ? "runs here"
                         : "can't run here: lacks " + in_words(variant.at("lacks")));
    }
    text += line("active variant", value("active_variant"));
    text += line("emulated", value("emulated"));
    text += line("hypervisor", value("hypervisor"));
    text += line("kernel", value("kernel_release"));
    text += line("C library", value("c_library"));
    text += line("memory limit", value("memory_limit_bytes"));
    text += line("page size", value("page_size_bytes"));
    text += line("huge pages", value("transparent_huge_pages"));
    text += line("NUMA balancing", value("numa_balancing"));
    text += line("SMT control", value("smt_control"));
    text += line("microcode", value("microcode"));
    text += machine.at("vulnerabilities").is_null()
                ? line("vulnerabilities", value("vulnerabilities"))
                : vulnerabilities_of(machine.at("vulnerabilities"));
    for (const auto& one : machine.at("contradictions").as_array())
        text += "! " + in_words(one) + "\n";
    return text;
}

int show_machine(const machine_options& options) {
    std::vector<std::string> command{"lanewise-bench", "machine"};
    auto document = new_document(command);
    put_machine(document, machine::read(), options.names);
    const auto& machine = document.at("machine").as_object();
    if (options.json) {
        std::cout << pretty(machine) << "\n";
    } else {
        std::cout << describe(machine, document.at("notes").as_array());
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
