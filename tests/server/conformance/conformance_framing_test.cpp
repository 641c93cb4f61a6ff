// RFC 9112, sections 6 and 8: where a body ends, and what smuggles a request past another server.
#include "conformance.hpp"

using namespace lanewise::server;
using namespace std::string_literals;

namespace {

const std::string json_body = R"({"x":[1,2],"y":[3,4]})";  // 21 bytes; its answer is 11
constexpr const char* its_answer = "{\"result\":11}\n";

std::string of_length(const std::string& value, const std::string& bytes = json_body) {
    return framed("Content-Length: " + value + "\r\n", bytes);
}

// The body as one chunk, with this size line and these bytes behind its data.
std::string one_chunk(const std::string& size, const std::string& rest = "\r\n0\r\n\r\n") {
    return chunked(size + json_body + rest);
}

}  // namespace

TEST_CASE("RFC 9112, 6.1: a request with both framings is refused, in any order and any version") {
    const running_server server;
    const std::string end = "0\r\n\r\n";
    check_refused(server,
                  {framed("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", end),
                   framed("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", end),
                   framed("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", end),
                   framed("transfer-encoding: CHUNKED\r\ncontent-length: 5\r\n", end),
                   "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n" +
                       end,
                   "GET /healthz HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n" +
                       end});
}

TEST_CASE("RFC 9112, 6.1: Transfer-Encoding in HTTP/1.0 is refused") {
    const running_server server;
    check_refused(server,
                  {"GET /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   "POST /v1/kernels/dot_f32 HTTP/1.0\r\nContent-Type: application/json\r\n"
                   "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"});
}

TEST_CASE("RFC 9112, 6.1: a transfer coding that is not understood is 501") {
    const running_server server;
    for (const char* value : {"gzip, chunked", "deflate, chunked", "foo, chunked", "x, y, chunked",
                              "identity, chunked", "compress ,\tchunked"}) {
        check_refused(server,
                      framed("Transfer-Encoding: "s + value + "\r\n", "5\r\nhello\r\n0\r\n\r\n"),
                      501);
    }
}

TEST_CASE("RFC 9112, 6.3: a request whose last coding is not chunked, once, is refused") {
    const running_server server;
    for (const char* value : {"identity",
                              "gzip",
                              "chunked, gzip",
                              "chunked, identity",
                              "chunked, chunked",
                              "gzip, chunked, chunked",
                              "xchunked",
                              "chunkedx",
                              "chunked;q=1",
                              "chunked; a=b",
                              "\"chunked\"",
                              "chunked chunked",
                              "chun ked",
                              "'chunked'",
                              "",
                              ",",
                              ", chunked",
                              "chunked,",
                              "chunked, ",
                              "chunked ,",
                              "\x0b"
                              "chunked",
                              "chunked\x0b",
                              "chunked\x0c",
                              "\xc2\xa0"
                              "chunked",
                              "chunk",
                              "chunked\xff"}) {
        check_refused(server, framed("Transfer-Encoding: "s + value + "\r\n", "0\r\n\r\n"), 400);
    }
    check_refused(server, framed("Transfer-Encoding: chunked\0\r\n"s, "0\r\n\r\n"), 400);
    check_refused(
        server,
        {framed("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
         framed("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"),
         framed("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
         framed("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")});
}

TEST_CASE("RFC 9112, 7: names of codings are case-insensitive, and the field may be spaced") {
    const running_server server;
    for (const char* line : {"Transfer-Encoding: Chunked", "transfer-encoding:chunked",
                             "TRANSFER-ENCODING: \t CHUNKED \t"}) {
        CHECK(check_taken(server, framed(line + "\r\n"s, "15\r\n" + json_body + "\r\n0\r\n\r\n"))
                  .body == its_answer);
    }
}

TEST_CASE("RFC 9112, 6.3: a Content-Length is one decimal number, or the request is refused") {
    const running_server server;
    for (const char* value : {"",
                              " ",
                              "+21",
                              "-21",
                              "-0",
                              "0x15",
                              "15h",
                              "21.0",
                              "2 1",
                              "21,",
                              ",21",
                              "21, 21",
                              "21,22",
                              "21;",
                              "1e1",
                              "twenty",
                              "21\x0b",
                              "\x0c"
                              "21",
                              "21a",
                              "a21",
                              "\"21\"",
                              "\xef\xbc\x92",
                              "18446744073709551616",
                              "18446744073709551637",
                              "99999999999999999999999999",
                              "0b1",
                              "2_1",
                              "21\xff"}) {
        check_refused(server, of_length(value), 400);
    }
    check_refused(server, of_length("21\0"s), 400);
    check_refused(server, {framed("Content-Length: 21\r\nContent-Length: 21\r\n", json_body),
                           framed("Content-Length: 21\r\nContent-Length: 0\r\n", json_body),
                           framed("Content-Length: 0\r\ncontent-length: 21\r\n", json_body),
                           "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na"});
}

TEST_CASE("RFC 9112, 6.2: a Content-Length may have leading zeros and white space around it") {
    const running_server server;
    for (const char* value : {"21", "021", "0000000000000000000000000021", "\t 21 \t"}) {
        CHECK(check_taken(server, of_length(value)).body == its_answer);
    }
}

TEST_CASE("RFC 9112, 6.3: a POST without any framing has no body, and a kernel asks for one: 411") {
    const running_server server;
    check_taken(server, framed("", ""), 411);
    // What follows is a request, and not a body.
    peer client(server.port());
    client.send(framed("", "") + get("/healthz"));
    CHECK(client.receive().status == 411);
    CHECK(client.receive().body == "ok\n");
}

TEST_CASE("RFC 9112, 6.3: Content-Length: 0 is an empty body") {
    const running_server server;
    check_taken(server, framed("Content-Length: 0\r\n", ""), 400);  // no JSON text
    check_taken(server, "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    check_taken(server, "OPTIONS / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 204);
}

TEST_CASE("RFC 9110, 9.3.1: the body of a GET is framed, read and of no meaning") {
    const running_server server;
    for (const char* method : {"GET", "HEAD", "OPTIONS", "DELETE", "PUT", "TRACE"}) {
        CAPTURE(method);
        peer client(server.port());
        const auto begin = std::string{method} + " /healthz HTTP/1.1\r\nHost: a\r\n";
        const bool has_body = std::string_view(method) != "HEAD";
        const auto status = client.ask(begin + "\r\n", has_body).status;
        // A body that looks like a request must not be taken for one.
        const auto inner = get("/v1/kernels/nope");
        CHECK(
            client
                .ask(begin + "Content-Length: " + std::to_string(inner.size()) + "\r\n\r\n" + inner,
                     has_body)
                .status == status);
        CHECK(
            client
                .ask(begin + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", has_body)
                .status == status);
        CHECK(client.ask(get("/healthz")).body == "ok\n");
    }
}

TEST_CASE("RFC 9112, 8: a request that the peer cut short is told so, and never run") {
    const running_server server;
    const std::string cut[] = {
        "GET /healthz HTTP/1.1\r\nHost: a\r\n",
        "GET",
        of_length("22"),
        of_length("1000"),
        chunked(""),
        chunked("15"),
        chunked("15\r\n{"),
        one_chunk("15\r\n", ""),
        one_chunk("15\r\n", "\r\n"),
        one_chunk("15\r\n", "\r\n0\r\n"),
        one_chunk("15\r\n", "\r\n0\r\nX: a\r\n"),
    };
    for (const auto& bytes : cut) {
        CAPTURE(bytes);
        peer client(server.port());
        client.send(bytes);
        client.half_close();
        const auto reply = client.receive();
        CHECK(reply.status == 400);
        CHECK(reply.fields.at("connection") == "close");
        CHECK(client.is_closed());
    }
    CHECK(eventually([&] { return server.shared.bodies.bytes_in_use() == 0; }));
}

TEST_CASE(
    "RFC 9110, 15.5.14: a body beyond the limit is 413 before it is read, and the reply arrives") {
    auto settings = test_settings();
    settings.body_bytes_max = 1'000;
    const running_server server(settings);
    check_taken(server,
                post("/v1/kernels/sum_f32", "application/octet-stream", std::string(1'000, 0)));
    check_refused(server, of_length("1001", ""), 413);
    check_refused(server, of_length("1000000000000", ""), 413);
    check_refused(server, of_length("18446744073709551615", ""), 413);
    check_refused(server, chunked("3e9\r\n" + std::string(1'001, ' ')), 413);
    check_refused(server,
                  chunked("1f4\r\n" + std::string(500, ' ') + "\r\n1f5\r\n" +
                          std::string(501, ' ') + "\r\n0\r\n\r\n"),
                  413);
    // The peer is still sending when the reply comes: it gets the reply, and no reset in its place.
    peer client(server.port());
    client.send(of_length("20000000", std::string(20'000'000, ' ')));
    CHECK(client.receive().status == 413);
    client.half_close();
    CHECK(client.is_closed());
}

TEST_CASE(
    "RFC 9112, 9.6: a large body that nobody asked for is not waited on, and the reply arrives") {
    const running_server server;
    for (const char* request :
         {"GET /healthz", "POST /healthz", "PUT /v1/kernels/dot_f32", "POST /nowhere"}) {
        CAPTURE(request);
        peer client(server.port());
        client.send(std::string{request} +
                    " HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" +
                    std::string(10'000'000, 'x'));
        const auto reply = client.receive();
        CHECK(reply.status > 0);
        CHECK(reply.fields.at("connection") == "close");
        CHECK(client.is_closed());
    }
    peer client(server.port());
    client.send("GET /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nf4240\r\n" +
                std::string(1'000'000, 'x') + "\r\n0\r\n\r\n");
    CHECK(client.receive().body == "ok\n");
    CHECK(client.is_closed());
}

TEST_CASE("smuggling: a body is data, whatever request it looks like") {
    const running_server server;
    peer client(server.port());
    const auto inner = get("/v1/kernels/nope");
    client.send(post("/v1/kernels/sum_f32", "application/json", inner) + get("/healthz"));
    CHECK(client.receive().status == 400);
    CHECK(client.receive().body == "ok\n");
    // Trailers and the empty line behind the last chunk belong to the body.
    client.send(one_chunk("15\r\n", "\r\n0\r\nX: GET / HTTP/1.1\r\n\r\n") + get("/healthz"));
    CHECK(client.receive().body == its_answer);
    CHECK(client.receive().body == "ok\n");
}

TEST_CASE("smuggling: names that almost frame a body frame none") {
    const running_server server;
    // Other servers have taken these for Content-Length or Transfer-Encoding.
    for (const char* line :
         {"Content_Length: 21", "Transfer_Encoding: chunked", "X-Transfer-Encoding: chunked",
          "Transfer-Encodin: chunked", "Content-Lengt: 21", "TE: trailers", "Trailer: X"}) {
        CAPTURE(line);
        peer client(server.port());
        client.send(framed(line + "\r\n"s, get("/healthz")));
        CHECK(client.receive().status == 411);
        CHECK(client.receive().body == "ok\n");
    }
}
