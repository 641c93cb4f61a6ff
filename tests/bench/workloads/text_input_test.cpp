// Text in the forms that programs leave it in.
#include "bench/workloads/text_input.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>

#include "tests/bench/temporary_folder.hpp"

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

TEST_CASE(
    "text of two bytes a character is told by its order mark, or by the zeros of four bytes") {
    const auto bytes = [](std::string_view text) { return read(std::string{text}).text; };
    for (const bool little : {true, false}) {
        CHECK(bytes(utf16(u"GET /", little)) == "GET /");
        CHECK(bytes(utf16(u"\xfeffGET /", little)) == "GET /");
        CHECK(bytes(utf16(u"ab", little)) == "ab");
        // Halves of pairs, whole pairs, and what stands at their edges.
        const std::u16string edges{u'a', u'b', 0xd800, 0xdc00, 0xdbff, 0xdfff, 0xd7ff, 0xe000};
        CHECK(bytes(utf16(edges, little)) ==
              "ab\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80");
        CHECK(bytes(utf16(std::u16string{u'a', u'b', 0xdc00, 0xdfff}, little)) ==
              "ab\xef\xbf\xbd\xef\xbf\xbd");
        CHECK(bytes(utf16(std::u16string{u'a', u'b', 0xd800, u'c', 0xd800, 0xe000, 0xd800, 0xd800},
                          little)) ==
              "ab\xef\xbf\xbd"
              "c\xef\xbf\xbd\xee\x80\x80\xef\xbf\xbd\xef\xbf\xbd");
        CHECK(bytes(utf16(std::u16string{u'a', u'b', 0xd800}, little)) == "ab\xef\xbf\xbd");
        CHECK(bytes(utf16(u"ab", little) + "c") == "ab\xef\xbf\xbd");
        // A pair that two pieces share.
        const std::u16string long_text(32'767, u'a');
        CHECK(read(gzip(utf16(long_text + std::u16string{0xd800, 0xdc00} + long_text, little)))
                  .text ==
              std::string(32'767, 'a') + "\xf0\x90\x80\x80" + std::string(32'767, 'a'));
        CHECK(bytes(utf16(std::u16string{u'a', u'b', 0xd800, 0xdc00}, little)) ==
              "ab\xf0\x90\x80\x80");
    }
    using namespace std::string_view_literals;
    for (const auto plain : {"a\0bc"sv, "a\0\0\0"sv, "\0a\0\0"sv, "\0abc"sv, "abc\0"sv, "a\0b"sv,
                             "\0\0b\0"sv, "\0a"sv, "a\0\0b"sv, "ab\0c"sv, "\0\0\0b"sv})
        CHECK(bytes(plain) == plain);
}

TEST_CASE("a file is read by its path, and one that is none says why") {
    const temporary_folder here;
    const auto open = [](const std::string& path) {
        auto input = text_input::open(path);
        std::string all;
        for (auto piece = input.read(); !piece.empty(); piece = input.read()) all += piece;
        return all;
    };
    CHECK(open(here.with("a", "text")) == "text");
    CHECK(open(here.with("none", "")).empty());
    CHECK(open(here.with("long", std::string(300'000, 'a'))).size() == 300'000);
    CHECK_THROWS_WITH_AS((void)open(here / "absent"),
                         doctest::Contains("absent: No such file or directory"), unusable);
    CHECK_THROWS_WITH_AS((void)open(here.path()), doctest::Contains(": Is a directory"), unusable);
    CHECK_THROWS_WITH_AS((void)open(here.with("x", "BZh91")),
                         doctest::Contains("x: is compressed by bzip2"), unusable);
    // What failed before is no failure of this file's; and one that can't be read is.
    errno = EINTR;
    CHECK(open(here / "a") == "text");
    CHECK_THROWS_WITH_AS((void)open("/proc/self/mem"),
                         doctest::Contains("/proc/self/mem: Input/output error"), unusable);
    // Each gives back what it opened.
    const auto opened = [] {
        return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {});
    };
    const auto before = opened();
    for (int i = 0; i < 5; ++i) (void)open(here / "a");
    CHECK(opened() == before);
}

TEST_CASE("a line has a mebibyte at most, wherever the pieces end that it comes in") {
    const auto lengths = [](const std::string& text) {
        auto input = text_input::of(text);
        line_reader lines{input};
        line_reader::line one;
        std::string all;
        while (lines.next(one)) {
            all += (all.empty() ? "" : " ") + std::to_string(one.number) + ":" +
                   (one.too_long ? "long" : std::to_string(one.text.size())) +
                   (one.ended ? "" : "!");
        }
        return all;
    };
    CHECK(lengths("") == "");
    CHECK(lengths("a") == "1:1!");
    CHECK(lengths("a\n\nbc\r\n") == "1:1 2:0 3:2");
    const std::string most(line_reader::longest, 'a');
    CHECK(lengths(most + "\nb\n") == "1:" + std::to_string(most.size()) + " 2:1");
    CHECK(lengths(most + "a\nb\n") == "1:long 2:1");
    CHECK(lengths("b\n" + most + "a") == "1:1 2:long!");
    // In pieces.
    const temporary_folder here;
    const auto from_file = [&](const std::string& text) {
        auto input = text_input::open(here.with("lines", text));
        line_reader lines{input};
        line_reader::line one;
        std::string all;
        while (lines.next(one))
            all += (one.too_long ? "long" : std::to_string(one.text.size())) + " ";
        return all;
    };
    CHECK(from_file(most + "\nb\n") == std::to_string(most.size()) + " 1 ");
    CHECK(from_file(most + "a\nb\n") == "long 1 ");
    CHECK(from_file("b\n" + most + "a\nc") == "1 long 1 ");
}

TEST_CASE("what is looked at first is read all the same") {
    auto input = text_input::of("abcdef");
    CHECK(input.peek(3).starts_with("abc"));
    CHECK(input.peek(6) == "abcdef");
    CHECK(input.peek(100) == "abcdef");
    CHECK(input.read() == "abcdef");
    CHECK(input.read().empty());
    CHECK(input.peek(1).empty());
}
