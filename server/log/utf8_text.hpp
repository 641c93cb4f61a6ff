// What peers sent, as text that others read: JSON has to be UTF-8, a line of a log one line.
#pragma once

#include <string>
#include <string_view>

namespace lanewise::server {

/// Length of the UTF-8 sequence that a text begins with; 0 if it begins with none.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text);

/// The text with U+FFFD for each byte that is no part of UTF-8 (RFC 8259, 8.1).
[[nodiscard]] std::string in_utf8(std::string_view text);

/// Appends the text as a JSON string, quotes and all, with U+FFFD for what is not UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// Appends the text with \xHH for each byte that is neither visible nor one of `kept`, nor part of
/// UTF-8: what was one line or one field stays one.
void append_visible(std::string& out, std::string_view text, std::string_view kept = {});

}  // namespace lanewise::server
