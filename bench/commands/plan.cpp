// lanewise-bench plan: how many nodes a peak needs, and what they cost a month.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <utility>

#include "bench/claims/claims_plan.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/report/plan_files.hpp"
#include "bench/report/plan_report.hpp"
#include "command.hpp"
#include "options.hpp"
#include "price_options.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

struct plan_options {
    std::vector<std::string> files;
    std::string output = "-";
    std::string format;  ///< empty: by the output's ending
    price_options prices;
    plan_request asked;
    std::string emit;  ///< a folder for files; empty: none are written
    deployment_names names;
    std::vector<std::string> command;
};

std::string format_of(const plan_options& options) {
    if (!options.format.empty()) return options.format;
    const auto ending = std::filesystem::path{options.output}.extension().string();
    if (ending == ".md" || ending == ".markdown") return "markdown";
    if (ending == ".html" || ending == ".htm") return "html";
    return ending == ".json" ? "json" : "text";
}

std::string text_of(const plan& made, const report& shown, const plan_options& options) {
    const auto format = format_of(options);
    if (format == "json") return pretty(plan_json(made, shown)) + "\n";
    if (format == "markdown") return to_markdown(shown);
    if (format == "html") return to_html(shown);
    return to_terminal(shown, options.output == "-" && isatty(STDOUT_FILENO) != 0);
}

/// Files of an earlier plan would stay beside these, and say what is no longer decided.
void check_emit(const plan_options& options) {
    if (options.emit.empty()) return;
    for (const auto& [flag, name] : {std::pair{"--name", options.names.name},
                                     std::pair{"--namespace", options.names.name_space}}) {
        if (!is_object_name(name))
            throw std::invalid_argument{std::string{flag} +
                                        " must be small letters, digits and hyphens, 57 at most, "
                                        "and begin with a letter, is \"" +
                                        name + "\""};
    }
    std::error_code error;
    if (std::filesystem::exists(options.emit, error) &&
        !(std::filesystem::is_directory(options.emit, error) &&
          std::filesystem::is_empty(options.emit, error)))
        throw std::invalid_argument{"--emit " + options.emit +
                                    ": must be a new folder or an empty one"};
}

void emit_files(const plan& made, const plan_options& options) {
    if (options.emit.empty()) return;
    const auto found = files_of(made, options.names);
    for (const auto& one : found.left_out)
        std::cerr << "lanewise-bench: not written: " << program::printable(one) << "\n";
    if (found.files.empty())
        throw std::runtime_error{"--emit " + options.emit +
                                 ": nothing is decided, so no file is "
                                 "written"};
    for (const auto& file : found.files) {
        const auto path = std::filesystem::path{options.emit} / file.path;
        std::filesystem::create_directories(path.parent_path());
        write_atomically(path.string(), file.text);
    }
}

int make_plan(const plan_options& options) {
    if (const auto problem = problem_of(options.asked); !problem.empty())
        throw std::invalid_argument{problem};
    check_emit(options);
    const auto prices = prices_of(options.prices);
    check_output(options.output);
    const auto loaded = load_documents(options.files);
    for (const auto& bad : loaded.bad)
        std::cerr << "lanewise-bench: not counted: " << bad.sentence() << "\n";
    if (loaded.documents.empty()) throw std::runtime_error{"no document can be used for a plan"};
    check_own_prices(options.prices, loaded.documents);
    const auto found = plan_for(loaded.documents, prices, options.asked);
    if (!found.made) throw std::runtime_error{"no plan: " + found.reason};
    auto shown = plan_report(*found.made, make_report(loaded, prices, today_of(options.prices)));
    shown.command = command_again(options.command, options.prices);
    write_atomically(options.output, text_of(*found.made, shown, options));
    emit_files(*found.made, options);
    return 0;
}

}  // namespace

void add_plan(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<plan_options>();
    auto& asked = options->asked;
    auto* command = program.add_subcommand(
        "plan", "Print how many nodes a peak needs, and what they cost, from documents");
    command->add_option("files", options->files, "Documents of the http command, of one request")
        ->type_name("FILE")
        ->required();
    command
        ->add_option("--peak", asked.peak,
                     "Rate to plan for: requests a second, a mean over the busiest minutes")
        ->type_name("RATE")
        ->required();
    command
        ->add_option("--p99-ms", asked.p99_ms,
                     "Latency target that the documents were measured with (default: the "
                     "documents' own)")
        ->type_name("MS");
    command
        ->add_option_function<std::string>(
            "--survive",
            [options](const std::string& name) {
                options->asked.survived = name == "zone"   ? loss::zone
                                          : name == "node" ? loss::node
                                                           : loss::none;
            },
            "What may be lost during the peak: zone, node or none (default: zone)")
        ->type_name("LOSS")
        ->check(CLI::IsMember({"zone", "node", "none"}));
    command->add_option("--zones", asked.zones, "Zones that the nodes are spread over evenly")
        ->type_name("N")
        ->capture_default_str();
    command
        ->add_option("--growth", asked.growth, "Share by which the peak will grow: 0.2 is a fifth")
        ->type_name("SHARE")
        ->capture_default_str();
    command
        ->add_option("--burst", asked.burst,
                     "Busiest second of the peak as a multiple of --peak, where load comes in "
                     "bursts")
        ->type_name("FACTOR")
        ->capture_default_str();
    command
        ->add_option("--mix", asked.mix,
                     "Share of the peak that the pool with fewer dollars takes, while the next one "
                     "takes the rest (default: each pool takes the whole peak)")
        ->type_name("SHARE");
    command->add_option("--pods-per-node", asked.pods_per_node, "Pods that share a node")
        ->type_name("N")
        ->capture_default_str();
    command
        ->add_option("--ramp", asked.ramp,
                     "Share by which load rises within a minute: pods must be added so early that "
                     "new ones are ready in time")
        ->type_name("SHARE")
        ->capture_default_str();
    command
        ->add_option("--pod-start-seconds", asked.pod_start_seconds,
                     "Time from the rise of the load to a pod that is ready, with a new node where "
                     "one is needed")
        ->type_name("SECONDS")
        ->capture_default_str();
    add_output(*command, options->output, "plan");
    command
        ->add_option("--format", options->format,
                     "Format of the plan: text, markdown, html or json (default: by the ending of "
                     "--output)")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "markdown", "html", "json"}));
    command
        ->add_option("--emit", options->emit,
                     "New folder for files that a cluster takes, components of kustomize: "
                     "autoscaled, replicas, route, affinity, nodepools; only what is decided is "
                     "written")
        ->type_name("FOLDER");
    command
        ->add_option("--name", options->names.name,
                     "Name that the files are for: Deployments and Services are NAME-amd64 and "
                     "NAME-arm64")
        ->type_name("NAME")
        ->capture_default_str();
    command->add_option("--namespace", options->names.name_space, "Namespace of the files")
        ->type_name("NAME")
        ->capture_default_str();
    add_prices_of(*command, options->prices);
    command->footer(
        "\nA plan counts with the lower end of the 95 % interval of what a node holds, in whole "
        "nodes, after the loss. The\ncommand makes no plan for a pool that may not be ranked, and "
        "says why.\n\n"
        "EXAMPLES\n  lanewise-bench plan x86-*.json arm-*.json --peak 300000 --p99-ms 5\n"
        "  lanewise-bench plan *.json --peak 300000 --growth 0.2 --survive node -o plan.html\n"
        "  lanewise-bench plan *.json --peak 300000 --mix 0.7 --pods-per-node 4 -o plan.json\n"
        "  lanewise-bench plan *.json --peak 300000 --emit plan --name cart --namespace shop");
    command->final_callback([options, &chosen] {
        options->command = chosen.words;
        chosen.run = [options] { return make_plan(*options); };
    });
}

}  // namespace lanewise::bench
