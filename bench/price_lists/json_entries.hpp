// The entries of JSON as tools print it: one value or several after one another, whole or cut off.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench::price_lists {

struct json_part {
    boost::json::value value;
    std::size_t line = 1;   ///< where it begins
    std::string_view text;  ///< of the value, where it is whole
    bool cut = false;       ///< it ended within an entry; what came before that is here
};

struct json_parts {
    std::vector<json_part> parts;
    std::string problem;  ///< why the rest is no JSON, with its line; empty: all was read
};

/// Each value of the text. Of one that is cut off, the entries of its lists before the cut.
[[nodiscard]] json_parts parts_of(std::string_view text);

/// The lines on which the entries of a list begin, of the list that lies so deep in the text (0:
/// the text is the list) and has so many entries; empty: there is none. The text is valid JSON
/// whose first line has the number 1.
[[nodiscard]] std::vector<std::size_t> lines_of_entries(std::string_view text, std::size_t depth,
                                                        std::size_t count);

/// Members of objects in objects; nullptr where one is missing or no object.
template <class... Names>
const boost::json::value* member(const boost::json::value& from, std::string_view name,
                                 Names... deeper) {
    const auto* object = from.if_object();
    const auto* found = object ? object->if_contains(name) : nullptr;
    if constexpr (sizeof...(deeper) == 0) {
        return found;
    } else {
        return found ? member(*found, deeper...) : nullptr;
    }
}

/// Empty where it is missing or no text.
template <class... Names>
std::string text_at(const boost::json::value& from, Names... names) {
    const auto* found = member(from, names...);
    return found && found->is_string() ? std::string{found->get_string()} : std::string{};
}

/// A number, or text that is one; NaN where it is neither.
[[nodiscard]] double number_of(const boost::json::value* value);

}  // namespace lanewise::bench::price_lists
