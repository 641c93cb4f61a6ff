// What can be told of a request whose head was refused: for the log, which escapes it.
#pragma once

#include <string_view>

namespace lanewise::server {

/// Method and target of a request line, each "-" where it was not understood. The begin of them,
/// where they are long.
struct refused_line {
    std::string_view method = "-", target = "-";
};

/// Reads as far as the bytes make sense: they may be any, and may end anywhere.
[[nodiscard]] refused_line understood(std::string_view head);

}  // namespace lanewise::server
