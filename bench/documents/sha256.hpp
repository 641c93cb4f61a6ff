// SHA-256 (FIPS 180-4), so that a report can name the documents that it was made from.
#pragma once

#include <string>
#include <string_view>

namespace lanewise::bench {

/// 32 bytes.
[[nodiscard]] std::string sha256(std::string_view data);

/// The digest of sha256 as 64 hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view data);

}  // namespace lanewise::bench
