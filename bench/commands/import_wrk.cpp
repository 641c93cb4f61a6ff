// lanewise-bench import-wrk: a document of what wrk printed.
#include <CLI/CLI.hpp>
#include <memory>
#include <stdexcept>

#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/documents/http_section.hpp"
#include "bench/machine/measured_machine.hpp"
#include "bench/report/exports.hpp"
#include "command.hpp"
#include "kernels/machine/machine.hpp"
#include "options.hpp"

namespace lanewise::bench {
namespace {

struct import_options {
    std::string file;  ///< what wrk printed; - is standard input
    std::string output = "-";
    labels names;
    std::vector<std::string> command;
};

int import_wrk(const import_options& options) {
    const auto text = read_file(options.file);
    http_entry target;
    try {
        target = from_wrk(text);
    } catch (const std::invalid_argument& error) {
        throw std::runtime_error{options.file + ": " + error.what()};
    }
    auto document = new_document(options.command);
    put_machine(document, machine::read(), options.names);
    document["http"] = write_section(std::vector{std::move(target)});
    add_note(document, "/http/0",
             "closed loop, by wrk: its clients wait for replies, so it is shown and never ranked");
    for (const auto* field : {"/environment", "/kernels", "/sweeps", "/energy", "/http/0/server"}) {
        add_note(document, field, "not measured by this command");
    }
    write_atomically(options.output, document_text(std::move(document)));
    return 0;
}

}  // namespace

void add_import_wrk(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<import_options>();
    auto* command = program.add_subcommand(
        "import-wrk", "Make a document from what wrk printed with bench/wrk.lua");
    command->add_option("file", options->file, "File with what wrk printed; - is standard input")
        ->type_name("FILE")
        ->required();
    add_output(*command, options->output, "document");
    add_labels(*command, options->names);
    command->footer(
        "\nEXAMPLES\n"
        "  WRK_CONNECTIONS=64 wrk -c64 -s wrk.lua http://host:8080/ | lanewise-bench import-wrk - "
        "-o wrk.json");
    command->final_callback([options, &chosen] {
        options->command = chosen.words;
        chosen.run = [options] { return import_wrk(*options); };
    });
}

}  // namespace lanewise::bench
