// Characters and tokens of RFC 9110 and RFC 3986, as tests on one character or one short text.
#pragma once

#include <array>
#include <string_view>

namespace lanewise::server::syntax {

enum character_class : unsigned char {
    token_character = 1,  // tchar of RFC 9110, 5.6.2
    path_character =
        2,  // pchar of RFC 3986, 3.3, or a slash; the percent sign needs a look at what follows
    unreserved_character = 4,
    sub_delimiter = 8,
    hex_digit = 16,
};

constexpr std::array<unsigned char, 256> make_classes() {
    std::array<unsigned char, 256> classes{};
    const auto add = [&classes](std::string_view characters, unsigned char which) {
        for (const char c : characters) classes[static_cast<unsigned char>(c)] |= which;
    };
    constexpr std::string_view letters_and_digits =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    add(letters_and_digits, token_character | path_character | unreserved_character);
    add("!#$%&'*+-.^_`|~", token_character);
    add("-._~", path_character | unreserved_character);
    add("!$&'()*+,;=", path_character | sub_delimiter);
    add(":@/%", path_character);
    add("0123456789abcdefABCDEF", hex_digit);
    return classes;
}

inline constexpr auto classes = make_classes();

constexpr bool is(char c, unsigned char which) {
    return (classes[static_cast<unsigned char>(c)] & which) != 0;
}
constexpr bool is_token(char c) {
    return is(c, token_character);
}
constexpr bool is_hex(char c) {
    return is(c, hex_digit);
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    return (c | 0x20) - 'a' + 10;
}

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

/// Without spaces and tabs around it.
constexpr std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Path characters only, and each percent sign before two hexadecimal digits. A query may hold a
/// question mark too.
constexpr bool is_path_or_query(std::string_view text, bool query) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is(text[i], path_character) && !(query && text[i] == '?')) return false;
        if (text[i] == '%') {
            if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
            i += 2;
        }
    }
    return true;
}

/// host [":" port] of RFC 3986, 3.2: a name (which may be empty), an IPv4 or a bracketed IP
/// address; a port may be empty.
constexpr bool is_authority(std::string_view text) {
    std::size_t at = 0;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || close < 3) return false;
        for (const char c : text.substr(1, close - 1)) {
            if (!is_hex(c) && c != ':' && c != '.') return false;
        }
        at = close + 1;
        if (at < text.size() && text[at] != ':') return false;
    }
    // One pass: this runs for every request.
    for (; at < text.size() && text[at] != ':'; ++at) {
        if (is(text[at], unreserved_character | sub_delimiter)) continue;
        if (text[at] != '%' || at + 2 >= text.size() || !is_hex(text[at + 1]) ||
            !is_hex(text[at + 2]))
            return false;
        at += 2;
    }
    constexpr std::size_t port_digits_max = 5;
    if (text.size() > at + 1 + port_digits_max) return false;
    for (++at; at < text.size(); ++at) {
        if (!is_digit(text[at])) return false;
    }
    return true;
}

/// Whether a request line ends as it has to.
constexpr bool ends_with_version(std::string_view line) {
    constexpr std::string_view pattern = " HTTP/d.d";
    if (line.size() < pattern.size()) return false;
    line.remove_prefix(line.size() - pattern.size());
    return line.starts_with(" HTTP/") && is_digit(line[6]) && line[7] == '.' && is_digit(line[8]);
}

}  // namespace lanewise::server::syntax
