// The words of a request as other people's files write them, against the standards' own examples.
#include "bench/workloads/request_text.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace lanewise::bench::workloads;

namespace {

/// scheme, user, authority and target of a URL, or "none".
std::string taken_apart(std::string_view url) {
    const auto parts = split_url(url);
    if (!parts) return "none";
    return parts->origin() + " " + parts->user_info + " " + parts->target;
}

}  // namespace

TEST_CASE("RFC 4648, 10: base64 of the standard's words, there and back") {
    for (const auto& [bytes, text] : {std::pair{"", ""},
                                      {"f", "Zg=="},
                                      {"fo", "Zm8="},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg=="},
                                      {"fooba", "Zm9vYmE="},
                                      {"foobar", "Zm9vYmFy"}}) {
        CHECK(to_base64(bytes) == text);
        CHECK(from_base64(text) == bytes);
        const std::string padded = text;
        CHECK(from_base64(padded.substr(0, padded.find('='))) == bytes);
    }
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    CHECK(from_base64(to_base64(all)) == all);
    CHECK(from_base64("Zm9v\r\nYm Fy\t") == "foobar");
    CHECK(from_base64("-_-_") == from_base64("+/+/"));
    CHECK(to_base64(std::string_view{"foobar"}.substr(0, 4)) == "Zm9vYg==");
    for (const auto* wrong : {"Z", "Zg=", "Zg===", "Z===", "Zm9=v", "=", "Zm9v=", "Zm8==", "%"}) {
        CAPTURE(wrong);
        CHECK_FALSE(from_base64(wrong));
    }
}

TEST_CASE("a percent sign with two hexadecimal digits is decoded, and nothing else") {
    CHECK(percent_decoded("a%20b%2Fc%2f") == "a b/c/");
    CHECK(percent_decoded("%00%fF") == std::string("\0\xff", 2));
    for (const auto* as_it_is : {"", "%", "%2", "%g0", "%0g", "a%", "1%%"})
        CHECK(percent_decoded(as_it_is) == as_it_is);
    CHECK(percent_decoded("%%41") == "%A");
    CHECK(percent_decoded("+") == "+");
    CHECK(percent_decoded(std::string_view{"%41"}.substr(0, 2)) == "%4");
}

TEST_CASE("a target holds visible ASCII; what stood there encoded stays") {
    CHECK(encoded_target("/a b?c=\xc3\xa9&d=%20~!") == "/a%20b?c=%C3%A9&d=%20~!");
    CHECK(encoded_target(std::string("\0\x1f\x7f", 3)) == "%00%1F%7F");
}

TEST_CASE("a form's field is encoded as HTML does") {
    CHECK(form_encoded("azAZ09*-._") == "azAZ09*-._");
    CHECK(form_encoded("a b+c&d=e/~\xe2\x82\xac") == "a+b%2Bc%26d%3De%2F%7E%E2%82%AC");
}

TEST_CASE("UTF-8 has one way to write a character, and none for a surrogate") {
    for (const auto* text :
         {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
          "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa9z"}) {
        CAPTURE(to_base64(text));
        CHECK(is_utf8(text));
    }
    for (const auto* text : {"\x80", "\xbf", "\xc1\xbf", "\xc2", "\xc2z", "\xe0\x9f\xbf",
                             "\xe0\xa0", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                             "\xf5\x80\x80\x80", "\xf0\x90\x80", "\xff", "\xe2\x82z", "\xc2\xc0"}) {
        CAPTURE(to_base64(text));
        CHECK_FALSE(is_utf8(text));
    }
}

TEST_CASE("a method is a token, and a field's value holds no control character but a tab") {
    for (const auto* text : {"GET", "m-search", "azAZ09!#$%&'*+-.^_`|~"}) CHECK(is_token(text));
    for (const auto* text : {"", " ", "a b", "a\tb", "a:", "(", "\x7f", "\xc3\xa9", "a@", "[", "{"})
        CHECK_FALSE(is_token(text));
    CHECK(is_field_value(""));
    CHECK(is_field_value("a\tb \xc3\xa9 ~"));
    for (const std::string_view text : {std::string_view("\0", 1), std::string_view("a\nb"),
                                        std::string_view("\x1f"), std::string_view("\x7f")})
        CHECK_FALSE(is_field_value(text));
}

TEST_CASE("RFC 3986: a URL is taken apart, and what is the same origin is written the same") {
    CHECK(taken_apart("http://Example.COM") == "http://example.com  /");
    CHECK(taken_apart("HTTP://a:80/b") == "http://a  /b");
    CHECK(taken_apart("https://a:443?b") == "https://a  /?b");
    CHECK(taken_apart("https://a:80/") == "https://a:80  /");
    CHECK(taken_apart("http://a:0080/") == "http://a  /");
    CHECK(taken_apart("http://a:8080/x y#z") == "http://a:8080  /x%20y");
    CHECK(taken_apart("http://u:p@q@a/b") == "http://a u:p@q /b");
    CHECK(taken_apart("http://[::1]/") == "http://[::1]  /");
    CHECK(taken_apart("http://[::1]:81/") == "http://[::1]:81  /");
    CHECK(taken_apart("http://a:/") == "http://a  /");
    CHECK(taken_apart("http://a:65535/") == "http://a:65535  /");
    CHECK(taken_apart("h2.x+y-z://a") == "h2.x+y-z://a  /");
    for (const auto* wrong :
         {"", "a", "/a", "://a", "1a://b", "a b://c", "http:a", "http://", "http:///x",
          "http://:80", "http://a:65536/", "http://a:0/", "http://a:x/", "http://a:000080/",
          "http://a:b:80/", "http://[::1/", "http://::1]/", "http://a b/", "http://\xff/"}) {
        CAPTURE(wrong);
        CHECK(taken_apart(wrong) == "none");
    }
    CHECK(split_url("http://a/b#c")->has_fragment);
    CHECK_FALSE(split_url("localhost"));
    CHECK_FALSE(split_url("http://a/b")->has_fragment);
    CHECK(split_url("http://a/")->has_path);
    CHECK_FALSE(split_url("http://a?b")->has_path);
}

TEST_CASE("letters are compared without their case, and no other character is") {
    CHECK(lower("AZaz09[@`{") == "azaz09[@`{");
    CHECK(equal_without_case("Host", "hOST"));
    CHECK_FALSE(equal_without_case("Host", "Hos"));
    CHECK_FALSE(equal_without_case("@", "`"));
    CHECK(trimmed(" \t a b\r\n") == "a b");
    CHECK(trimmed(" \t").empty());
    for (const char digit : {'0', '9', 'a', 'f', 'A', 'F'}) CHECK(hex_digit(digit) >= 0);
    CHECK(hex_digit('9') == 9);
    CHECK(hex_digit('f') == 15);
    CHECK(hex_digit('A') == 10);
    for (const char none : {'g', 'G', '/', ':', '@', '`', ' '}) CHECK(hex_digit(none) == -1);
}

TEST_CASE("fields of one connection are never taken over") {
    for (const auto* name : {"host", "content-length", "connection", "te", "x-forwarded-for",
                             ":authority", "proxy-connection"})
        CHECK(is_of_connection(name));
    for (const auto* name : {"accept", "x-forward", "hosts", "authorization"})
        CHECK_FALSE(is_of_connection(name));
}
