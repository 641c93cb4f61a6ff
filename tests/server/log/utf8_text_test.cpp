// Bytes of peers as UTF-8, as JSON and as what stays on its line.
#include "server/log/utf8_text.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using namespace lanewise::server;

namespace {

std::string encoded(std::uint32_t code) {
    const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
    const auto rest = [&](std::uint32_t shift) { return byte(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) return {byte(code)};
    if (code < 0x800) return {byte(0xc0 | code >> 6), rest(0)};
    if (code < 0x10000) return {byte(0xe0 | code >> 12), rest(6), rest(0)};
    return {byte(0xf0 | code >> 18), rest(12), rest(6), rest(0)};
}

std::string as_json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string visible(std::string_view text, std::string_view kept = {}) {
    std::string out;
    append_visible(out, text, kept);
    return out;
}

}  // namespace

TEST_CASE("RFC 3629: each character has one sequence, whole, and surrogates have none") {
    std::size_t right = 0;
    for (std::uint32_t code = 0; code <= 0x10ffff; ++code) {
        const auto bytes = encoded(code);
        const bool surrogate = code >= 0xd800 && code < 0xe000;
        const bool cut = utf8_sequence_length(std::string_view(bytes).substr(
                             0, bytes.size() - 1)) == (bytes.size() == 1 ? 1 : 0);
        right += utf8_sequence_length(bytes + "\x80") == (surrogate ? 0 : bytes.size()) && cut;
    }
    CHECK(right == 0x110000);
    // No other byte, and no other two or three, are one.
    std::size_t of_one = 0, of_two = 0, of_three = 0;
    std::string text(3, '\0');
    for (std::uint32_t all = 0; all < 0x1000000; ++all) {
        text[0] = static_cast<char>(all >> 16);
        text[1] = static_cast<char>(all >> 8 & 0xff);
        text[2] = static_cast<char>(all & 0xff);
        const auto length = utf8_sequence_length(text);
        of_one += length == 1;
        of_two += length == 2;
        of_three += length == 3;
    }
    CHECK(of_one == 65'536 * 0x80);
    CHECK(of_two == 256 * (0x800 - 0x80));
    CHECK(of_three == 0x10000 - 0x800 - 0x800);
    for (const auto* beyond : {"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"})
        CHECK(utf8_sequence_length(beyond) == 0);
}

TEST_CASE("what is not UTF-8 becomes the replacement character, byte for byte") {
    CHECK(in_utf8("") == "");
    CHECK(in_utf8("a\xc3\xa9z") == "a\xc3\xa9z");
    CHECK(in_utf8("a\xc3z\xff") == "a\xef\xbf\xbdz\xef\xbf\xbd");
    CHECK(in_utf8("\xe2\x82") == "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("RFC 8259: a JSON string escapes quotes, backslashes and controls, and is UTF-8") {
    CHECK(as_json("") == "\"\"");
    CHECK(as_json("a\"b\\c/\xc3\xa9 ~") == "\"a\\\"b\\\\c/\xc3\xa9 ~\"");
    CHECK(as_json(std::string("\0\x1f\x7f\n", 4)) == "\"\\u0000\\u001f\\u007f\\u000a\"");
    CHECK(as_json("\xff") == "\"\xef\xbf\xbd\"");
}

TEST_CASE("one field of a log stays one: blanks, controls and stray bytes are written as numbers") {
    CHECK(visible("!~/a\xc3\xa9") == "!~/a\xc3\xa9");
    CHECK(visible("a b\n\x1b\x7f\xff\xc3z") == "a\\x20b\\x0a\\x1b\\x7f\\xff\\xc3z");
    CHECK(visible("a b\tc", " ") == "a b\\x09c");
    CHECK(visible("\xff ", "\xff") == "\xff\\x20");
}
