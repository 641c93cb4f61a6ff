// What the workload command does: access logs, HAR files or curl command lines in, a workload out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workload_document.hpp"

namespace lanewise::bench::workloads {

struct workload_sources {
    std::vector<std::string> files;  ///< their kind is found; "-" is standard input
    std::vector<std::string> logs, hars;
    std::vector<std::string> curls;  ///< command lines; "-" is standard input
    std::vector<std::string> origins;
    bool keep_secrets = false;
};

/// Reads all of them. Throws unusable with what is wrong and what would be right.
[[nodiscard]] document gather_workload(const workload_sources& sources);

/// What was read, left out and dropped: a line for each, bounded in length and number. Parts of the
/// input stand in it as they are: who shows a line makes it printable.
[[nodiscard]] std::string summary_of(const document& made);

}  // namespace lanewise::bench::workloads
