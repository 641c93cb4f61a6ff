// The regression gate: two builds of this program, or two servers, run in turn on this machine.
#pragma once

#include <string>
#include <vector>

namespace lanewise::bench {

struct compare_options {
    std::string base, head;  ///< programs, or URLs that begin with http://
    int rounds = 6;
    double bound = 0.05;               ///< a slowdown that counts
    double p99_ms = 5;                 ///< for servers
    double seconds = 1;                ///< of one step, for servers
    std::vector<std::string> kernels;  ///< empty: all
    std::string output = "-";
};

/// What looks slower is measured once more by itself, and counts only if it is slower again.
/// 0: no regression; 3: at least one; 1: the comparison could not be made.
[[nodiscard]] int compare(const compare_options& options);

}  // namespace lanewise::bench
