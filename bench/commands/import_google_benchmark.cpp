// lanewise-bench import-google-benchmark: a document of what any program of Google Benchmark wrote.
#include <CLI/CLI.hpp>
#include <boost/json/value.hpp>
#include <iostream>
#include <memory>

#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/documents/typed.hpp"
#include "bench/imports/google_benchmark.hpp"
#include "command.hpp"
#include "http_pools.hpp"
#include "options.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

struct import_options {
    std::string file;
    std::string machine;  ///< file of the machine that ran it; empty: not known
    std::string node, instance, pool;
    std::string output = "-";
    std::vector<std::string> command;
};

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional{program::printable(text)};
}

int import(const import_options& options) {
    check_output(options.output);
    auto machine = options.machine.empty() ? json::value(nullptr) : read_machine(options.machine);
    auto found = read_google_benchmark(options.file);
    found.pool = unless_empty(options.pool);
    found.instance = unless_empty(options.instance);
    if (!options.node.empty()) found.host = unless_empty(options.node);

    auto document = new_document(options.command);
    if (auto* known = machine.if_object()) {
        // What the user says of it counts before what it said of itself.
        for (const auto& [field, given] :
             {std::pair{"node", &found.host}, std::pair{"pool", &found.pool},
              std::pair{"instance", &found.instance}}) {
            if (*given) (*known)[field] = **given;
        }
    } else {
        add_note(document, "/machine",
                 "unknown: --machine FILE tells, where FILE is what lanewise-bench machine --json "
                 "prints on the machine that ran the program");
    }
    document["machine"] = std::move(machine);
    document[imported_section::key] = write_section(found);
    for (const auto* field : {"/environment", "/kernels", "/sweeps", "/http", "/energy"})
        add_note(document, field, "not measured by this command");
    for (const auto& warning : found.warnings) {
        std::cerr << "lanewise-bench: " << found.file << ": " << warning << "\n";
        add_note(document, "/imported", warning);
    }
    for (const auto& one : found.left_out)
        std::cerr << "lanewise-bench: " << found.file << ": left out: " << one << "\n";
    write_atomically(options.output, document_text(std::move(document)));
    return 0;
}

}  // namespace

void add_import_google_benchmark(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<import_options>();
    auto* command = program.add_subcommand(
        "import-google-benchmark",
        "Make a document from the JSON that a Google Benchmark program wrote");
    command
        ->add_option("file", options->file,
                     "File with the JSON, of --benchmark_out or --benchmark_format=json; - is "
                     "standard input")
        ->type_name("FILE")
        ->required();
    command
        ->add_option("--machine", options->machine,
                     "File with what lanewise-bench machine --json prints on the machine that ran "
                     "the program (default: the machine is unknown)")
        ->type_name("FILE");
    command
        ->add_option("--node", options->node,
                     "Name of the node (default: the host name that the file has)")
        ->type_name("NAME");
    command
        ->add_option("--instance", options->instance,
                     "Instance type of that machine; the report looks up its price")
        ->type_name("TYPE");
    command
        ->add_option("--pool", options->pool,
                     "Node pool that the machine belongs to (default: the instance type, else the "
                     "node)")
        ->type_name("NAME");
    add_output(*command, options->output, "document");
    command->footer(
        "\nEXAMPLES\n"
        "  my_benchmarks --benchmark_repetitions=9 --benchmark_out=mine.json\n"
        "  lanewise-bench import-google-benchmark mine.json --pool m7g.large -o mine.m7g.json\n\n"
        "The report compares benchmarks of one name between pools, by their repetitions: three or "
        "more are ranked. Aggregates\nalone, a single run and failed repetitions are shown with "
        "the reason. The file may be of any version, cut off,\nsurrounded by other prints, in "
        "UTF-16, or compressed by gzip.");
    command->final_callback([options, &chosen] {
        options->command = chosen.words;
        chosen.run = [options] { return import(*options); };
    });
}

}  // namespace lanewise::bench
