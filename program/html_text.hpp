// Text of others in an HTML page.
#pragma once

#include <string>
#include <string_view>

namespace lanewise::program {

/// The text as it stands between tags, and in an attribute in quotes of either kind.
[[nodiscard]] std::string html_text(std::string_view text);

}  // namespace lanewise::program
