// Somebody's program over threads: copies in every placement that kernels have, rounds interleaved,
// disturbed ones run again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/documents/exec_section.hpp"
#include "bench/machine/event_counters.hpp"
#include "kernels/machine/machine.hpp"

namespace lanewise::bench {

struct program_options {
    std::vector<std::string> command;  ///< program and arguments
    std::string name;                  ///< empty: the command
    std::string directory;             ///< empty: the bench's own
    std::string setup;                 ///< a shell's command line; empty: none
    std::optional<double> work;        ///< units of one run
    std::string work_from;             ///< expression; empty: none
    double timeout_seconds = 300;
    int repetitions = 9;
    double seconds = 0;                    ///< of one repetition; 0: what the budget allows
    double budget = 165;                   ///< seconds in all, about
    const event_source* events = nullptr;  ///< none: nothing is counted
    std::string root = "/";                ///< where powercap is looked for
};

/// Throws std::invalid_argument in a sentence where the options can't be meant.
void check_program(const program_options& options);

/// The document's "exec". To be called on the main thread, after go_on_guarded().
[[nodiscard]] exec_section run_program_sweeps(const machine::facts& facts,
                                              const program_options& options);

}  // namespace lanewise::bench
