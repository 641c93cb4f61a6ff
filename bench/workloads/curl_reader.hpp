// Reads command lines of curl, as people and browsers' "Copy as cURL" leave them. No shell and no
// curl is run.
#pragma once

#include <string>
#include <string_view>

#include "gathering.hpp"

namespace lanewise::bench::workloads {

void read_curl(std::string_view text, const std::string& name, gathering& to);

}  // namespace lanewise::bench::workloads
