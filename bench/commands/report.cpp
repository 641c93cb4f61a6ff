// lanewise-bench report: what documents allow to be said.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>

#include "bench/claims/claims_load.hpp"
#include "bench/claims/prices.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/report/report.hpp"
#include "command.hpp"
#include "options.hpp"
#include "program/nearest.hpp"

namespace lanewise::bench {
namespace {

enum class report_format : std::uint8_t { terminal, markdown, html };

struct report_options {
    std::vector<std::string> files;
    std::string output = "-";
    std::optional<report_format> format;  ///< none: by the output's ending, .md or .html
    std::string prices;                   ///< a file instead of the built-in table
    std::vector<std::string> own_prices;  ///< "m7g.xlarge=0.12", "m7g.xlarge=x0.4"
    std::string date;                     ///< that prices' ages count to; empty: today
    std::vector<std::string> command;
};

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

/// Every name that a price is found by, of the machines that were measured and of the servers that
/// were loaded: the instance or, for a machine of one's own without one, the pool.
std::vector<std::string> priced_names_of(std::span<const document> documents) {
    std::set<std::string> found;
    const auto add = [&](const machine_identity& who) {
        found.insert(who.instance.empty() ? who.pool : who.instance);
    };
    for (const auto& one : documents) {
        if (const auto machine = machine_of(one)) add(identity_of_machine(*machine));
        for (const auto& load : claims_about_load(one)) add(load.server);
    }
    return {found.begin(), found.end()};
}

/// A misspelt instance would leave the table's price in the verdict.
void check_own_prices(const report_options& options, std::span<const document> documents) {
    const auto names = priced_names_of(documents);
    for (const auto& own : options.own_prices) {
        const auto name = own.substr(0, own.rfind('='));
        if (std::ranges::find(names, name) != names.end()) continue;
        throw std::invalid_argument{"--price " + own +
                                    ": no document names an instance or a pool \"" + name + "\"" +
                                    program::known_names(name, names)};
    }
}

int show_report(const report_options& options) {
    const auto format = format_of(options);
    auto prices = options.prices.empty()
                      ? price_table::built_in()
                      : price_table::parse(options.prices, read_file(options.prices));
    for (const auto& own : options.own_prices) prices.set(own);
    const auto loaded = load_documents(options.files);
    for (const auto& bad : loaded.bad)
        std::cerr << "lanewise-bench: not counted: " << bad.sentence() << "\n";
    if (!loaded.documents.empty()) check_own_prices(options, loaded.documents);
    const auto today = options.date.empty() ? utc_now().substr(0, 10) : options.date;
    auto made = make_report(loaded, prices, today);
    // With the day that prices' ages count to, the same command makes the same report later.
    auto words = options.command;
    if (options.date.empty()) words.insert(words.end(), {"--date", today});
    made.command = command_line(words);
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
    command
        ->add_option("--prices", options->prices,
                     "Price table to use: CSV with the columns instance and usd_per_hour, dollars "
                     "an hour (default: the built-in table)")
        ->type_name("FILE");
    command
        ->add_option("--price", options->own_prices,
                     "Price of one instance: dollars an hour, or x and a factor on the table's "
                     "price, for spot or a commitment; give the option again for more instances")
        ->type_name("INSTANCE=PRICE")
        ->allow_extra_args(false);
    command
        ->add_option("--date", options->date,
                     "Day on which the ages of prices are counted, such as 2026-11-24 (default: "
                     "today)")
        ->type_name("DAY")
        ->check([](const std::string& text) {
            return is_day(text) ? std::string{} : "\"" + text + "\" is no day such as 2026-11-24";
        });
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
