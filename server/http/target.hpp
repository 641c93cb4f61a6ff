// Paths and queries of targets whose characters the request parser has checked.
#pragma once

#include <string>
#include <string_view>

namespace lanewise::server {

/// The path without percent-encoding and dot segments (RFC 3986, 6.2.2). A path that has neither is
/// returned as it is.
std::string_view normal_path(std::string_view path, std::string& storage);

/// Cuts the next name and value off a query, decoded; false at its end.
bool next_parameter(std::string_view& query, std::string& name, std::string& value);

}  // namespace lanewise::server
