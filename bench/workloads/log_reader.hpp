// Reads an access log, line by line, whatever its formats.
#pragma once

#include <string>

#include "gathering.hpp"
#include "text_input.hpp"

namespace lanewise::bench::workloads {

void read_log(text_input& input, const std::string& name, gathering& to);

}  // namespace lanewise::bench::workloads
