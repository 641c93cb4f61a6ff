#include "server/http/request_parser.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <initializer_list>
#include <type_traits>

#include "server/http/head_scanner.hpp"

using namespace lanewise::server;

namespace {

bool lies_in(std::string_view part, std::string_view whole) {
    const std::less_equal<> at_most;
    return at_most(whole.data(), part.data()) &&
           at_most(part.data() + part.size(), whole.data() + whole.size());
}

}  // namespace

// A parsed request can't be given a view of anything else: that would not compile.
static_assert(!std::is_convertible_v<std::string_view, head_part>);
static_assert(!std::is_constructible_v<head_part, std::string_view>);
static_assert(!std::is_constructible_v<head_part, std::string>);
static_assert(!std::is_assignable_v<head_part&, std::string_view>);
static_assert(!std::is_assignable_v<head_part&, const std::string&>);
static_assert(std::is_same_v<decltype(request::target), head_part>);

TEST_CASE("all that a request says is a part of the head's own bytes, whatever its version") {
    for (const char* version : {"1.0", "1.1", "1.2", "1.7", "1.9"}) {
        CAPTURE(version);
        for (const char* target : {"/a?b=c", "http://host:80/a?b=c", "http://host?b=c", "/"}) {
            CAPTURE(target);
            const std::string head =
                std::string{"POST "} + target + " HTTP/" + version +
                "\r\nHost: a\r\nContent-Type: b\r\nAuthorization: c\r\nOrigin: d\r\n"
                "Accept: e\r\nAccept-Encoding: f\r\nContent-Encoding: g\r\nIf-Match: \"h\"\r\n"
                "If-None-Match: \"i\"\r\nContent-Length: 5\r\n"
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n";
            request parsed;
            REQUIRE(parse_head(head, parsed).has_value());
            CHECK(parsed.http_1_1 == (version != std::string_view("1.0")));
            CHECK(parsed.method_text == "POST");
            CHECK(parsed.target == target);
            CHECK(parsed.content_length == 5);
            for (const std::string_view part :
                 {std::string_view(parsed.method_text), std::string_view(parsed.target),
                  std::string_view(parsed.host), std::string_view(parsed.content_type),
                  std::string_view(parsed.authorization), std::string_view(parsed.origin),
                  parsed.accept.text(), parsed.accept_encoding.text(),
                  parsed.content_encoding.text(), parsed.if_match.text(),
                  parsed.if_none_match.text()}) {
                CAPTURE(part);
                CHECK(part.size() > 0);
                CHECK(lies_in(part, head));
            }
            if (!parsed.query.empty()) CHECK(lies_in(parsed.query, head));
            CHECK((parsed.path == "/" || lies_in(parsed.path, head)));
        }
    }
}

TEST_CASE("a head that is refused for its version leaves nothing of it in the request") {
    request parsed;
    for (const char* line :
         {"GET / HTTP/2.0", "GET / HTTP/0.9", "GET  / HTTP/1.7", "GET /HTTP/1.7"}) {
        const auto refused = parse_head(line + std::string{"\r\nHost: a\r\n\r\n"}, parsed);
        REQUIRE_FALSE(refused.has_value());
        CHECK(parsed.target.empty());
        CHECK(parsed.host.empty());
        CHECK(refused.error().status ==
              (std::string_view{line}.starts_with("GET / HTTP/") ? 505 : 400));
    }
}

TEST_CASE("a request line of more or fewer words than three is told its form") {
    request parsed;
    for (const char* line : {"GET / a HTTP/1.1", "GET / a b HTTP/1.7", "GET / HTTP/1.1 HTTP/1.1"}) {
        CAPTURE(line);
        const auto refused = parse_head(line + std::string{"\r\nHost: a\r\n\r\n"}, parsed);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().status == 400);
        CHECK(refused.error().detail.starts_with("a request line is: "));
    }
}

TEST_CASE("a folded value, which the scanner refuses, is not parsed either") {
    request parsed;
    CHECK_FALSE(
        parse_head("GET / HTTP/1.1\r\nHost: a\r\nAccept: b,\r\n c\r\n\r\n", parsed).has_value());
}

TEST_CASE("RFC 9112, 6.1: what is wrong with a transfer coding is told") {
    const auto why_not = [](const std::string& codings) {
        request parsed;
        const auto head =
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + codings + "\r\n\r\n";
        const auto result = parse_head(head, parsed);
        return result ? "nothing" : std::to_string(result.error().status) + result.error().detail;
    };
    CHECK(why_not("chunked") == "nothing");
    for (const char* last : {"gzip", "gzip, deflate", "chunked;a=b"})
        CHECK(why_not(last) == "400the last transfer coding of a request has to be chunked");
    for (const char* other :
         {"chunked, gzip", "chunked, chunked", ",chunked", ",", "gzip,, chunked"})
        CHECK(why_not(other) == "400the Transfer-Encoding field has to be \"chunked\"");
    CHECK(why_not("gzip, chunked") == "501chunked is the only transfer coding that is read here");
}

TEST_CASE("a part of a head begins and ends in it") {
    const std::string_view all = "before head behind";
    const head_bytes head(all.substr(7, 4));
    CHECK(*head.part(all.substr(7, 4)) == "head");
    CHECK(*head.part(all.substr(9, 2)) == "ad");
    CHECK(head.part(all.substr(11, 0))->empty());
    for (const auto& [at, count] : {std::pair{6U, 2U}, {9U, 3U}, {7U, 5U}, {12U, 1U}, {0U, 3U}})
        CHECK_FALSE(head.part(all.substr(at, count)).has_value());
}

TEST_CASE("RFC 9112, 2.2: a line that ends with LF alone is told so, before a parser sees it") {
    for (const char* head : {"\n", "\r\n\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nHost: a\n",
                             "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\r\n\n"}) {
        CAPTURE(head);
        const auto seen = head_scanner().advance(head, {1'000, 10});
        REQUIRE_FALSE(seen.has_value());
        CHECK(seen.error().status == 400);
        CHECK(seen.error().detail == "a line ends with LF alone; it has to be CR LF");
    }
}

TEST_CASE("a head that comes byte by byte is whole with its last one, whatever lies behind it") {
    const std::string_view head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto text = std::string{head} + std::string{head};
    head_scanner scanner;
    for (std::size_t size = 1; size <= head.size(); ++size) {
        const auto whole = scanner.advance(std::string_view{text}.substr(0, size), {1'000, 10});
        REQUIRE(whole.has_value());
        CHECK(*whole == (size == head.size() ? size : 0));
    }
}
