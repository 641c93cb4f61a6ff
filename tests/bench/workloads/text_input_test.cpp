// Text in the forms that programs leave it in.
#include "bench/workloads/text_input.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace lanewise::bench::workloads;

namespace {

std::string gzip(std::string text) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(text.data());
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.resize(packed.size() - stream.avail_out);
    deflateEnd(&stream);
    return packed;
}

struct result {
    std::string text, damage;
};
result read(std::string bytes) {
    auto input = text_input::of(std::move(bytes));
    result all;
    for (auto piece = input.read(); !piece.empty(); piece = input.read()) all.text += piece;
    all.damage = input.damage();
    return all;
}

std::string utf16(std::u16string_view text, bool little) {
    std::string bytes;
    for (const char16_t unit : text) {
        const auto low = static_cast<char>(unit & 0xff), high = static_cast<char>(unit >> 8);
        bytes += little ? low : high;
        bytes += little ? high : low;
    }
    return bytes;
}

}  // namespace

TEST_CASE("plain text is as it is, without its byte order mark") {
    CHECK(read("").text == "");
    CHECK(read("a").text == "a");
    CHECK(read("\xef\xbb\xbf").text == "");
    CHECK(read("\xef\xbb\xbfGET /\n").text == "GET /\n");
    CHECK(read(std::string("\0a\0b", 4) + "cdefgh").text.size() > 0);
}

TEST_CASE("UTF-16 becomes UTF-8, with and without a byte order mark") {
    for (const bool little : {true, false}) {
        CHECK(read(utf16(u"\ufeffa\u00e4\u20ac\U0001f600\n", little)).text ==
              "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n");
        CHECK(read(utf16(u"192.0.2.1 - - ", little)).text == "192.0.2.1 - - ");
    }
    // Half a pair, and half a unit.
    CHECK(read(utf16(u"\ufeffab", true) + "\x3d\xd8" + utf16(u"c", true)).text ==
          "ab\xef\xbf\xbd"
          "c");
    CHECK(read(utf16(u"\ufeffab", true) + "c").text == "ab\xef\xbf\xbd");
}

TEST_CASE("gzip is read whatever the file's name, several members of it too") {
    std::string long_text;
    for (int i = 0; i < 100'000; ++i) long_text += "line " + std::to_string(i) + "\n";
    CHECK(read(gzip(long_text)).text == long_text);
    CHECK(read(gzip(long_text)).damage == "");
    CHECK(read(gzip("a") + gzip("") + gzip("b") + std::string(512, '\0')).text == "ab");
    CHECK(read(gzip("")).text == "");
    CHECK(read(gzip(utf16(u"\ufeffab", true))).text == "ab");
}

TEST_CASE("damaged gzip gives what stands before the damage, and says so") {
    const auto packed = gzip(std::string(300'000, 'x') + "end");
    const auto cut = read(packed.substr(0, packed.size() - 20));
    CHECK(cut.text.starts_with("xxx"));
    CHECK(cut.damage.find("too early") != std::string::npos);
    auto wrong = packed;
    wrong[packed.size() - 6] = static_cast<char>(wrong[packed.size() - 6] ^ 1);
    CHECK(read(wrong).damage.find("damaged") != std::string::npos);
    CHECK(read(gzip("a") + "plain").damage.find("follow") != std::string::npos);
    CHECK(read("\x1f\x8b").damage != "");
}

TEST_CASE("what is compressed by another program is named with the program that reads it") {
    for (const std::string_view bytes : {"\x28\xb5\x2f\xfd rest", "BZh91AY",
                                         "\xfd"
                                         "7zXZ rest"})
        CHECK_THROWS_AS((void)read(std::string{bytes}), unusable);
    CHECK_THROWS_AS((void)text_input::open("/no/such/file"), unusable);
    CHECK_THROWS_AS((void)text_input::open("/"), unusable);
}

TEST_CASE("the start of a text can be looked at before it is read") {
    auto input = text_input::of(gzip("first\nsecond\n"));
    CHECK(input.peek(3).starts_with("first"));
    CHECK(input.peek(1000) == "first\nsecond\n");
    CHECK(input.read() == "first\nsecond\n");
    CHECK(input.read() == "");
    auto empty = text_input::of("");
    CHECK(empty.peek(10) == "");
    CHECK(empty.read() == "");
}

TEST_CASE("lines end by LF or CRLF, and the last one may have no end") {
    auto input = text_input::of("a\r\n\n\rb\nc");
    line_reader lines{input};
    line_reader::line line;
    const std::array expected{"a", "", "\rb", "c"};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        REQUIRE(lines.next(line));
        CHECK(line.text == expected[i]);
        CHECK(line.number == i + 1);
        CHECK(line.ended == (i + 1 < expected.size()));
    }
    CHECK(!lines.next(line));
}
