// The sets and ranges of a URL, by the rules of curl(1).
#include "bench/workloads/curl_globs.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lanewise::bench::workloads;
using words = std::vector<std::string>;

namespace {

words expanded(std::string_view pattern, std::size_t most = 100) {
    return expand_globs(pattern, most).value_or(words{"refused"});
}

const words refused{"refused"};

}  // namespace

TEST_CASE("a set has each of its words, a range each of its numbers or letters") {
    CHECK(expanded("") == words{""});
    CHECK(expanded("a/b?c") == words{"a/b?c"});
    CHECK(expanded("{x,y}") == words{"x", "y"});
    CHECK(expanded("{x,,y}z") == words{"xz", "z", "yz"});
    CHECK(expanded("{x}") == words{"x"});
    CHECK(expanded("[1-3]") == words{"1", "2", "3"});
    CHECK(expanded("[3-3]") == words{"3"});
    CHECK(expanded("[8-11]") == words{"8", "9", "10", "11"});
    CHECK(expanded("[08-10]") == words{"08", "09", "10"});
    CHECK(expanded("[098-100]") == words{"098", "099", "100"});
    CHECK(expanded("[1-6:2]") == words{"1", "3", "5"});
    CHECK(expanded("[1-7:2]") == words{"1", "3", "5", "7"});
    CHECK(expanded("[a-e:2]") == words{"a", "c", "e"});
    CHECK(expanded("[y-z]") == words{"y", "z"});
    CHECK(expanded("[A-B]") == words{"A", "B"});
    CHECK(expanded("[Z-Z]") == words{"Z"});
    CHECK(expanded("[A-Z]").size() == 26);
    CHECK(expanded("[a-z]").size() == 26);
    CHECK(expanded("[9-9]") == words{"9"});
    CHECK(expanded("[1000000000000-1000000000000]") == words{"1000000000000"});
}

TEST_CASE("what stands first changes least often") {
    CHECK(expanded("a{1,2}-[x-y]b") == words{"a1-xb", "a1-yb", "a2-xb", "a2-yb"});
}

TEST_CASE(
    "a backslash takes the meaning of a bracket, an address of IPv6 has none, nor have two alone") {
    CHECK(expanded(R"(\{a,b\}\[1-2\])") == words{"{a,b}[1-2]"});
    CHECK(expanded(R"({a\,b,c\}})") == words{"a,b", "c}"});
    CHECK(expanded(R"(a\b\)") == words{R"(a\b\)"});
    CHECK(expanded("http://[::1]:80/[1-2]") == words{"http://[::1]:80/1", "http://[::1]:80/2"});
    CHECK(expanded("[fe80::AF%25eth0]") == words{"[fe80::AF%25eth0]"});
    CHECK(expanded("[]") == words{"[]"});
    for (const auto* address : {"[::9aA0fF]", "[::1.2.3.4]", "[::1%zone]"}) {
        CAPTURE(address);
        CHECK(expanded(address) == words{address});
    }
    for (const auto* no_address : {"[::g]", "[::G]", "[:a-%1]", "[::@]", "[::`]", "[::/]"}) {
        CAPTURE(no_address);
        CHECK(expanded(no_address) == refused);
    }
    CHECK(expanded(R"({a\,b\})") == refused);
    CHECK(expanded(R"({a\)") == refused);
    CHECK(expanded(R"({a\b})") == words{"ab"});
}

TEST_CASE("what is no glob, or more than may be, is refused") {
    for (const auto* wrong : {"{x",        "[1-2",
                              "x]",        "x}",
                              "{}",        "[1]",
                              "[2-1]",     "[b-a]",
                              "[1-]",      "[-1]",
                              "[1-3:0]",   "[1-3:x]",
                              "[1-3:]",    "[a-3]",
                              "[ab-c]",    "{a{b}",
                              "{a[b}",     "[1-1000000000001]",
                              R"([1-2\])", "[1000000000001-1000000000001]",
                              "[1x-3]",    "[1-3x]",
                              "[1-3:2x]",  "[1-a]",
                              "[@-A]",     "[Z-[]",
                              "[z-{]",     "[`-a]",
                              "[ab-z]",    "[a-zz]"}) {
        CAPTURE(wrong);
        CHECK(expanded(wrong) == refused);
    }
    CHECK(expanded("[1-100]").size() == 100);
    CHECK(expanded("[1-101]") == refused);
    CHECK(expanded("[1-199:2]").size() == 100);
    CHECK(expanded("[1-10][1-10]").size() == 100);
    CHECK(expanded("[1-10][1-11]") == refused);
    CHECK(expanded("[1-1000000000000]") == refused);
    for (const auto* half : {"[2-3][x-3]", "[2-3][2-x]", "[2-3][-3]", "[2-3][2-]"})
        CHECK(expanded(half) == refused);
    CHECK(expanded("{a,b,c}", 2) == refused);
    CHECK(expanded("{a,b}", 2).size() == 2);
    CHECK(expanded("[a-c]", 3).size() == 3);
    CHECK(expanded("[a-c]", 2) == refused);
    CHECK(expanded("[1-3]", 3).size() == 3);
    CHECK(expanded("[1-3]", 2) == refused);
    CHECK(expanded("[1-5:2]", 3).size() == 3);
    CHECK(expanded("{a,b}{c,d}", 4).size() == 4);
    CHECK(expanded("{a,b}{c,d,e}", 5) == refused);
    // 64 MiB of text in all.
    const std::string long_text((std::size_t{1} << 20) - 6, 'a');
    CHECK(expanded(long_text + "[1-64]").size() == 64);
    CHECK(expanded(long_text + "[1-65]") == refused);
    CHECK(expanded(long_text + "[1-8]" + "[1-9]") == refused);
}

TEST_CASE("what stands behind a pattern in memory is none of it") {
    const auto start_of = [](std::string_view text, std::size_t bytes) {
        return expanded(text.substr(0, bytes));
    };
    CHECK(start_of("{a}", 2) == refused);
    CHECK(start_of("[1-2]", 4) == refused);
    CHECK(start_of("a}", 1) == words{"a"});
    CHECK(start_of("a\\{", 2) == words{"a\\"});
}
