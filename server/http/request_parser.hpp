// One whole head -> request. Beast's parser reads line and fields; what RFC 9112 asks beyond Beast
// is here.
#pragma once

#include <string_view>

#include "problem.hpp"
#include "request.hpp"

namespace lanewise::server {

/// Parses a head that head_scanner found whole, from its request line to its empty line, into a
/// fresh `out`.
outcome<void> parse_head(std::string_view head, request& out);

}  // namespace lanewise::server
