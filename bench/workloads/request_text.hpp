// The words of a request, as they came from somebody's file: URLs, targets, methods, header fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lanewise::bench::workloads {

[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] bool equal_without_case(std::string_view a, std::string_view b);
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// A method or a header's name may be sent as it is.
[[nodiscard]] bool is_token(std::string_view text);
/// A header's value may be sent as it is: no control character but a tab.
[[nodiscard]] bool is_field_value(std::string_view text);

/// An absolute URL, taken apart as it is written.
struct url_parts {
    std::string scheme;     ///< in lower case
    std::string user_info;  ///< without the @
    std::string authority;  ///< host and port in lower case; no port that is the scheme's own
    std::string target;     ///< path and query, encoded; "/" where there is none
    bool has_path = false;
    bool has_fragment = false;

    [[nodiscard]] std::string origin() const { return scheme + "://" + authority; }
};
/// nullopt: no "scheme://", no host, or a port that is no number.
[[nodiscard]] std::optional<url_parts> split_url(std::string_view url);

/// Percent-encodes the bytes that a request line can't hold: blanks, controls, all above ASCII.
/// What is encoded already stays as it is.
[[nodiscard]] std::string encoded_target(std::string_view raw);

/// Percent-decodes; what is no percent sign with two digits stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);
/// As HTML forms encode: letters, digits, "*-._" stay, a blank is "+".
[[nodiscard]] std::string form_encoded(std::string_view text);

/// The value of a hexadecimal digit; -1 for another character.
[[nodiscard]] int hex_digit(char digit) noexcept;

[[nodiscard]] std::string to_base64(std::string_view bytes);
/// nullopt: no base64. Line feeds and missing padding are allowed, and both alphabets.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// No surrogate, no overlong form: what JSON text may hold.
[[nodiscard]] bool is_utf8(std::string_view text);

/// Fields that a message's framing or one connection decides, or another one that was between
/// (Host, Content-Length, Connection ...): they are never taken over.
[[nodiscard]] bool is_of_connection(std::string_view lower_name);

}  // namespace lanewise::bench::workloads
