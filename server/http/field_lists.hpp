// Lists in fields (RFC 9110, 5.6.1) and the parameters of their elements (5.6.6): the one place
// that splits them.
#pragma once

#include <cstdint>
#include <string_view>

#include "syntax.hpp"

namespace lanewise::server {

/// What a double quote means where a list is cut.
enum class quoting : std::uint8_t {
    strings,  // the begin and end of a quoted-string (5.6.4), in which a backslash escapes
    tags,     // of an opaque-tag (8.8.3), in which a backslash is a character as any other
    none,     // nothing: the list is of another grammar, such as W3C's tracestate
};

/// Where the first separator stands that no quotes hold; npos if there is none. A quote that does
/// not end holds the rest.
constexpr std::size_t find_separator(std::string_view text, char separator, quoting of) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"' && of != quoting::none) {
            quoted = !quoted;
        } else if (quoted && c == '\\' && of == quoting::strings) {
            ++i;
        } else if (!quoted && c == separator) {
            return i;
        }
    }
    return std::string_view::npos;
}

/// Cuts the part before the next separator off the text, without the white space around it; it may
/// be empty. Call while the text is not empty.
constexpr std::string_view next_item(std::string_view& text, char separator,
                                     quoting of = quoting::strings) {
    const auto end = find_separator(text, separator, of);
    const auto item = syntax::trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    return item;
}

/// Cuts the next element off a list, past empty ones, which count for nothing (5.6.1.2); empty
/// where there is no more.
constexpr std::string_view next_element(std::string_view& list, quoting of = quoting::strings) {
    while (!list.empty()) {
        if (const auto element = next_item(list, ',', of); !element.empty()) return element;
    }
    return {};
}

/// Cuts the next parameter off what follows an element's value: its name, and its value as it came,
/// quotes and all. False where there is no more; parameters without a name or a value are passed
/// over.
constexpr bool next_parameter(std::string_view& parameters, std::string_view& name,
                              std::string_view& value) {
    while (!parameters.empty()) {
        const auto parameter = next_item(parameters, ';');
        const auto equals = find_separator(parameter, '=', quoting::strings);
        if (equals == std::string_view::npos || equals == 0) continue;
        name = parameter.substr(0, equals);
        value = parameter.substr(equals + 1);
        return true;
    }
    return false;
}

}  // namespace lanewise::server
