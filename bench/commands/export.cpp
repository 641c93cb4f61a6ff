// lanewise-bench export: figures of documents, as other tools read them.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/report/exports.hpp"
#include "command.hpp"
#include "options.hpp"

namespace lanewise::bench {
namespace {

enum class export_format : std::uint8_t { google_benchmark, action_benchmark, csv };

struct export_options {
    std::vector<std::string> files;
    std::string output = "-";
    export_format format = export_format::csv;
};

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

export_format format_named(const std::string& name) {
    if (name == "csv") return export_format::csv;
    return name == "action-benchmark" ? export_format::action_benchmark
                                      : export_format::google_benchmark;
}

}  // namespace

void add_export(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<export_options>();
    auto* command = program.add_subcommand(
        "export", "Write the figures of documents in the format of another tool");
    command->add_option("files", options->files, "Documents to read; - is standard input")
        ->type_name("FILE")
        ->required();
    command
        ->add_option_function<std::string>(
            "--format",
            [options](const std::string& name) { options->format = format_named(name); },
            "Format to write: google-benchmark, action-benchmark or csv")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"google-benchmark", "action-benchmark", "csv"}))
        ->required();
    add_output(*command, options->output, "figures");
    command->footer(
        "\nEXAMPLES\n  lanewise-bench export result.json --format google-benchmark -o gbench.json\n"
        "      Google Benchmark's compare.py reads this\n"
        "  lanewise-bench export *.json --format action-benchmark -o history.json\n"
        "      github-action-benchmark reads this as customBiggerIsBetter\n"
        "  lanewise-bench export *.json --format csv");
    command->final_callback(
        [options, &chosen] { chosen.run = [options] { return export_documents(*options); }; });
}

}  // namespace lanewise::bench
