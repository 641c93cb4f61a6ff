// JSON out of a text that holds more, or less, than JSON: prints around it, bare nan and inf, a cut
// end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench {

/// The text with each bare nan, inf or infinity (any case, signed too) in place of a value as null.
[[nodiscard]] std::string without_bare_words(std::string_view text);

/// The bytes of the object or array that begins at `start`, its last bracket included; empty: it
/// does not end.
[[nodiscard]] std::string_view whole_value(std::string_view text, std::size_t start);

struct piece {
    std::size_t line;  ///< from 1
    std::string_view text;
};

/// Each innermost object of the text from `start` on that has both its braces.
[[nodiscard]] std::vector<piece> flat_objects(std::string_view text, std::size_t start);

}  // namespace lanewise::bench
