#include "commands.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <stdexcept>

#include "bench/claims/claims_load.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/figures/format.hpp"
#include "bench/figures/statistics.hpp"
#include "bench/machine/environment.hpp"
#include "bench/machine/progress.hpp"
#include "bench/measure/build_type.hpp"
#include "bench/measure/sweeps.hpp"
#include "bench/measure/time_budget.hpp"
#include "bench/report/exports.hpp"
#include "bench/report/report.hpp"
#include "kernels/catalogue.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

/// Times of a debug build mean nothing: it measures nothing.
void refuse_debug_build() {
    if (!release_build) {
        throw std::runtime_error{
            "this is a debug build, whose times mean nothing; build the release preset"};
    }
}

void check_kernels(const std::vector<std::string>& names) {
    for (const auto& name : names) {
        if (kernels::find_kernel(name)) continue;
        std::string known;
        for (const auto& kernel : kernels::catalogue())
            known += (known.empty() ? "" : ", ") + std::string{kernel.name};
        throw std::invalid_argument{"no kernel is called \"" + name + "\"; there are " + known};
    }
}

std::string line(std::string_view name, const std::string& value) {
    return std::string{name} + std::string(name.size() < 18 ? 18 - name.size() : 1, ' ') + value +
           "\n";
}

std::string in_words(const json::value& value) {
    if (value.is_null()) return "unknown";
    if (value.is_string()) return std::string{value.get_string()};
    if (value.is_bool()) return value.get_bool() ? "yes" : "no";
    return json::serialize(value);
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
    for (const auto& one : machine.at("contradictions").as_array())
        text += "! " + in_words(one) + "\n";
    return text;
}

sweep_options sweeps_of(const kernel_run_options& kernels, double budget) {
    sweep_options sweeps;
    sweeps.quick = kernels.quick;
    sweeps.repetitions = kernels.repetitions;
    sweeps.seconds = kernels.seconds;
    sweeps.budget = budget;
    sweeps.kernels = kernels.kernels;
    sweeps.variant = kernels::active_variant();
    return sweeps;
}

/// The machine's joules stand beside each round; this says where they came from, or that there are
/// none.
void put_energy(json::object& document) {
    const auto* sweeps = document["sweeps"].if_object();
    if (sweeps && sweeps->at("energy_readable").as_bool()) {
        document["energy"] = {{"source", "powercap"},
                              {"covers", "all packages, whoever used them"}};
    } else {
        add_note(document, "/energy",
                 "not measured: the machine shows no readable powercap package");
    }
}

/// What the user waited for, in a line for each URL.
void say_what_held(const json::object& content) {
    for (const auto& load : claims_about_load({"", "", content})) {
        std::vector<double> rates;
        std::size_t bound = 0;
        for (const auto& round : load.rounds) {
            if (round.rate_at_target) rates.push_back(*round.rate_at_target);
            bound += round.bound_by_generator ? 1 : 0;
        }
        std::cerr << "lanewise-bench: " << load.url << ": ";
        if (!rates.empty()) {
            std::cerr << digits(median(rates)) << " requests a second with p99 within "
                      << digits(load.target_p99_ms.value_or(0), 2) << " ms, the median of "
                      << counted(rates.size(), "round");
        } else {
            std::cerr << "no rate was confirmed";
        }
        if (bound > 0) {
            std::cerr << "; in " << counted(bound, "round")
                      << " the generator could not hold its own rate, so this is not ranked: it "
                         "needs a quieter machine, or more cores by --cpus";
        }
        std::cerr << ".\n";
    }
}

/// As a shell takes it: words with other than plain characters in quotes.
std::string command_line(const std::vector<std::string>& words) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=,+@%";
    std::string line;
    for (const auto& word : words) {
        if (!line.empty()) line += ' ';
        if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
            line += word;
            continue;
        }
        line += '\'';
        for (const char letter : word) line += letter == '\'' ? "'\\''" : std::string{letter};
        line += '\'';
    }
    return line;
}

}  // namespace

int run(const run_options& options) {
    check_kernels(options.kernels.kernels);
    refuse_debug_build();
    check_output(options.output);
    catch_interruption();
    auto document = new_document(options.command);
    const auto facts = machine::read();
    put_machine(document, facts, options.names);

    const double budget = options.budget > 0      ? options.budget
                          : options.kernels.quick ? budget_quick
                                                  : budget_full;
    const auto before = observe(facts);
    auto kernels = options.kernels;
    kernels.budget = options.sweeps ? budget * budget_share_of_kernels : budget;
    document["kernels"] = run_kernels(facts, kernels);
    if (options.sweeps && !interrupted()) {
        const double spent = observe(facts, "/", false).seconds - before.seconds;
        document["sweeps"] =
            run_sweeps(facts, sweeps_of(kernels, std::max(budget / 4, budget - spent)));
    }
    const auto after = observe(facts);
    put_environment(document, facts, before, after);

    if (facts.caches.empty()) {
        add_note(
            document, "/kernels",
            "the caches are not known: L1, L2 and L3 stand for 16 KiB, 256 KiB and 4 MiB of data");
    }
    if (options.kernels.quick) {
        add_note(
            document, "/kernels",
            "a quick run: portable was measured in L1 only, and DRAM with twice the last cache");
    }
    add_note(document, "/kernels/benchmarks",
             "a case whose single call would take too large a part of the time is left out");
    if (interrupted()) add_note(document, "", "interrupted: what had not run by then is missing");
    if (document["sweeps"].is_null())
        add_note(document, "/sweeps", options.sweeps ? "interrupted" : "--no-sweeps was given");
    add_note(document, "/http", "not measured by this command");
    put_energy(document);
    write_atomically(options.output, document_text(std::move(document)));
    return interrupted() ? 1 : 0;
}

int load_http(const http_command_options& options) {
    refuse_debug_build();
    check_output(options.output);
    catch_interruption();
    auto document = new_document(options.command);
    const auto facts = machine::read();
    put_machine(document, facts, options.names);
    const auto before = observe(facts);
    put_http(document, facts, options.names.node, options.load);
    const auto after = observe(facts);
    put_environment(document, facts, before, after);
    if (interrupted()) add_note(document, "", "interrupted: what had not run by then is missing");
    for (const auto* field : {"/kernels", "/sweeps"})
        add_note(document, field, "not measured by this command");
    say_what_held(document);
    write_atomically(options.output, document_text(std::move(document)));
    return interrupted() ? 1 : 0;
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

int show_report(const report_options& options) {
    auto prices = options.prices.empty()
                      ? price_table::built_in()
                      : price_table::parse(options.prices, read_file(options.prices));
    for (const auto& own : options.own_prices) prices.set(own);
    const auto loaded = load_documents(options.files);
    for (const auto& bad : loaded.bad)
        std::cerr << "lanewise-bench: not counted: " << bad.sentence() << "\n";
    const auto today = options.date.empty() ? utc_now().substr(0, 10) : options.date;
    auto made = make_report(loaded, prices, today);
    // With the day that prices' ages count to, the same command makes the same report later.
    auto words = options.command;
    if (options.date.empty()) words.insert(words.end(), {"--date", today});
    made.command = command_line(words);
    auto format = options.format.value_or(report_format::terminal);
    if (!options.format && options.output.ends_with(".md")) format = report_format::markdown;
    if (!options.format && options.output.ends_with(".html")) format = report_format::html;
    const bool colour = options.output == "-" && isatty(STDOUT_FILENO) != 0;
    write_atomically(options.output, format == report_format::markdown ? to_markdown(made)
                                     : format == report_format::html   ? to_html(made)
                                                                       : to_terminal(made, colour));
    return loaded.documents.empty() ? 1 : 0;
}

int export_documents(const export_options& options) {
    const auto loaded = load_documents(options.files);
    for (const auto& bad : loaded.bad)
        std::cerr << "lanewise-bench: not counted: " << bad.sentence() << "\n";
    if (loaded.documents.empty()) return 1;
    switch (options.format) {
        case export_format::google_benchmark:
            if (loaded.documents.size() != 1)
                throw std::invalid_argument{
                    "compare.py reads one document a file: export one at a time"};
            write_atomically(options.output,
                             pretty(to_google_benchmark(loaded.documents.front())) + "\n");
            break;
        case export_format::action_benchmark:
            write_atomically(options.output, pretty(to_action_benchmark(loaded.documents)) + "\n");
            break;
        case export_format::csv:
            write_atomically(options.output, to_csv(loaded.documents));
            break;
    }
    return 0;
}

int import_wrk(const import_options& options) {
    const auto text = read_file(options.file);
    json::object target;
    try {
        target = from_wrk(text);
    } catch (const std::invalid_argument& error) {
        throw std::runtime_error{options.file + ": " + error.what()};
    }
    auto document = new_document(options.command);
    put_machine(document, machine::read(), options.names);
    document["http"] = json::array{std::move(target)};
    add_note(document, "/http/0",
             "closed loop, by wrk: its clients wait for replies, so it is shown and never ranked");
    for (const auto* field : {"/environment", "/kernels", "/sweeps", "/energy", "/http/0/server"}) {
        add_note(document, field, "not measured by this command");
    }
    write_atomically(options.output, document_text(std::move(document)));
    return 0;
}

}  // namespace lanewise::bench
