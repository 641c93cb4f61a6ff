// lanewise-bench workload: weighted requests out of access logs, HAR files or curl command lines.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "bench/documents/files.hpp"
#include "bench/workloads/make_workload.hpp"
#include "bench/workloads/text_input.hpp"
#include "command.hpp"
#include "options.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

struct workload_command {
    workloads::workload_sources from;
    std::string output = "-";
};

/// Input that can't be used is bad usage: it is told before anything is written.
int make_workload(const workload_command& options) {
    check_output(options.output);
    std::string text, summary;
    try {
        const auto made = workloads::gather_workload(options.from);
        text = workloads::to_text(made);
        summary = workloads::summary_of(made);
    } catch (const workloads::unusable& error) {
        throw std::invalid_argument{error.what()};  // which main makes printable
    }
    write_atomically(options.output, text);
    for (std::string_view rest{summary}; !rest.empty();) {
        const auto end = rest.find('\n');
        std::cerr << "lanewise-bench: " << program::printable(rest.substr(0, end)) << "\n";
        rest.remove_prefix(end + 1);
    }
    return 0;
}

}  // namespace

void add_workload(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<workload_command>();
    auto& from = options->from;
    auto* command = program.add_subcommand(
        "workload", "Make a workload from access logs, HAR files or curl command lines");
    command
        ->add_option("files", from.files,
                     "Access logs, HAR files or files of curl command lines, all of one kind; the "
                     "command finds out which kind; - is standard input")
        ->type_name("FILE");
    command->add_option("--from-log", from.logs, "File to read as an access log")
        ->type_name("FILE")
        ->allow_extra_args(true);
    command->add_option("--from-har", from.hars, "File to read as a HAR file")
        ->type_name("FILE")
        ->allow_extra_args(true);
    command
        ->add_option("--from-curl", from.curls,
                     "A curl command line; - reads command lines from standard input; give the "
                     "option again for more command lines")
        ->type_name("COMMAND")
        ->allow_extra_args(false);
    command
        ->add_option("--origin", from.origins,
                     "Origin whose requests to keep, such as https://api.example.com; give the "
                     "option again for more origins (default: the origin, if there is only one)")
        ->type_name("URL")
        ->allow_extra_args(false);
    command->add_flag("--keep-secrets", from.keep_secrets,
                      "Keep Authorization, Cookie and other secrets (default: drop them, and name "
                      "them)");
    add_output(*command, options->output, "workload");
    command->footer(
        "\nEqual requests become one request, whose weight is their number: the mix stays the "
        "same. The command names what it\nleaves out, by line and reason, on standard error and "
        "in the workload.\n\n"
        "It reads access logs in the common and combined formats, in JSON lines (nginx, Envoy and "
        "others) and in\nlanewise-server's own format, plain or compressed by gzip.\n\n"
        "EXAMPLES\n  lanewise-bench workload access.log -o workload.json\n"
        "  zstd -dc access.log.zst | lanewise-bench workload - -o workload.json\n"
        "  lanewise-bench workload session.har --origin https://api.example.com -o workload.json\n"
        "  lanewise-bench workload --from-curl \"curl https://api.example.com/v1/items -d a=1\"");
    command->final_callback(
        [options, &chosen] { chosen.run = [options] { return make_workload(*options); }; });
}

}  // namespace lanewise::bench
