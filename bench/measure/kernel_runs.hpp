// Speed of every kernel, in every runnable variant, with data in each level of the memory, by
// Google Benchmark.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "kernels/machine/machine.hpp"

namespace lanewise::bench {

struct kernel_run_options {
    bool quick = false;
    int repetitions = 9;
    double seconds = 0;                ///< of one repetition; 0: what the budget allows
    double budget = 60;                ///< seconds in all, about
    std::vector<std::string> kernels;  ///< empty: all
    std::string variant;               ///< empty: all that run here
};

/// Google Benchmark's own JSON, as it wrote it. Repetitions of all rows are interleaved at random;
/// the calling thread is pinned to one core meanwhile. After an interruption the rows not yet run
/// hold an error.
[[nodiscard]] boost::json::value run_kernels(const machine::facts& facts,
                                             const kernel_run_options& options);

}  // namespace lanewise::bench
