// lanewise-bench run: the kernels of this machine, one by one and over threads.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/value.hpp>
#include <functional>
#include <iostream>
#include <memory>
#include <new>
#include <stdexcept>

#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/documents/made_section.hpp"
#include "bench/documents/typed.hpp"
#include "bench/machine/environment.hpp"
#include "bench/machine/perf_events.hpp"
#include "bench/machine/placement.hpp"
#include "bench/machine/progress.hpp"
#include "bench/measure/kernel_runs.hpp"
#include "bench/measure/sweeps.hpp"
#include "bench/measure/time_budget.hpp"
#include "bench/measure/workload.hpp"
#include "bench/services/services.hpp"
#include "command.hpp"
#include "kernels/catalogue.hpp"
#include "kernels/kernels.hpp"
#include "number_within.hpp"
#include "options.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

struct run_options {
    kernel_run_options kernels;
    bool no_sweeps = false;
    std::string group = "all";  ///< kernels, services, all
    std::string samples;        ///< folder that the services' data are written to, instead
    double budget = 0;          ///< seconds in all, about; 0: by kernels.quick
    labels names;
    std::string output = "-";
    std::vector<std::string> command;
};

void check_kernels(const std::vector<std::string>& names) {
    for (const auto& name : names) {
        if (kernels::find_kernel(name)) continue;
        std::string known;
        for (const auto& kernel : kernels::catalogue())
            known += (known.empty() ? "" : ", ") + std::string{kernel.name};
        throw std::invalid_argument{"no kernel is called \"" + name + "\"; there are " + known};
    }
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
void put_energy(json::object& document, bool readable) {
    if (readable) {
        document[energy_section::key] =
            write_section(energy_section{"powercap", "all packages, whoever used them"});
    } else {
        add_note(document, "/energy",
                 "not measured: the machine shows no readable powercap package");
    }
}

/// What has no room under the cgroup's memory limit is left out, and that is said: at once, and in
/// the document.
void note_levels_left_out(json::object& document, const machine::facts& facts, bool quick) {
    const auto in_mebibytes = [](std::uint64_t bytes) {
        return std::to_string((bytes + (1U << 20) - 1) >> 20) + " MiB";
    };
    for (const auto& [what, needed] : levels_left_out(facts, quick)) {
        const auto text = what.name + " is left out: its " + in_mebibytes(what.bytes) +
                          " of data need a memory limit of about " + in_mebibytes(needed) +
                          ", the cgroup's is " + in_mebibytes(facts.memory_limit_bytes.value_or(0));
        std::cerr << "lanewise-bench: " << text << "\n";
        add_note(document, "/kernels", text);
    }
}

/// Does one part of a run. Where it fails, the document says why, and what the other parts found
/// still counts.
bool attempt(json::object& document, const std::string& field, const std::function<void()>& part) {
    std::string why;
    try {
        part();
        return true;
    } catch (const std::bad_alloc&) {
        why = "memory is used up";
    } catch (const std::exception& error) {
        why = error.what();
    }
    std::cerr << "lanewise-bench: " << field.substr(1) << " failed: " << why << "\n";
    add_note(document, field, "failed: " + why);
    add_note(document, "", "interrupted by a failure: what had not run by then is missing");
    return false;
}

/// A case that had no memory is missing, and the others count: the document and the user are told.
/// Returns whether all cases ran.
bool note_cases_without_memory(json::object& document, const std::string& field,
                               const std::string& cases) {
    if (cases.empty()) return true;
    std::cerr << "lanewise-bench: memory is used up: not measured: " << cases << "\n";
    add_note(document, field, "memory was used up: not measured: " + cases);
    add_note(document, "", "interrupted by a lack of memory: some cases are missing");
    return false;
}

std::string kernels_without_memory(const json::value& kernels) {
    const auto* names = kernels.at("context").as_object().if_contains("lanewise_without_memory");
    return names ? std::string{names->as_string()} : "";
}

std::string in_a_row(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : " ") + name;
    return text;
}

/// A run of named kernels is of those alone.
bool with_services(const run_options& options) {
    return options.group != "kernels" && options.kernels.kernels.empty();
}

planned_services services_for(json::object& document, const machine::facts& facts,
                              const run_options& options) {
    if (!with_services(options)) return {.subjects = {}, .left_out = {}, .beside = facts};
    auto planned = plan_services(facts, options.kernels.quick, filling_order(facts).size());
    for (const auto& text : planned.left_out) {
        std::cerr << "lanewise-bench: " << text << "\n";
        add_note(document, "/sweeps/cases", text);
    }
    return planned;
}

void check_groups(const run_options& options) {
    if (options.group != "services") return;
    if (!options.kernels.kernels.empty())
        throw std::invalid_argument{"--group services measures no kernel: leave out --kernel"};
    if (options.no_sweeps) {
        throw std::invalid_argument{
            "services' work is measured on one thread and on several: leave out --no-sweeps"};
    }
}

int measure(const run_options& options) {
    check_kernels(options.kernels.kernels);
    check_groups(options);
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
    kernels.budget = !options.no_sweeps ? budget * budget_share_of_kernels : budget;
    note_levels_left_out(document, facts, kernels.quick);
    const bool with_kernels = options.group != "services";
    bool whole = true;
    if (with_kernels) {
        whole = attempt(document, "/kernels",
                        [&] { document["kernels"] = run_kernels(facts, kernels); });
    } else {
        add_note(document, "/kernels", "--group services was given");
    }
    if (whole && with_kernels) {
        whole = note_cases_without_memory(document, "/kernels",
                                          kernels_without_memory(document["kernels"]));
    }
    sweeps_section found;
    if (!options.no_sweeps && !interrupted()) {
        const bool ran = attempt(document, "/sweeps", [&] {
            const double spent = observe(facts, "/", false).seconds - before.seconds;
            auto sweeps = sweeps_of(kernels, std::max(budget / 4, budget - spent));
            sweeps.with_kernels = with_kernels;
            const perf_events events;
            sweeps.events = &events;
            for (const auto& clause : events.not_counted())
                add_note(document, "/sweeps/cases", "not counted: " + clause);
            auto services = services_for(document, facts, options);
            found = run_sweeps(services.beside, sweeps, std::move(services.subjects));
            document["sweeps"] = write_section(found);
        });
        const bool all_ran =
            note_cases_without_memory(document, "/sweeps", in_a_row(found.without_memory));
        whole = whole && ran && all_ran;
    }
    const bool observed = attempt(document, "/environment", [&] {
        put_environment(document, facts, before, observe(facts));
    });
    whole = whole && observed;

    if (facts.caches.empty()) {
        add_note(
            document, "/kernels",
            "the caches are not known: L1, L2 and L3 stand for 16 KiB, 256 KiB and 4 MiB of data");
    }
    if (options.kernels.quick && with_kernels) {
        add_note(
            document, "/kernels",
            "a quick run: portable was measured in L1 only, and DRAM with twice the last cache");
    }
    if (with_kernels)
        add_note(document, "/kernels/benchmarks",
                 "a case whose single call would take too large a part of the time is left out");
    if (interrupted()) add_note(document, "", "interrupted: what had not run by then is missing");
    if (document["sweeps"].is_null() && (options.no_sweeps || interrupted()))
        add_note(document, "/sweeps", !options.no_sweeps ? "interrupted" : "--no-sweeps was given");
    add_note(document, "/http", "not measured by this command");
    put_energy(document, !document["sweeps"].is_null() && found.energy_readable);
    try {
        write_atomically(options.output, document_text(document));
    } catch (const std::bad_alloc&) {
        // What the first attempt took is free again, and may do for the second.
        write_atomically(options.output, document_text(std::move(document)));
    }
    return interrupted() || !whole ? 1 : 0;
}

}  // namespace

void add_run(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<run_options>();
    auto* command = program.add_subcommand(
        "run", "Measure kernels and services' work on this machine, and write a document");
    command->add_flag("--quick", options->kernels.quick,
                      "Measure smaller data for a shorter time: about a minute on two cores");
    command
        ->add_option(
            "--kernel", options->kernels.kernels,
            "Kernel to measure; give the option again for more kernels (default: all kernels)")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command
        ->add_option("--group", options->group,
                     "What to measure: kernels, services (the work that services do, by well-known "
                     "libraries), or all of it; with --kernel, that kernel alone")
        ->type_name("GROUP")
        ->check(CLI::IsMember({"kernels", "services", "all"}))
        ->capture_default_str();
    command
        ->add_option("--write-samples", options->samples,
                     "Measure nothing, and write the text and the JSON that services' work is done "
                     "on into this directory, so that other programs can be measured on them")
        ->type_name("DIRECTORY");
    command
        ->add_option("--repetitions", options->kernels.repetitions,
                     "How often each case is measured; the report ranks cases of nine or more")
        ->check(whole_number_within(1, 1000))
        ->capture_default_str();
    command
        ->add_option("--budget", options->budget,
                     "Seconds that the whole run takes, about (default: 165; 48 with --quick)")
        ->type_name("SECONDS")
        ->check(number_within(5.0, 86'400.0));
    command
        ->add_option("--seconds", options->kernels.seconds,
                     "Seconds that each repetition takes (default: what --budget allows)")
        ->type_name("SECONDS")
        ->check(number_within(0.0001, 60.0));
    add_output(*command, options->output, "document");
    command->add_flag("--no-sweeps", options->no_sweeps,
                      "Measure on one thread only; leave out the runs on several threads");
    add_isa(*command, options->kernels.variant);
    add_labels(*command, options->names);
    command->footer(
        "\nEXAMPLES\n  lanewise-bench run --quick -o result.json\n"
        "  lanewise-bench run --kernel dot_f32 --isa avx2 --repetitions 21 -o dot.json\n\n"
        "The command measures every kernel in every variant that runs on this CPU, with data in "
        "each cache and in DRAM.\nThen it measures them on several threads: on one thread, on one "
        "thread per core, on all threads, on numbers of\nthreads between those, and on one thread "
        "whose sibling is busy. Repetitions of all cases alternate. A repetition that\nsomething "
        "disturbed is measured again.\n"
        "Ctrl-C ends the run early. The document then has the results so far and says that the "
        "rest is missing; the exit\nstatus is 1.");
    command->final_callback([options, &chosen] {
        options->command = chosen.words;
        chosen.run = [options] {
            if (!options->samples.empty()) {
                write_samples(options->samples);
                return 0;
            }
            force_isa(options->kernels.variant);
            return measure(*options);
        };
    });
}

}  // namespace lanewise::bench
