// Floats as text.
#pragma once

namespace lanewise::server::wire {

/// As many bytes may be written from the begin of a text, more than it is long.
inline constexpr int float_text_room = 32;

/// Writes the text that std::to_chars has for a finite float: the fewest digits that are read as
/// the same float, and among those the nearest. Returns its end.
char* print_float(char* to, float value);

}  // namespace lanewise::server::wire
