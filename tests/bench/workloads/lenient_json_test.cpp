// JSON as loggers write it: right where they are right, mended where they are not.
#include "bench/workloads/lenient_json.hpp"

#include <doctest/doctest.h>

#include <boost/json/serialize.hpp>
#include <string>

using namespace lanewise::bench::workloads;

namespace {

/// What was read, with a star where it had to be mended; "none" where it can't be.
std::string read(std::string_view text) {
    const auto found = parse_leniently(text);
    if (!found) return "none";
    return (found->mended ? "*" : "") + boost::json::serialize(found->value);
}

/// The same of a text within quotes.
std::string read_string(std::string_view inside) {
    const auto found = parse_leniently("\"" + std::string{inside} + "\"");
    if (!found || !found->value.is_string()) return "none";
    return (found->mended ? "*" : "") + std::string{found->value.as_string()};
}

}  // namespace

TEST_CASE("right JSON is read as it is") {
    CHECK(read(R"({"a":[1,true,null,"b"]})") == R"({"a":[1,true,null,"b"]})");
    CHECK(read_string("\\\"\\\\\\/\\b\\f\\n\\r\\t") == "\"\\/\b\f\n\r\t");
    CHECK(read_string("\\u00e9\\ud83d\\ude00") == "\xc3\xa9\xf0\x9f\x98\x80");
}

TEST_CASE("nginx's and Apache's \\xHH is that byte, in either case of its digits") {
    CHECK(read_string("a\\x41b") == "*aAb");
    CHECK(read_string("\\x7B\\x7d") == "*{}");
    CHECK(read_string("\\x22\\x5C\\x09") == "*\"\\\t");
    CHECK(read_string("\\xC3\\xa9") == "*\xc3\xa9");
    for (const auto* none : {"\\x", "\\x4", "\\x4g", "\\xg4"})
        CHECK(read_string(none) == "*" + std::string{none});
}

TEST_CASE("half of a surrogate pair is the replacement character, a whole one stays") {
    CHECK(read_string("\\ud83d\\x41") ==
          "*\xef\xbf\xbd"
          "A");
    CHECK(read_string("\\ude00\\x41") ==
          "*\xef\xbf\xbd"
          "A");
    CHECK(read_string("\\udbff\\udfff\\x41") ==
          "*\xf4\x8f\xbf\xbf"
          "A");
    CHECK(read_string("\\ud800\\u0041\\x41") ==
          "*\xef\xbf\xbd"
          "AA");
    CHECK(read_string("\\ud7ff\\ue000\\x41") ==
          "*\xed\x9f\xbf\xee\x80\x80"
          "A");
    CHECK(read_string("\\ud800\\udc00\\x41") ==
          "*\xf0\x90\x80\x80"
          "A");
    CHECK(read_string("\\udc00\\udc00\\x41") ==
          "*\xef\xbf\xbd\xef\xbf\xbd"
          "A");
    CHECK(read_string("\\ud800\\ue000\\x41") ==
          "*\xef\xbf\xbd\xee\x80\x80"
          "A");
    CHECK(read_string("\\ud800\\udbff\\x41") ==
          "*\xef\xbf\xbd\xef\xbf\xbd"
          "A");
    CHECK(read_string("\\ud800x0041 \\x41") == "*\xef\xbf\xbdx0041 A");
    CHECK(read_string("\\ud800\\xdc00\\x41") ==
          "*\xef\xbf\xbd\xdc"
          "00A");
    CHECK(read_string("\\ud800\\n\\x41") == "*\xef\xbf\xbd\nA");
    CHECK(read_string("\\x41\\u0000") == "*A" + std::string(1, '\0'));
    CHECK(read_string("\\x41\\udfff") == "*A\xef\xbf\xbd");
    CHECK(read_string("\\x41\\u0041") == "*AA");
    CHECK(read_string("\\x41\\uFFFF") == "*A\xef\xbf\xbf");
    CHECK(read_string("\\x20\\x1f\\x7f b") == "* \x1f\x7f b");
    CHECK(read_string("\\u00zz") == "*\\u00zz");
    CHECK(read_string("\\u00") == "*\\u00");
}

TEST_CASE(
    "an escape that JSON has not is its two characters, and a bare control character is one") {
    CHECK(read_string("\\q\\'\\0") == "*\\q\\'\\0");
    CHECK(read_string("a\tb\n\x1f") == "*a\tb\n\x1f");
}

TEST_CASE("numbers that JSON has no word for are null, and words within strings are words") {
    CHECK(read(R"({"a":NaN,"b":-Infinity,"c":Infinity,"d":nan,"e":undefined,"f":"NaN"})") ==
          R"(*{"a":null,"b":null,"c":null,"d":null,"e":null,"f":"NaN"})");
    CHECK(read(R"(["\"NaN",NaN])") == R"(*["\"NaN",null])");
}

TEST_CASE("what no mending makes JSON of is none") {
    for (const auto* text : {"", "{", "a", "{\"a\":}", "\"a", "[1,]", "{\"a\":1}}", "\"\\", "Inf"})
        CHECK(read(text) == "none");
    CHECK(read(std::string(100, '[') + std::string(100, ']')) == "none");
}
