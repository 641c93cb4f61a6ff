// Speed over threads: every kernel on one thread, on one thread per core, on all, and on what lies
// between; with a busy sibling; and the machine's own limits the same way. Threads are pinned,
// cases interleaved, disturbed repetitions marked and run again.
#pragma once

#include <string>
#include <vector>

#include "bench/documents/sweeps_section.hpp"
#include "bench/machine/event_counters.hpp"
#include "bench/machine/placement.hpp"
#include "kernels/machine/machine.hpp"

namespace lanewise::bench {

struct sweep_options {
    bool quick = false;
    int repetitions = 9;
    double seconds = 0;                    ///< of one repetition; 0: what the budget allows
    double budget = 100;                   ///< seconds in all, about: beyond, nothing is run again
    bool with_kernels = true;              ///< and the machine's limits
    std::vector<std::string> kernels;      ///< empty: all
    std::string variant;                   ///< that each kernel runs on
    const event_source* events = nullptr;  ///< none: nothing is counted
    std::string root = "/";                ///< where powercap is looked for
};

struct subject;

/// The document's "sweeps": of kernels, and of the services' work that is handed in. After an
/// interruption it holds the rounds that were finished.
[[nodiscard]] sweeps_section run_sweeps(const machine::facts& facts, const sweep_options& options,
                                        std::vector<subject> services);

}  // namespace lanewise::bench
