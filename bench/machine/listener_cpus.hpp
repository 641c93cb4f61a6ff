// Where the server runs that is to be measured, so that its load comes from elsewhere.
#pragma once

#include <string>
#include <vector>

namespace lanewise::bench {

/// The hardware threads that the process listening on this port of this machine may use; empty
/// where that can't be seen.
[[nodiscard]] std::vector<int> cpus_of_listener(const std::string& port,
                                                const std::string& root = "/");

}  // namespace lanewise::bench
