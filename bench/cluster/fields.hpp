// Fields of JSON that others wrote: what is missing or of another kind reads as empty.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench::cluster {

using field_path = std::initializer_list<std::string_view>;

/// Null where a field on the way is missing.
[[nodiscard]] const boost::json::value* field(const boost::json::value& from, field_path path);
[[nodiscard]] std::string text_of(const boost::json::value& from, field_path path);
[[nodiscard]] const boost::json::array& list_of(const boost::json::value& from, field_path path);
[[nodiscard]] const boost::json::object& object_of(const boost::json::value& from, field_path path);

/// None where it is no JSON, or nested deeper than anything that is read here.
[[nodiscard]] std::optional<boost::json::value> parsed(std::string_view text);

/// The values of a text that holds one behind the other; none where any is no JSON or cut off.
[[nodiscard]] std::optional<std::vector<boost::json::value>> parsed_all(std::string_view text);

}  // namespace lanewise::bench::cluster
