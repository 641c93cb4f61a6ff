#include "utf8_text.hpp"

#include <algorithm>
#include <cstdint>

namespace lanewise::server {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";
constexpr std::string_view digits = "0123456789abcdef";

void append_hex(std::string& out, std::string_view before, char c) {
    const auto byte = static_cast<unsigned char>(c);
    out += before;
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text) {
    const auto byte = [&text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&byte](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
    const auto first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf && follows(1)) return 2;
    if (first >= 0xe0 && first <= 0xef && follows(1) && follows(2)) {
        const bool too_long = first == 0xe0 && byte(1) < 0xa0;
        const bool surrogate = first == 0xed && byte(1) >= 0xa0;
        return too_long || surrogate ? 0 : 3;
    }
    if (first >= 0xf0 && first <= 0xf4 && follows(1) && follows(2) && follows(3)) {
        const bool too_long = first == 0xf0 && byte(1) < 0x90;
        const bool too_large = first == 0xf4 && byte(1) >= 0x90;
        return too_long || too_large ? 0 : 4;
    }
    return 0;
}

std::string in_utf8(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto length = utf8_sequence_length(text);
        result += length > 0 ? text.substr(0, length) : replacement;
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return result;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const auto length = utf8_sequence_length(text);
        const char c = text.front();
        if (length == 0) {
            out += replacement;
        } else if (c == '"' || c == '\\') {
            (out += '\\') += c;
        } else if (is_control(c)) {
            append_hex(out, "\\u00", c);
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    out += '"';
}

void append_visible(std::string& out, std::string_view text, std::string_view kept) {
    while (!text.empty()) {
        const auto length = utf8_sequence_length(text);
        const char c = text.front();
        const bool hidden = length == 0 || is_control(c) || c == ' ';
        if (hidden && kept.find(c) == std::string_view::npos) {
            append_hex(out, "\\x", c);
        } else {
            out += text.substr(0, std::max<std::size_t>(length, 1));
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

}  // namespace lanewise::server
