// Reads a HAR file (HTTP Archive, 1.1 and 1.2): what a browser or a proxy recorded.
#pragma once

#include <string>

#include "gathering.hpp"
#include "text_input.hpp"

namespace lanewise::bench::workloads {

void read_har(text_input& input, const std::string& name, gathering& to);

}  // namespace lanewise::bench::workloads
