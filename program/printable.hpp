// Text of others, such as names in a document, made safe to show.
#pragma once

#include <string>
#include <string_view>

namespace lanewise::program {

/// The text in one line that moves no cursor, sets no colour and turns no writing direction: line
/// ends and tabs become blanks, other control characters and what is no UTF-8 become \x1b, marks
/// that reorder what is shown become \u202e.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace lanewise::program
