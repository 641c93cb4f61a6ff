// Checks a JSON value against a JSON Schema: the part of draft 2020-12 that Lanewise's own schema
// uses.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench {

struct schema_problem {
    std::string field;  ///< JSON pointer, empty for the whole
    std::string text;   ///< what would be right
};

/// Knows type, const, enum, required, properties, additionalProperties, items, minItems, minimum,
/// exclusiveMinimum, maximum, minLength, anyOf and local $ref; throws std::invalid_argument for
/// another keyword, so that a schema can't ask for more than is checked. Reports at most 20
/// problems.
[[nodiscard]] std::vector<schema_problem> check_schema(const boost::json::value& schema,
                                                       const boost::json::value& value);

/// A member's name as a JSON pointer writes it.
[[nodiscard]] std::string pointer_token(std::string_view name);

}  // namespace lanewise::bench
