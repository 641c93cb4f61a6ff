// lanewise-bench report: what documents allow to be said.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>

#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/report/report.hpp"
#include "command.hpp"
#include "options.hpp"
#include "price_options.hpp"

namespace lanewise::bench {
namespace {

enum class report_format : std::uint8_t { terminal, markdown, html };

struct report_options {
    std::vector<std::string> files;
    std::string output = "-";
    std::optional<report_format> format;  ///< none: by the output's ending, .md or .html
    price_options prices;
    std::vector<std::string> command;
};

/// By --format, else by the output's ending; what only looks like an ending, or is no file's,
/// means text.
report_format format_of(const report_options& options) {
    if (options.format) return *options.format;
    const auto ending = std::filesystem::path{options.output}.extension().string();
    if (ending == ".md" || ending == ".markdown") return report_format::markdown;
    if (ending == ".html" || ending == ".htm") return report_format::html;
    const bool is_word = ending.size() > 1 &&
                         std::all_of(ending.begin() + 1, ending.end(), [](unsigned char letter) {
                             return std::isalnum(letter) != 0;
                         });
    if (is_word && ending != ".txt" && ending != ".text" && ending != ".log") {
        throw std::invalid_argument{"--output " + options.output + ": a report is never " +
                                    ending.substr(1) +
                                    "; it is text (.txt), Markdown (.md) or HTML (.html). For "
                                    "another ending, choose one of them with --format"};
    }
    return report_format::terminal;
}

int show_report(const report_options& options) {
    const auto format = format_of(options);
    const auto prices = prices_of(options.prices);
    const auto loaded = load_documents(options.files);
    for (const auto& bad : loaded.bad)
        std::cerr << "lanewise-bench: not counted: " << bad.sentence() << "\n";
    if (!loaded.documents.empty()) check_own_prices(options.prices, loaded.documents);
    const auto today = today_of(options.prices);
    auto made = make_report(loaded, prices, today);
    made.command = command_again(options.command, options.prices);
    const bool colour = options.output == "-" && isatty(STDOUT_FILENO) != 0;
    write_atomically(options.output, format == report_format::markdown ? to_markdown(made)
                                     : format == report_format::html   ? to_html(made)
                                                                       : to_terminal(made, colour));
    return loaded.documents.empty() ? 1 : 0;
}

report_format format_named(const std::string& name) {
    if (name == "html") return report_format::html;
    return name == "markdown" ? report_format::markdown : report_format::terminal;
}

}  // namespace

void add_report(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<report_options>();
    auto* command = program.add_subcommand("report", "Print a verdict and tables from documents");
    command->add_option("files", options->files, "Documents to read; - is standard input")
        ->type_name("FILE")
        ->required();
    add_output(*command, options->output, "report");
    command
        ->add_option_function<std::string>(
            "--format",
            [options](const std::string& name) { options->format = format_named(name); },
            "Format of the report: text, markdown or html (default: by the ending of --output)")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "markdown", "html"}));
    add_prices_of(*command, options->prices);
    command->footer(
        "\nEXAMPLES\n  lanewise-bench report x86-*.json arm-*.json --price m7g.2xlarge=x0.6\n"
        "  lanewise-bench report *.json --output report.html\n\n"
        "The command names each document that it can't use, and the field that is wrong. It makes "
        "the report from the others.");
    command->final_callback([options, &chosen] {
        options->command = chosen.words;
        chosen.run = [options] { return show_report(*options); };
    });
}

}  // namespace lanewise::bench
