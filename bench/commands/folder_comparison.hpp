// One command in two folders, such as two checkouts of it, run in turn.
#pragma once

#include <string>
#include <vector>

#include "bench/claims/regressions.hpp"

namespace lanewise::bench {

struct folder_options {
    std::string base, head;          ///< the folders
    std::vector<std::string> words;  ///< the command; a relative program is each folder's own
    int rounds = 6;
    double seconds = 1;             ///< that each round takes at least in each folder
    bool google_benchmark = false;  ///< its cases are compared, not the time of the command
};

/// Runs of each round, or the rates of the program's own benchmarks. Throws std::invalid_argument
/// where a folder is none, std::runtime_error where the command fails.
[[nodiscard]] std::vector<paired_case> run_in_folders(const folder_options& options);

}  // namespace lanewise::bench
