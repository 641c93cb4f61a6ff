// lanewise-bench compare: the regression gate.
#include <CLI/CLI.hpp>
#include <memory>

#include "command.hpp"
#include "comparison.hpp"
#include "options.hpp"

namespace lanewise::bench {

void add_compare(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<compare_options>();
    auto* command = program.add_subcommand(
        "compare", "Run two builds, or two servers, in turn; exit 3 on a regression");
    command->add_option("base", options->base, "A lanewise-bench program, or a URL")->required();
    command->add_option("head", options->head, "The program or URL that may be slower")->required();
    command->add_option("--rounds", options->rounds, "Rounds; each round runs both once")
        ->check(CLI::Range(3, 100))
        ->capture_default_str();
    command
        ->add_option("--bound", options->bound,
                     "Slowdown that counts as a regression, as a share of the base's speed")
        ->check(CLI::Range(0.001, 0.9))
        ->capture_default_str();
    command
        ->add_option("--p99-ms", options->p99_ms,
                     "For servers, the latency target: milliseconds within which 99 of 100 "
                     "replies must come")
        ->check(CLI::Range(0.01, 60'000.0))
        ->capture_default_str();
    command->add_option("--seconds", options->seconds, "For servers, seconds per step")
        ->check(CLI::Range(0.05, 600.0))
        ->capture_default_str();
    command
        ->add_option("--kernel", options->kernels,
                     "Compare this kernel alone; may come several times (default: all kernels)")
        ->allow_extra_args(false);
    add_output(*command, options->output, "table, in Markdown");
    command->footer(
        "\nEXAMPLES\n  lanewise-bench compare build/base/lanewise-bench "
        "build/release/bin/lanewise-bench\n"
        "  lanewise-bench compare http://127.0.0.1:8080/ http://127.0.0.1:8081/\n\n"
        "Rounds alternate which of the two runs first. The command measures what looks slower "
        "once more by itself, and counts\nit only if it is slower again.\n\n"
        "EXIT STATUS\n  0 nothing is slower by more than the bound, beyond doubt; 3 something is; "
        "1 it could not be decided");
    command->final_callback(
        [options, &chosen] { chosen.run = [options] { return compare(*options); }; });
}

}  // namespace lanewise::bench
