// The two forms of a kernel's inputs and results.
#pragma once

#include <string_view>

namespace lanewise::server {

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view octets_type = "application/octet-stream";

}  // namespace lanewise::server
