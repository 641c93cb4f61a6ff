// The commands of lanewise-bench. Each has one file here: its options, its help and what it does.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lanewise::bench {

/// What the command line asks for, once it has been read.
struct chosen_command {
    std::vector<std::string> words;  ///< as they were typed, for the document
    std::vector<std::string>
        foreign;  ///< of exec and compare: what stands behind --, which is not ours to read
    std::function<int()> run;  ///< returns the exit status
};

/// Adds one command with its options to the program. Reading a command line that names it sets
/// `chosen.run`. Bad usage throws std::invalid_argument, anything else std::runtime_error.
void add_run(CLI::App& program, chosen_command& chosen);
void add_exec(CLI::App& program, chosen_command& chosen);
void add_http(CLI::App& program, chosen_command& chosen);
void add_live(CLI::App& program, chosen_command& chosen);
void add_machine(CLI::App& program, chosen_command& chosen);
void add_report(CLI::App& program, chosen_command& chosen);
void add_compare(CLI::App& program, chosen_command& chosen);
void add_export(CLI::App& program, chosen_command& chosen);
void add_import_google_benchmark(CLI::App& program, chosen_command& chosen);
void add_import_wrk(CLI::App& program, chosen_command& chosen);
void add_plan(CLI::App& program, chosen_command& chosen);
void add_prices(CLI::App& program, chosen_command& chosen);
void add_workload(CLI::App& program, chosen_command& chosen);
void add_cluster(CLI::App& program, chosen_command& chosen);

}  // namespace lanewise::bench
