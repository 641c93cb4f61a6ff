// JSON as programs write it that are no JSON writers.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace lanewise::bench::workloads {

struct lenient_value {
    boost::json::value value;
    bool mended = false;  ///< it was no JSON as it stood
};

/// Valid JSON as it is. Else, where that mends it: nginx's \xHH becomes that byte, a bare control
/// character is taken, half a surrogate pair becomes U+FFFD, NaN and Infinity become null. nullopt:
/// it is something else.
[[nodiscard]] std::optional<lenient_value> parse_leniently(std::string_view text);

}  // namespace lanewise::bench::workloads
