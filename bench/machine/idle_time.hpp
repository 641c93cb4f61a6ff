// How long hardware threads had nothing to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lanewise::bench {

/// Seconds since the system's start that these were idle, or stopped by the hypervisor, in all;
/// nullopt where the system does not tell.
[[nodiscard]] std::optional<double> idle_seconds(const std::vector<int>& cpus,
                                                 const std::string& root = "/");

}  // namespace lanewise::bench
