// What WWW-Authenticate asks for (RFC 9110, 11.6.1), and the base64 of its answers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench::cluster {

struct web_challenge {
    std::string scheme;                             ///< in lower case
    std::map<std::string, std::string> parameters;  ///< names in lower case; the first of a name

    /// Empty where there is none.
    [[nodiscard]] std::string parameter(const std::string& name) const;
};

/// The challenges of one field, as far as it can be read.
[[nodiscard]] std::vector<web_challenge> parse_challenges(std::string_view text);

[[nodiscard]] std::string base64_of(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// For a query or a form: what is not unreserved in RFC 3986 as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// Whether a header field can hold it as credentials: visible ASCII alone.
[[nodiscard]] bool is_visible(std::string_view text);

}  // namespace lanewise::bench::cluster
