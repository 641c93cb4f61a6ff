// The regression gate: two builds of this program, two servers, or any command in two folders, run
// in turn on this machine.
#pragma once

#include <string>
#include <vector>

namespace lanewise::bench {

struct compare_options {
    std::string base, head;  ///< programs, or URLs that begin with http://, or folders
    int rounds = 6;
    double bound = 0.05;               ///< a slowdown that counts
    double p99_ms = 5;                 ///< for servers
    double seconds = 1;                ///< of one step for servers, of one round in folders
    std::vector<std::string> kernels;  ///< empty: all
    std::vector<std::string> words;    ///< a command to run in both folders; else empty
    bool google_benchmark = false;     ///< the command is a program of Google Benchmark
    std::string output = "-";
};

/// What looks slower is measured once more by itself, and counts only if it is slower again.
/// 0: no regression; 3: at least one; 1: the comparison could not be made.
[[nodiscard]] int compare(const compare_options& options);

}  // namespace lanewise::bench
