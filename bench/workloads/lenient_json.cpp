#include "lenient_json.hpp"

#include <array>
#include <boost/json/parse.hpp>

#include "request_text.hpp"

namespace lanewise::bench::workloads {
namespace {

namespace json = boost::json;
using std::string_view;

std::optional<json::value> parse(string_view text) {
    json::parse_options options;
    options.allow_invalid_utf8 = true;  // a target's bytes need be none
    options.max_depth = 64;
    boost::system::error_code error;
    auto value = json::parse(text, error, {}, options);
    if (error) return std::nullopt;
    return value;
}

/// The four digits of \uHHHH at text[at] == '\\'; -1 where that does not stand there.
int code_unit(string_view text, std::size_t at) {
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
    int unit = 0;
    for (std::size_t i = at + 2; i < at + 6; ++i) {
        const int digit = hex_digit(text[i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

void append_byte(std::string& to, int byte) {
    constexpr string_view digits = "0123456789abcdef";
    if (byte < 0x20 || byte == '"' || byte == '\\') {
        to += "\\u00";
        to += digits[static_cast<std::size_t>(byte >> 4)];
        to += digits[static_cast<std::size_t>(byte & 15)];
    } else {
        to += static_cast<char>(byte);
    }
}

/// Appends one escape, mended; how many characters of the text it took.
std::size_t mend_escape(string_view text, std::size_t at, std::string& to) {
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (next == 'x' && at + 3 < text.size() && hex_digit(text[at + 2]) >= 0 &&
        hex_digit(text[at + 3]) >= 0) {
        append_byte(to, hex_digit(text[at + 2]) * 16 + hex_digit(text[at + 3]));
        return 4;
    }
    if (next == 'u') {
        const int unit = code_unit(text, at);
        if (unit >= 0xd800 && unit < 0xdc00) {
            const int second = code_unit(text, at + 6);
            if (second >= 0xdc00 && second < 0xe000) {
                to += text.substr(at, 12);
                return 12;
            }
        }
        if (unit >= 0xd800 && unit < 0xe000) {
            to += "\\ufffd";
            return 6;
        }
        if (unit >= 0) {
            to += text.substr(at, 6);
            return 6;
        }
    }
    constexpr string_view known = "\"\\/bfnrt";
    if (next != '\0' && known.find(next) != string_view::npos) {
        to += text.substr(at, 2);
        return 2;
    }
    to += "\\\\";
    return 1;
}

std::string mended(string_view text) {
    std::string to;
    to.reserve(text.size() + 16);
    bool in_string = false;
    for (std::size_t i = 0; i < text.size();) {
        const char letter = text[i];
        if (in_string && letter == '\\') {
            i += mend_escape(text, i, to);
            continue;
        }
        if (letter == '"') in_string = !in_string;
        if (!in_string) {
            constexpr std::array words{string_view{"-Infinity"}, string_view{"Infinity"},
                                       string_view{"NaN"}, string_view{"nan"},
                                       string_view{"undefined"}};
            bool word_found = false;
            for (const auto word : words) {
                if (text.substr(i, word.size()) != word) continue;
                to += "null";
                i += word.size();
                word_found = true;
                break;
            }
            if (word_found) continue;
        }
        if (in_string && static_cast<unsigned char>(letter) < 0x20) {
            append_byte(to, letter);
        } else {
            to += letter;
        }
        ++i;
    }
    return to;
}

}  // namespace

std::optional<lenient_value> parse_leniently(string_view text) {
    if (auto value = parse(text)) return lenient_value{std::move(*value), false};
    if (auto value = parse(mended(text))) return lenient_value{std::move(*value), true};
    return std::nullopt;
}

}  // namespace lanewise::bench::workloads
