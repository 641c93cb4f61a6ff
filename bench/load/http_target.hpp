// Where load is sent: a URL taken apart. What a URL may hold and what it may not is RFC 3986's
// word.
#pragma once

#include <string>
#include <string_view>

namespace lanewise::bench {

struct http_target {
    bool tls = false;
    std::string host;  ///< a name, or an address without brackets
    std::string port;  ///< a number without leading zeros
    std::string path;  ///< in origin form: with the query, never empty
    std::string url;   ///< as it was given

    /// What the Host field says: brackets around an IPv6 address, no zone, no port that is the
    /// scheme's own.
    [[nodiscard]] std::string authority() const;
};

/// "http://host:port/path" or https; throws std::invalid_argument that says what would be right.
[[nodiscard]] http_target parse_url(const std::string& url);

/// Whether it is meant to be a URL, right or wrong: what parse_url would read.
[[nodiscard]] bool looks_like_url(std::string_view text) noexcept;

}  // namespace lanewise::bench
