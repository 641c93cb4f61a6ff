// Numbers as people read them: three significant digits and an SI prefix.
#pragma once

#include <string>
#include <string_view>

namespace lanewise::bench {

[[nodiscard]] std::string with_prefix(double value, std::string_view unit);  ///< 1.23 G items/s
[[nodiscard]] std::string digits(double value, int significant = 3);         ///< 0.0123, 123, 12300
[[nodiscard]] std::string percent(double share);  ///< 4.2 %, 0.05 %, 130 %
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);  ///< 1 core, 2 cores

}  // namespace lanewise::bench
