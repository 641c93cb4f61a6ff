// lanewise-bench: reads the command line and runs the command that it names.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <stdexcept>

#include "bench/commands/command.hpp"
#include "build_info.hpp"
#include "kernels/machine/standard_descriptors.hpp"

namespace {

using namespace lanewise::bench;

constexpr int bad_usage = 2;

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
    lanewise::machine::hold_standard_descriptors();
    CLI::App program{"lanewise-bench: which node pool should this work run on?"};
    program.footer(synopsis);
    program.set_version_flag("--version",
                             "lanewise-bench " LANEWISE_VERSION " (" LANEWISE_COMMIT ")");
    program.require_subcommand(1);

    chosen_command chosen;
    chosen.words.assign(argv, argv + argc);
    chosen.words.front() = "lanewise-bench";
    for (const auto add :
         {add_run, add_http, add_machine, add_report, add_export, add_import_wrk, add_compare}) {
        add(program, chosen);
    }
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? 0 : bad_usage;
    }
    return chosen.run();
} catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "lanewise-bench: %s\n", error.what());
    return bad_usage;
} catch (const std::exception& error) {
    std::fprintf(stderr, "lanewise-bench: %s\n", error.what());
    return 1;
}
