// Replies as bytes: status line, fields, body, for each kind of client.
#include "server/http/reply.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace lanewise::server;

namespace {

constexpr std::string_view date = "Tue, 24 Nov 2026 16:00:00 GMT";

std::string head_of(const reply& what, const delivery& how = {}) {
    std::string out;
    append_head(out, what, how, date);
    return out;
}

resource hello() {
    resource fixed;
    fixed.content_type = "text/plain";
    fixed.fields = "Vary: Accept\r\n";
    fixed.body = "hello";
    fixed.tag = "\"1\"";
    prepare(fixed);
    return fixed;
}

std::string sent(const delivery& how, bool not_modified = false) {
    std::string out = "before";
    append_resource(out, hello(), not_modified, how, date);
    REQUIRE(out.starts_with("before"));
    return out.substr(6);
}

}  // namespace

TEST_CASE("a head names status, date, type and length, and ends with an empty line") {
    reply what;
    what.content_type = "text/plain";
    what.fields = "Allow: GET\r\n";
    what.text = "hello";
    CHECK(head_of(what) ==
          "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 16:00:00 GMT\r\nContent-Type: "
          "text/plain\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 5\r\nAllow: "
          "GET\r\n\r\n");
}

TEST_CASE("RFC 9110, 8.6: neither 204 nor 304 has a Content-Length, and an empty 200 has 0") {
    reply what;
    CHECK(head_of(what).find("Content-Length: 0\r\n") != std::string::npos);
    for (const int status : {204, 304}) {
        what.status = status;
        CHECK(head_of(what).find("Content-Length") == std::string::npos);
    }
}

TEST_CASE(
    "RFC 9112, 9.3: a last reply says close, and HTTP/1.0 is told that the connection stays") {
    const reply what;
    CHECK(head_of(what).find("Connection:") == std::string::npos);
    CHECK(head_of(what, {.keep_alive = false}).ends_with("\r\nConnection: close\r\n\r\n"));
    CHECK(head_of(what, {.http_1_1 = false}).ends_with("\r\nConnection: keep-alive\r\n\r\n"));
    CHECK(head_of(what, {.keep_alive = false, .http_1_1 = false})
              .ends_with("\r\nConnection: close\r\n\r\n"));
}

TEST_CASE("what a kernel took is said in milliseconds, with three decimals") {
    reply what;
    what.cost = kernel_cost{0, std::chrono::nanoseconds(1'234'567), std::chrono::nanoseconds(400)};
    CHECK(head_of(what).find("Server-Timing: kernel;dur=1.235, queue;dur=0.000\r\n") !=
          std::string::npos);
}

TEST_CASE("a reply that never changes is the same, whichever way it is written") {
    reply what;
    what.content_type = "text/plain";
    what.fields = "Vary: Accept\r\nETag: \"1\"\r\n";
    what.text = "hello";
    for (const bool keep_alive : {true, false}) {
        for (const bool http_1_1 : {true, false}) {
            for (const std::string_view fields : {"", "traceparent: 00-1\r\n"}) {
                const delivery how{.head_only = false,
                                   .keep_alive = keep_alive,
                                   .http_1_1 = http_1_1,
                                   .fields = fields};
                CHECK(sent(how) == head_of(what, how) + "hello");
                auto of_head = how;
                of_head.head_only = true;
                CHECK(sent(of_head) == head_of(what, how));
            }
        }
    }
}

TEST_CASE("RFC 9110, 15.4.5: a 304 has the entity tag and Vary, but neither type nor body") {
    const auto text = sent({}, true);
    CHECK(text.starts_with("HTTP/1.1 304 Not Modified\r\n"));
    CHECK(text.find("Vary: Accept\r\nETag: \"1\"\r\n") != std::string::npos);
    CHECK(text.find("Content-Type") == std::string::npos);
    CHECK(text.ends_with("\r\n\r\n"));
}

TEST_CASE("a date has the form that RFC 9110, 5.6.7 prefers") {
    std::string text(date_bytes, ' ');
    print_date(std::chrono::system_clock::time_point(std::chrono::seconds(784111777)), text.data());
    CHECK(text == "Sun, 06 Nov 1994 08:49:37 GMT");
    print_date(std::chrono::system_clock::time_point(), text.data());
    CHECK(text == "Thu, 01 Jan 1970 00:00:00 GMT");
    print_date(std::chrono::system_clock::time_point(std::chrono::seconds(1709164799)),
               text.data());
    CHECK(text == "Wed, 28 Feb 2024 23:59:59 GMT");
}

TEST_CASE("other content has another entity tag, and the same content the same") {
    CHECK(tag_of("a") == tag_of("a"));
    CHECK(tag_of("a") != tag_of("b"));
    CHECK(tag_of("") != tag_of(std::string(1, '\0')));
    CHECK(tag_of("a").front() == '"');
    CHECK(tag_of("a").back() == '"');
    CHECK(tag_of("a").size() == 18);
}

TEST_CASE("a status has its reason phrase, and one that we never send is a 500") {
    CHECK(reason_of(200) == "OK");
    CHECK(reason_of(422) == "Unprocessable Content");
    CHECK(reason_of(299) == "Internal Server Error");
}
