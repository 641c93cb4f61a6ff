// lanewise-bench exec: any program, placed and repeated as kernels are.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>

#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/documents/made_section.hpp"
#include "bench/documents/typed.hpp"
#include "bench/machine/environment.hpp"
#include "bench/machine/perf_events.hpp"
#include "bench/machine/progress.hpp"
#include "bench/programs/guard.hpp"
#include "bench/programs/program_sweeps.hpp"
#include "command.hpp"
#include "options.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

struct exec_options {
    program_options program;
    double work = 0;
    labels names;
    std::string output = "-";
    std::vector<std::string> words;
};

/// The user is told of each case that ended; returns whether one did.
bool tell_of_failures(boost::json::object& document, const exec_section& found) {
    for (std::size_t i = 0; i < found.cases.size(); ++i) {
        const auto& one = found.cases[i];
        if (!one.failure) continue;
        const auto text = "case " + one.placement + " of " + std::to_string(one.cpus.size()) +
                          " hardware threads ended: " + one.failure->what;
        add_note(document, "/exec/cases/" + std::to_string(i), text);
        std::cerr << "lanewise-bench: " << text << "\n";
        if (!one.failure->errors.empty()) std::cerr << one.failure->errors << "\n";
    }
    return std::ranges::any_of(found.cases,
                               [](const auto& one) { return one.failure.has_value(); });
}

void note_left_behind(boost::json::object& document, const exec_section& found) {
    std::uint64_t count = 0;
    for (const auto& one : found.cases) {
        for (const auto& round : one.rounds) count += round.left_behind;
    }
    if (count == 0) return;
    add_note(document, "/exec",
             std::to_string(count) +
                 " processes outlived the run that started them; the bench "
                 "ended them, and their CPU time is in no run's");
}

int measure(const exec_options& options) {
    check_program(options.program);
    refuse_debug_build();
    check_output(options.output);
    go_on_guarded();
    catch_interruption();
    auto document = new_document(options.words);
    const auto facts = machine::read();
    put_machine(document, facts, options.names);
    const auto before = observe(facts);
    const perf_events events;
    auto program = options.program;
    program.events = &events;
    const auto found = run_program_sweeps(facts, program);
    for (const auto& clause : events.not_counted())
        add_note(document, "/exec/cases", "not counted: " + clause);
    put_environment(document, facts, before, observe(facts));
    document[exec_section::key] = write_section(found);
    const bool failed = tell_of_failures(document, found);
    note_left_behind(document, found);
    for (const auto* field : {"/kernels", "/sweeps", "/http"})
        add_note(document, field, "not measured by this command");
    if (found.energy_readable) {
        document[energy_section::key] =
            write_section(energy_section{"powercap", "all packages, whoever used them"});
    } else {
        add_note(document, "/energy",
                 "not measured: the machine shows no readable powercap package");
    }
    if (interrupted()) add_note(document, "", "interrupted: what had not run by then is missing");
    write_atomically(options.output, document_text(std::move(document)));
    return failed || interrupted() ? 1 : 0;
}

}  // namespace

void add_exec(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<exec_options>();
    auto* command = program.add_subcommand(
        "exec", "Measure any program on this machine as kernels are measured");
    command->prefix_command();
    command
        ->add_option("--work", options->work,
                     "Units of work that one run is; the report then has units a second and the "
                     "cost of a million units (default: a run is the unit)")
        ->type_name("N")
        ->check(CLI::Range(1e-9, 1e15));
    command
        ->add_option("--work-from", options->program.work_from,
                     "Read the units of each run from what it prints: the number of the first "
                     "group of the last match in the last 64 KiB of its standard output, else of "
                     "its standard error")
        ->type_name("REGEX");
    command
        ->add_option("--setup", options->program.setup,
                     "Command line that /bin/sh runs once for each copy before the first run; "
                     "{copy} in it becomes the copy's number")
        ->type_name("COMMAND");
    command
        ->add_option("--timeout", options->program.timeout_seconds,
                     "Seconds that one run may take; a run that takes longer is killed, and ends "
                     "its case")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.001, 86'400.0))
        ->capture_default_str();
    command
        ->add_option("--directory", options->program.directory,
                     "Directory that the program runs in (default: the current one)")
        ->type_name("DIRECTORY");
    command
        ->add_option("--name", options->program.name,
                     "Name of the work; the report compares pools by it (default: the command)")
        ->type_name("NAME");
    command
        ->add_option("--repetitions", options->program.repetitions,
                     "How often each case is measured")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_option("--budget", options->program.budget, "Seconds that the whole takes, about")
        ->type_name("SECONDS")
        ->check(CLI::Range(1.0, 86'400.0))
        ->capture_default_str();
    command
        ->add_option("--seconds", options->program.seconds,
                     "Seconds that each repetition takes at least; a run that began is finished "
                     "(default: what --budget allows, 0.25 to 5)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.001, 3600.0));
    add_output(*command, options->output, "document");
    add_labels(*command, options->names);
    command->footer(
        "\nEXAMPLES\n  lanewise-bench exec -o gzip.json -- gzip -9 -c /usr/share/dict/words\n"
        "  lanewise-bench exec --work-from '([0-9]+) frames' -o video.json -- ./encode in.y4m\n"
        "  lanewise-bench exec --setup 'cp -r src /tmp/build{copy}' --directory /tmp -- make -C "
        "build{copy} -B\n\n"
        "Copies of the program run on one hardware thread, on one of each core, on all, on numbers "
        "between those, and on one\nwhose sibling is busy. Each copy is pinned, and starts again "
        "as soon as it ends, until the time of a repetition is over.\nA copy finds its number, "
        "from 0, in LANEWISE_COPY and in place of {copy} in its arguments, and the number of "
        "copies in\nLANEWISE_COPIES. Copies that are done go on beside those that are not; such "
        "runs don't count, and are killed at the\nend. Standard input is empty.\n"
        "A run fails if its exit status is not 0: its case ends, the other cases go on, and the "
        "exit status is 1. No process\nthat a run started outlives its repetition, or the bench.");
    command->final_callback([options, command, &chosen] {
        // A document is UTF-8, whatever a command line holds.
        for (const auto& word : chosen.words) options->words.push_back(program::printable(word));
        options->program.command = command->remaining();
        std::ranges::copy(chosen.foreign, std::back_inserter(options->program.command));
        if (command->count("--work") > 0) options->program.work = options->work;
        chosen.run = [options] { return measure(*options); };
    });
}

}  // namespace lanewise::bench
