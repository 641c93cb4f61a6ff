// Where replies end: every way that RFC 9112, 6.3 names, however the bytes arrive.
#include "bench/load/http_reply_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace lanewise::bench;
using state = http_reply_reader::state;

namespace {

/// Hands a text over in pieces of so many bytes.
state take(http_reply_reader& reader, std::string_view text, std::size_t piece) {
    auto found = state::incomplete;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        found = reader.take(text.substr(at, piece));
        const bool last = at + piece >= text.size();
        if (!last && found != state::incomplete) return state::broken;  // too early
    }
    return found;
}

const std::vector<std::size_t> pieces{1, 2, 3, 7, 1 << 20};

}  // namespace

TEST_CASE("a reply ends where its length or its chunks say, however the bytes arrive") {
    for (const std::string_view text : {
             "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nX: y\r\n\r\nhello",
             "HTTP/1.1 200 OK\r\nContent-Length:\t5\t\r\n\r\nhello",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
             "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n"
             "T: v\r\nU: w\r\n\r\n",
             "HTTP/1.1 200 \r\nTransfer-Encoding:\tChunked\r\n\r\n05\r\nhello\r\n000\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
         }) {
        for (const auto piece : pieces) {
            CAPTURE(text);
            CAPTURE(piece);
            http_reply_reader reader;
            reader.reset();
            reader.keep_body(100);
            CHECK(take(reader, text, piece) == state::complete);
            CHECK(reader.status() == 200);
            CHECK(reader.body() == "hello");
            CHECK_FALSE(reader.closes());
            CHECK_FALSE(reader.surplus());
        }
    }
}

TEST_CASE("a reply that says no length ends with its connection") {
    for (const std::string_view head : {
             "HTTP/1.1 200 OK\r\n\r\n",
             "HTTP/1.0 200 OK\r\n\r\n",
             "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
         }) {
        for (const std::string_view body : {"", "some bytes"}) {
            for (const auto piece : pieces) {
                CAPTURE(head);
                http_reply_reader reader;
                reader.keep_body(100);
                CHECK(take(reader, std::string{head}.append(body), piece) == state::incomplete);
                CHECK(reader.end() == state::complete);
                CHECK(reader.body() == body);
                CHECK(reader.closes());
            }
        }
    }
}

TEST_CASE("a connection that ends before its reply does leaves that broken") {
    for (const std::string_view text : {
             "",
             "HTTP/1.1 2",
             "HTTP/1.1 200 OK\r\nContent-Le",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
             "HTTP/1.1 100 Continue\r\n\r\n",
         }) {
        CAPTURE(text);
        http_reply_reader reader;
        CHECK(take(reader, text, 3) == state::incomplete);
        CHECK(reader.end() == state::broken);
        CHECK_FALSE(reader.problem().empty());
    }
}

TEST_CASE("204, 304 and replies to HEAD have no body, whatever they say of its length") {
    for (const std::string_view text : {
             "HTTP/1.1 204 No Content\r\n\r\n",
             "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n",
             "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
         }) {
        http_reply_reader reader;
        CHECK(take(reader, text, 5) == state::complete);
        CHECK_FALSE(reader.closes());
    }
    for (const std::string_view text : {
             "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
             "HTTP/1.1 200 OK\r\n\r\n",
         }) {
        http_reply_reader reader;
        reader.reset(true);
        CHECK(take(reader, text, 5) == state::complete);
        CHECK_FALSE(reader.closes());
    }
}

TEST_CASE("interim replies before the reply are passed over; 101 ends HTTP on its connection") {
    const std::string interim =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\n"
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
    for (const auto piece : pieces) {
        http_reply_reader reader;
        reader.keep_body(100);
        CHECK(take(reader, interim + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", piece) ==
              state::complete);
        CHECK(reader.status() == 200);
        CHECK(reader.body() == "ok");
    }
    http_reply_reader reader;
    CHECK(reader.take("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: "
                      "upgrade\r\n\r\n") == state::complete);
    CHECK(reader.status() == 101);
    CHECK(reader.closes());
}

TEST_CASE("whether the connection goes on follows from version and options, without case") {
    const auto closes = [](std::string_view version, std::string_view fields) {
        http_reply_reader reader;
        REQUIRE(take(reader,
                     std::string{version} + " 200 OK\r\nContent-Length: 0\r\n" +
                         std::string{fields} + "\r\n",
                     4) == state::complete);
        return reader.closes();
    };
    CHECK_FALSE(closes("HTTP/1.1", ""));
    CHECK(closes("HTTP/1.1", "Connection: close\r\n"));
    CHECK(closes("HTTP/1.1", "connection:\tClose\r\n"));
    CHECK(closes("HTTP/1.1", "Connection: upgrade, close\r\n"));
    CHECK(closes("HTTP/1.1", "Connection: upgrade\r\nConnection: CLOSE\r\n"));
    CHECK_FALSE(closes("HTTP/1.1", "Connection: closed\r\n"));
    CHECK(closes("HTTP/1.0", ""));
    CHECK_FALSE(closes("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST_CASE("what is no reply is broken, and the parser says why") {
    for (const std::string_view text : {
             "SSH-2.0-x\r\n\r\n",
             "HTTP/2.0 200 OK\r\n\r\n",
             "HTTP/1.1 OK\r\n\r\n",
             "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
         }) {
        CAPTURE(text);
        http_reply_reader reader;
        CHECK(reader.take(text) == state::broken);
        CHECK_FALSE(reader.problem().empty());
    }
}

TEST_CASE("a field, a line before a chunk and trailers without end are broken, not kept") {
    const std::string long_text(70'000, 'a');
    const auto ends_broken = [&](const std::string& start) {
        http_reply_reader reader;
        auto found = reader.take(start);
        for (std::size_t at = 0; at < long_text.size() && found == state::incomplete; at += 1000)
            found = reader.take(std::string_view{long_text}.substr(at, 1000));
        return found == state::broken;
    };
    CHECK(ends_broken("HTTP/1.1 200 OK\r\nX: "));
    CHECK(ends_broken("HTTP/1.1 200 "));
    CHECK(ends_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x="));
    CHECK(ends_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "));
}

TEST_CASE("bytes behind a reply are told from its own, and a reader is new after reset") {
    http_reply_reader reader;
    reader.keep_body(3);
    CHECK(reader.take("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP") == state::complete);
    CHECK(reader.surplus());
    CHECK(reader.body() == "hel");
    reader.reset();
    CHECK_FALSE(reader.begun());
    CHECK(reader.take("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") == state::complete);
    CHECK(reader.status() == 404);
    CHECK_FALSE(reader.surplus());
    CHECK(reader.body().empty());
}
