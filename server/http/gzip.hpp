// One gzip member (RFC 1952), for what is compressed once and sent often.
#pragma once

#include <string>
#include <string_view>

namespace lanewise::server {

/// The same bytes for the same data: no time and no name in it.
[[nodiscard]] std::string gzip(std::string_view data);

}  // namespace lanewise::server
