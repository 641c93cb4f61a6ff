// lanewise-bench compare: the regression gate.
#include <CLI/CLI.hpp>
#include <memory>

#include "command.hpp"
#include "comparison.hpp"
#include "number_within.hpp"
#include "options.hpp"

namespace lanewise::bench {

void add_compare(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<compare_options>();
    auto* command = program.add_subcommand(
        "compare",
        "Measure two builds, two servers or a command in two folders in turn; exit 3 if the second "
        "is slower");
    command
        ->add_option("base", options->base,
                     "The old lanewise-bench program, its server's URL, or the folder of the old "
                     "command")
        ->type_name("PROGRAM|URL|FOLDER")
        ->required();
    command->add_option("head", options->head, "The new one, which may be slower")
        ->type_name("PROGRAM|URL|FOLDER")
        ->required();
    command->add_option("--rounds", options->rounds, "How often both are measured")
        ->check(whole_number_within(3, 100))
        ->capture_default_str();
    command
        ->add_option("--bound", options->bound,
                     "Slowdown that counts as a regression: 0.05 is 5 % of the base's speed")
        ->type_name("SHARE")
        ->check(number_within(0.001, 0.9))
        ->capture_default_str();
    command
        ->add_option("--p99-ms", options->p99_ms,
                     "Latency target for servers: milliseconds within which 99 of 100 replies "
                     "must arrive")
        ->type_name("MILLISECONDS")
        ->check(number_within(0.01, 60'000.0))
        ->capture_default_str();
    command
        ->add_option(
            "--seconds", options->seconds,
            "Seconds of load in each step, for servers; that a command runs in each round, "
            "again and again, for folders")
        ->type_name("SECONDS")
        ->check(number_within(0.05, 600.0))
        ->capture_default_str();
    command
        ->add_option("--kernel", options->kernels,
                     "Kernel to compare; give the option again for more kernels (default: all "
                     "kernels)")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command->add_flag("--google-benchmark", options->google_benchmark,
                      "Compare the benchmarks of a Google Benchmark program, not the time that it "
                      "takes");
    add_output(*command, options->output, "table (Markdown)");
    command->footer(
        "\nEXAMPLES\n  lanewise-bench compare build/base/lanewise-bench "
        "build/release/bin/lanewise-bench\n"
        "  lanewise-bench compare http://127.0.0.1:8080/ http://127.0.0.1:8081/\n"
        "  lanewise-bench compare ../base . -- ./build/encode in.y4m\n"
        "  lanewise-bench compare ../base . --google-benchmark -- ./build/benchmarks\n\n"
        "The two take turns at running first. If a case looks slower, the command measures it "
        "again, and reports a regression\nonly if the case is slower again. What stands behind -- "
        "is run in both folders; no shell reads it.\n\n"
        "EXIT STATUS\n  0 no case is slower by more than the bound, beyond doubt; 3 at least one "
        "case is; 1 the measurement failed");
    command->final_callback([options, &chosen] {
        options->words = chosen.foreign;
        chosen.run = [options] { return compare(*options); };
    });
}

}  // namespace lanewise::bench
