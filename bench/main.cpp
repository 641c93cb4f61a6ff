// lanewise-bench: the commands and their options. What they do is in commands.hpp.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>
#include <string>

#include "bench/claims/prices.hpp"
#include "bench/commands/commands.hpp"
#include "bench/commands/compare.hpp"
#include "build_info.hpp"
#include "kernels/kernels.hpp"
#include "kernels/machine/machine.hpp"

namespace {

using namespace lanewise::bench;

constexpr int bad_usage = 2;

std::string from_environment(std::initializer_list<const char*> names, std::string otherwise = "") {
    for (const auto* name : names) {
        const char* value = std::getenv(name);
        if (value && *value) return value;
    }
    return otherwise;
}

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

void add_labels(CLI::App& command, labels& names) {
    names.node = from_environment({"LANEWISE_NODE", "NODE_NAME"}, host_name());
    names.pod = from_environment({"LANEWISE_POD", "POD_NAME"}, host_name());
    names.instance = from_environment({"LANEWISE_INSTANCE"});
    names.pool = from_environment({"LANEWISE_POOL"});
    command.add_option("--node", names.node,
                       "Name of the node; else LANEWISE_NODE, NODE_NAME, the host name");
    command.add_option("--pod", names.pod,
                       "Name of the pod; else LANEWISE_POD, POD_NAME, the host name");
    command.add_option(
        "--instance", names.instance,
        "Instance type, which a price is found by; else LANEWISE_INSTANCE, on EC2 what DMI says");
    command.add_option("--pool", names.pool,
                       "Node pool that this machine stands for; else LANEWISE_POOL, the instance");
}

void add_isa(CLI::App& command, std::string& isa) {
    isa = from_environment({"LANEWISE_ISA"});
    command.add_option(
        "--isa", isa,
        "Variant of the kernels, of those that run here; else LANEWISE_ISA, the best");
}

/// An unknown variant, or one that this CPU can't run, is bad usage.
void force(const std::string& isa) {
    if (isa.empty()) return;
    if (const auto problem = lanewise::kernels::force_variant(isa))
        throw std::invalid_argument{*problem};
}

constexpr auto synopsis = R"(
Measures what a machine's kernels and servers do, and says which node pool is cheaper and how sure that is.

EXAMPLES
  lanewise-bench machine
      what this machine is, as far as this process may use it
  lanewise-bench run --output result.json
      measures the kernels into one document
  lanewise-bench http http://127.0.0.1:8080/v1/identity --p99-ms 5 --output http.json
      the most requests a second that a server holds at a latency target
  lanewise-bench report result.json http.json
      the verdict in one sentence, then the tables

EXIT STATUS
  0 success, 1 failure at run time, 2 bad usage, 3 a regression (compare)

ENVIRONMENT
  LANEWISE_ISA, LANEWISE_NODE, LANEWISE_POD, LANEWISE_INSTANCE, LANEWISE_POOL: as the options of the same name,
  which win; NODE_NAME and POD_NAME, as Kubernetes sets them, come after.)";

}  // namespace

int main(int argc, char** argv) try {
    CLI::App app{"lanewise-bench: which node pool should this work run on?"};
    app.footer(synopsis);
    app.set_version_flag("--version", "lanewise-bench " LANEWISE_VERSION " (" LANEWISE_COMMIT ")");
    app.require_subcommand(1);

    std::string isa;
    run_options measured;
    measured.command.assign(argv, argv + argc);
    measured.command.front() = "lanewise-bench";
    auto* run_command =
        app.add_subcommand("run", "Measure the kernels on this machine; prints a document");
    run_command->add_flag("--quick", measured.kernels.quick,
                          "Within a minute on two cores: smaller data, shorter runs");
    run_command
        ->add_option("--kernel", measured.kernels.kernels,
                     "Only this kernel; may come several times")
        ->allow_extra_args(false);
    run_command
        ->add_option("--repetitions", measured.kernels.repetitions,
                     "Of each case; fewer than nine are not ranked")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    run_command
        ->add_option("--budget", measured.budget,
                     "Seconds that all of it may take, about; else 165, with --quick 48")
        ->check(CLI::Range(5.0, 86'400.0));
    run_command
        ->add_option("--seconds", measured.kernels.seconds,
                     "Of one repetition; else what the budget allows")
        ->check(CLI::Range(0.0001, 60.0));
    run_command
        ->add_option("-o,--output", measured.output, "File for the document; - is standard output")
        ->capture_default_str();
    run_command->add_flag("!--no-sweeps", measured.sweeps,
                          "Only the kernels one by one, not over threads");
    add_isa(*run_command, isa);
    add_labels(*run_command, measured.names);
    run_command->footer(
        "\nEXAMPLES\n  lanewise-bench run --quick -o result.json\n"
        "  lanewise-bench run --kernel dot_f32 --isa avx2 --repetitions 21 -o dot.json\n\n"
        "Every kernel, in every variant that runs here, with data in each cache and in DRAM; then "
        "over threads: one, one per\ncore, all, what lies between, and beside a busy sibling. "
        "Repetitions are interleaved; what was disturbed is run again.\n"
        "Ctrl-C ends the run early: the document then holds what was done, says so, and the exit "
        "status is 1.");

    http_command_options loaded;
    loaded.command = measured.command;
    std::string cpus;
    auto* http_command = app.add_subcommand(
        "http", "Find the most requests a second that servers hold; prints a document");
    http_command->add_option("urls", loaded.load.urls, "One of each pool, http://host:port/path")
        ->required();
    http_command
        ->add_option("--p99-ms", loaded.load.p99_ms, "What 99 of 100 replies must come within")
        ->check(CLI::Range(0.01, 60'000.0))
        ->capture_default_str();
    http_command->add_option("--rounds", loaded.load.rounds, "Each URL in turn, so often")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    http_command
        ->add_option("--seconds", loaded.load.seconds,
                     "Of one step; a confirming run takes three times as long")
        ->check(CLI::Range(0.05, 600.0))
        ->capture_default_str();
    http_command->add_option("--connections", loaded.load.connections)
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    http_command->add_option("--rate-first", loaded.load.rate_first, "Where the search begins")
        ->check(CLI::Range(1.0, 10e6))
        ->capture_default_str();
    http_command->add_option("--rate-max", loaded.load.rate_max, "Where it ends")
        ->check(CLI::Range(1.0, 10e6))
        ->capture_default_str();
    http_command->add_option(
        "--cpus", cpus,
        "For the generator, as in 2-3,8; else those that share no core with a local server");
    http_command
        ->add_option("-o,--output", loaded.output, "File for the document; - is standard output")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->capture_default_str();
    add_labels(*http_command, loaded.names);
    http_command->footer(
        "\nOpen loop: requests leave at times of a Poisson process whatever the replies do, and "
        "latency counts from the\n"
        "intended time.\n\nEXAMPLES\n"
        "  lanewise-bench http http://target-amd64:8080/ http://target-arm64:8080/ --p99-ms 5 -o "
        "http.json\n"
        "  taskset -c 0 lanewise-server --threads 1 & lanewise-bench http "
        "http://127.0.0.1:8080/v1/identity");

    machine_options shown;
    auto* machine_command = app.add_subcommand("machine", "Say what this machine is");
    machine_command->add_flag("--json", shown.json, "As JSON, as it stands in documents");
    machine_command->footer(
        "\nCounts are of this process's cpuset. Where two sources disagree, both are shown, after "
        "an exclamation mark.\n\n"
        "EXAMPLES\n  lanewise-bench machine\n"
        "  taskset -c 0,1 lanewise-bench machine --json");
    add_isa(*machine_command, isa);
    add_labels(*machine_command, shown.names);

    report_options reported;
    reported.command = measured.command;
    auto* report_command = app.add_subcommand("report", "Say what documents allow to be said");
    report_command
        ->add_option("files", reported.files, "Documents of lanewise-bench; - is standard input")
        ->required();
    report_command
        ->add_option("-o,--output", reported.output, "File for the report; - is standard output")
        ->capture_default_str();
    report_command
        ->add_option_function<std::string>(
            "--format",
            [&](const std::string& name) {
                reported.format = name == "html"       ? report_format::html
                                  : name == "markdown" ? report_format::markdown
                                                       : report_format::terminal;
            },
            "text, markdown or html; else by the output's ending")
        ->check(CLI::IsMember({"text", "markdown", "html"}));
    report_command->add_option("--prices", reported.prices,
                               "CSV with instance and usd_per_hour, instead of the built-in table");
    report_command
        ->add_option("--price", reported.own_prices,
                     "INSTANCE=DOLLARS an hour, or INSTANCE=xFACTOR for spot or a "
                     "commitment; may come several times")
        ->allow_extra_args(false);
    report_command
        ->add_option("--date", reported.date,
                     "Day that the ages of prices count to, as 2026-11-24; else today")
        ->check([](const std::string& text) {
            return is_day(text) ? std::string{} : "\"" + text + "\" is no day such as 2026-11-24";
        });
    report_command->footer(
        "\nEXAMPLES\n  lanewise-bench report x86-*.json arm-*.json --price m7g.2xlarge=x0.6\n"
        "  lanewise-bench report *.json --output report.html\n\n"
        "A document that can't be used is named with the field that is wrong; the others still "
        "count.");

    export_options exported;
    auto* export_command =
        app.add_subcommand("export", "Write documents' figures in the format of another tool");
    export_command
        ->add_option("files", exported.files, "Documents of lanewise-bench; - is standard input")
        ->required();
    export_command
        ->add_option_function<std::string>(
            "--format",
            [&](const std::string& name) {
                exported.format = name == "csv"                ? export_format::csv
                                  : name == "action-benchmark" ? export_format::action_benchmark
                                                               : export_format::google_benchmark;
            },
            "google-benchmark, action-benchmark or csv")
        ->check(CLI::IsMember({"google-benchmark", "action-benchmark", "csv"}))
        ->required();
    export_command->add_option("-o,--output", exported.output, "File; - is standard output")
        ->capture_default_str();
    export_command->footer(
        "\nEXAMPLES\n  lanewise-bench export result.json --format google-benchmark -o gbench.json\n"
        "      for Google Benchmark's compare.py\n"
        "  lanewise-bench export *.json --format action-benchmark -o history.json\n"
        "      for github-action-benchmark, as customBiggerIsBetter\n"
        "  lanewise-bench export *.json --format csv");

    import_options imported;
    imported.command = measured.command;
    auto* import_command =
        app.add_subcommand("import-wrk", "Make a document of what wrk printed with bench/wrk.lua");
    import_command->add_option("file", imported.file, "wrk's output; - is standard input")
        ->required();
    import_command
        ->add_option("-o,--output", imported.output, "File for the document; - is standard output")
        ->capture_default_str();
    add_labels(*import_command, imported.names);
    import_command->footer(
        "\nEXAMPLES\n"
        "  WRK_CONNECTIONS=64 wrk -c64 -s wrk.lua http://host:8080/ | lanewise-bench import-wrk - "
        "-o wrk.json");

    compare_options compared;
    auto* compare_command = app.add_subcommand(
        "compare", "Run two builds, or two servers, in turn; exit 3 on a regression");
    compare_command->add_option("base", compared.base, "A lanewise-bench, or a URL")->required();
    compare_command->add_option("head", compared.head, "The one that may be slower")->required();
    compare_command->add_option("--rounds", compared.rounds, "Each of both, so often")
        ->check(CLI::Range(3, 100))
        ->capture_default_str();
    compare_command->add_option("--bound", compared.bound, "A slowdown that counts, as a share")
        ->check(CLI::Range(0.001, 0.9))
        ->capture_default_str();
    compare_command
        ->add_option("--p99-ms", compared.p99_ms,
                     "For servers: what 99 of 100 replies must come within")
        ->check(CLI::Range(0.01, 60'000.0))
        ->capture_default_str();
    compare_command->add_option("--seconds", compared.seconds, "For servers: of one step")
        ->check(CLI::Range(0.05, 600.0))
        ->capture_default_str();
    compare_command
        ->add_option("--kernel", compared.kernels, "Only this kernel; may come several times")
        ->allow_extra_args(false);
    compare_command
        ->add_option("-o,--output", compared.output,
                     "File for the table, in Markdown; - is standard output")
        ->capture_default_str();
    compare_command->footer(
        "\nEXAMPLES\n  lanewise-bench compare build/base/lanewise-bench "
        "build/release/bin/lanewise-bench\n"
        "  lanewise-bench compare http://127.0.0.1:8080/ http://127.0.0.1:8081/\n\n"
        "Rounds alternate which of both comes first. What looks slower is measured once more by "
        "itself, and counts only\nif it is slower again.\n\n"
        "EXIT STATUS\n  0 nothing is slower by more than the bound, beyond doubt; 3 something is; "
        "1 it could not be decided");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : bad_usage;
    }
    force(isa);
    measured.kernels.variant = isa;

    if (!cpus.empty()) {
        const auto parsed = lanewise::machine::parse_cpu_list(cpus);
        if (!parsed)
            throw std::invalid_argument{"--cpus " + cpus + " is no list of CPUs such as 2-3,8"};
        loaded.load.cpus = *parsed;
    }

    if (*run_command) return run(measured);
    if (*http_command) return load_http(loaded);
    if (*machine_command) return show_machine(shown);
    if (*export_command) return export_documents(exported);
    if (*import_command) return import_wrk(imported);
    if (*compare_command) return compare(compared);
    return show_report(reported);
} catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "lanewise-bench: %s\n", error.what());
    return bad_usage;
} catch (const std::exception& error) {
    std::fprintf(stderr, "lanewise-bench: %s\n", error.what());
    return 1;
}
