// Where in a JSON text a byte stands, for who has to mend it: its field and its line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lanewise::bench {

/// JSON pointer of the value that holds the byte, as far as the text before it says; "" at the top.
[[nodiscard]] std::string pointer_at(std::string_view text, std::size_t at);

/// "line 3, column 17".
[[nodiscard]] std::string line_and_column(std::string_view text, std::size_t at);

/// The line where the value of a JSON pointer begins; where the text has no such value, that of the
/// closest one around it. The text is valid JSON.
[[nodiscard]] std::size_t line_of(std::string_view text, std::string_view pointer);

}  // namespace lanewise::bench
