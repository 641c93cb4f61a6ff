// lanewise-bench: reads the command line and runs the command that it names.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/commands/command.hpp"
#include "bench/commands/plain_help.hpp"
#include "bench/commands/usage_complaint.hpp"
#include "build_info.hpp"
#include "kernels/machine/standard_descriptors.hpp"
#include "program/nearest.hpp"
#include "program/printable.hpp"
#include "program/standard_output.hpp"
#include "program/unknown_variables.hpp"

namespace {

using namespace lanewise::bench;

constexpr int bad_usage = 2;

constexpr auto synopsis = R"(
The program measures how fast kernels and servers run on a machine. From the results of several machines it says
which node pool costs less, by how much, and how sure that is.

EXAMPLES
  lanewise-bench machine
      print what this machine is, as far as this process may use it
  lanewise-bench run --output result.json
      measure the kernels, and write the results to a document (JSON)
  lanewise-bench exec --output gzip.json -- gzip -9 -c big.log
      measure any program as kernels are measured
  lanewise-bench http http://127.0.0.1:8080/v1/identity --p99-ms 5 --output http.json
      find how many requests a second a server answers within a latency target
  lanewise-bench report result.json http.json
      print the verdict in one sentence, then the tables
  lanewise-bench live --prometheus http://prometheus:9090 --since 6h
      print whether a service's own traffic does worse on one pool than on the other
  lanewise-bench cluster preflight -n shop
      print what each workload of a Kubernetes namespace needs to run on both architectures
  lanewise-bench cluster bench -n shop --service deployment/cart --port 8080 --output cart.json
      measure a service of a Kubernetes cluster on every node pool

EXIT STATUS
  0 success, 1 failure at run time, 2 bad usage, 3 a regression (compare), a workload that can't run on both
  (cluster preflight), or a pool that does worse (live), 4 not decided (live),
  or an incomplete run (cluster bench)

ENVIRONMENT
  LANEWISE_ISA, LANEWISE_NODE, LANEWISE_POD, LANEWISE_INSTANCE and LANEWISE_POOL set the options of the same name.
  An option wins over its variable. Without LANEWISE_NODE and LANEWISE_POD, NODE_NAME and POD_NAME are used.)";

/// What the program can be told to do, in the order of its help.
std::vector<std::string> names_of(const CLI::App& program) {
    std::vector<std::string> names;
    for (const auto* command : program.get_subcommands({})) names.push_back(command->get_name());
    return names;
}

/// The parser would only say that a subcommand is missing.
void check_command(const CLI::App& program, const std::vector<std::string>& words) {
    const auto names = names_of(program);
    if (words.size() < 2)
        throw std::invalid_argument{"names no command" + lanewise::program::known_names("", names)};
    const auto& first = words[1];
    if (first.starts_with('-') || std::ranges::find(names, first) != names.end()) return;
    throw std::invalid_argument{"there is no command \"" + first + "\"" +
                                lanewise::program::known_names(first, names)};
}

void complain(const std::exception& error) {
    // The text may hold names out of documents, which are others'.
    std::fprintf(stderr, "lanewise-bench: %s\n",
                 lanewise::program::printable(error.what()).c_str());
}

/// kubectl finds its plugins by name: `kubectl lanewise preflight` runs kubectl-lanewise preflight.
std::vector<std::string> words_of(int argc, char** argv) {
    std::vector<std::string> words(argv, argv + argc);
    const std::string_view name = argc > 0 ? argv[0] : "";
    const bool is_plugin = name.substr(name.rfind('/') + 1) == "kubectl-lanewise";
    if (words.empty()) words.emplace_back();
    words.front() = "lanewise-bench";
    if (is_plugin) words.insert(words.begin() + 1, "cluster");
    return words;
}

/// The command line without another program's, which the parser would take apart: it splits [a,b].
std::vector<std::string> own_words(chosen_command& chosen) {
    auto words = chosen.words;
    if (words.size() < 2 || (words[1] != "exec" && words[1] != "compare")) return words;
    const auto dashes = std::ranges::find(words, "--");
    if (dashes == words.end()) return words;
    chosen.foreign.assign(dashes + 1, words.end());
    words.erase(dashes, words.end());
    return words;
}

// A misspelt variable would be passed over in silence, and its document carry another name.
void warn_of_unknown_variables() {
    const std::string known[] = {"LANEWISE_ISA", "LANEWISE_NODE", "LANEWISE_POD",
                                 "LANEWISE_INSTANCE", "LANEWISE_POOL"};
    for (const auto& warning : lanewise::program::warn_of_unknown_variables(environ, known)) {
        std::fprintf(stderr, "lanewise-bench: %s\n", lanewise::program::printable(warning).c_str());
    }
}

int run(int argc, char** argv) try {
    CLI::App program{"lanewise-bench: which node pool should this work run on?", "lanewise-bench"};
    program.formatter(std::make_shared<plain_help>());
    program.set_help_flag("-h,--help", "Print this help");
    program.footer(synopsis);
    program.set_version_flag("--version", "lanewise-bench " LANEWISE_BUILD,
                             "Print the version, the commit and its day");
    program.require_subcommand(1);

    chosen_command chosen;
    chosen.words = words_of(argc, argv);
    for (const auto add : {add_run, add_http, add_machine, add_exec, add_report, add_plan,
                           add_export, add_import_google_benchmark, add_import_wrk, add_workload,
                           add_prices, add_cluster, add_live, add_compare}) {
        add(program, chosen);
    }
    for (auto* command : program.get_subcommands({})) command->group("Commands");
    check_command(program, chosen.words);
    try {
        // The parser takes the arguments without the program's name, the last one first.
        auto words = own_words(chosen);
        program.parse(std::vector<std::string>{words.rbegin(), words.rend() - 1});
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return program.exit(error);  // help, or the version
        std::fprintf(stderr, "%s\n",
                     lanewise::program::printable(usage_complaint(program, error)).c_str());
        return bad_usage;
    }
    warn_of_unknown_variables();
    return chosen.run();
} catch (const std::invalid_argument& error) {
    complain(error);
    return bad_usage;
} catch (const std::bad_alloc&) {
    std::fputs("lanewise-bench: memory is used up\n", stderr);
    return 1;
} catch (const std::exception& error) {
    complain(error);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    lanewise::machine::hold_standard_descriptors();
    return lanewise::program::checked_exit("lanewise-bench", run(argc, argv));
}
