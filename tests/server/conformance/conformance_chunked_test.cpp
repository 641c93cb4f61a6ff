// RFC 9112, section 7: chunks, their extensions, and trailers.
#include "conformance.hpp"

using namespace lanewise::server;
using namespace std::string_literals;

namespace {

const std::string json_body = R"({"x":[1,2],"y":[3,4]})";  // 21 bytes; its answer is 11
constexpr const char* its_answer = "{\"result\":11}\n";

// The body as one chunk, with this size line and these bytes behind its data.
std::string one_chunk(const std::string& size, const std::string& rest = "\r\n0\r\n\r\n") {
    return chunked(size + json_body + rest);
}

}  // namespace

TEST_CASE("RFC 9112, 7.1: a chunk's size is hexadecimal digits and nothing else") {
    const running_server server;
    for (const char* size : {"0x15\r\n",
                             "x15\r\n",
                             "+15\r\n",
                             "-15\r\n",
                             " 15\r\n",
                             "\t15\r\n",
                             "15 \r\n",
                             "15\t\r\n",
                             "1 5\r\n",
                             "15,\r\n",
                             "15h\r\n",
                             "15.\r\n",
                             "\r\n",
                             ";a\r\n",
                             "15\n",
                             "15\r",
                             "15\r\r\n",
                             "15\x0b\r\n",
                             "\"15\"\r\n",
                             "g\r\n",
                             "1_5\r\n",
                             "015h\r\n",
                             "\xff\r\n",
                             "15\r\n\n",
                             "1000000000000000015\r\n",
                             "10000000000000015\r\n",
                             "ffffffffffffffff\r\n",
                             "fffffffffffffffff\r\n",
                             "-1\r\n",
                             "00x15\r\n"}) {
        check_refused(server, one_chunk(size), 400);
    }
    check_refused(server, one_chunk("15\0\r\n"s), 400);
    for (const char* size : {"15\r\n", "015\r\n", "00000000000000000000015\r\n"}) {
        CHECK(check_taken(server, one_chunk(size)).body == its_answer);
    }
    CHECK(check_taken(server, chunked("A\r\n{\"x\":[1,2]\r\nb\r\n,\"y\":[3,4]}\r\n000\r\n\r\n"))
              .body == its_answer);
}

TEST_CASE("RFC 9112, 7.1: a chunk's data is as long as its size says, and ends with CR LF") {
    const running_server server;
    for (const char* rest : {"0\r\n\r\n", "\n0\r\n\r\n", "\r0\r\n\r\n", "\r\r\n0\r\n\r\n",
                             "\n\r0\r\n\r\n", " \r\n0\r\n\r\n", "X\r\n0\r\n\r\n"}) {
        check_refused(server, one_chunk("15\r\n", rest), 400);
    }
    check_refused(server, {one_chunk("14\r\n"), one_chunk("16\r\n"), one_chunk("1\r\n")});
}

TEST_CASE("RFC 9112, 7.1.1: extensions are read over, with names, values and quoted strings") {
    const running_server server;
    for (const char* size : {"15;a\r\n", "15;a=b\r\n", "15;a=\"b c\"\r\n", "15 ; a = b\r\n",
                             "15;a;b=c;d=\"e\\\"f;g\"\r\n", "15;a=\"\"\r\n", "15;a=\"\\\\\"\r\n",
                             "15\t;\ta\r\n", "15;a=\"caf\xc3\xa9\"\r\n"}) {
        CAPTURE(size);
        CHECK(check_taken(server, one_chunk(size)).body == its_answer);
    }
    for (const char* size :
         {"15;\r\n",           "15; \r\n",          "15;=b\r\n",       "15;a=\r\n",
          "15;a=b c\r\n",      "15;a=\"b\r\n",      "15;a=\"b\"c\r\n", "15;a b\r\n",
          "15;a=\"\n\"\r\n",   "15;a=\"\r\n\"\r\n", "15;a\n",          "15;a\r",
          "15;a=\"\x01\"\r\n", "15;;a\r\n",         "15;a=b=c\r\n",    "15;a\r\r\n",
          "15;(\r\n",          "15;a(\r\n",         "15;a \r\n",       "15;a=\x7f\r\n"}) {
        check_refused(server, one_chunk(size), 400);
    }
    check_refused(server, one_chunk("15;a=\"\0\"\r\n"s), 400);
}

TEST_CASE("RFC 9112, 7.1.1: a chunk's head beyond its bound is refused, and so is an endless one") {
    auto settings = test_settings();
    settings.chunk_head_bytes_max = 64;
    const running_server server(settings);
    // With the first byte of the line's end it is 64, and one more.
    CHECK(check_taken(server, one_chunk("15;" + std::string(60, 'a') + "\r\n")).body == its_answer);
    check_refused(server, one_chunk("15;" + std::string(61, 'a') + "\r\n"), 400);
    check_refused(server, chunked("15;" + std::string(100'000, 'a')), 400);
    check_refused(server, chunked("15;a=\"" + std::string(100'000, ' ')), 400);
    check_refused(server, chunked(std::string(100'000, '0')), 400);
}

TEST_CASE(
    "RFC 9112, 7.1.1: extensions, padding and trailer of all chunks have one bound together") {
    auto settings = test_settings();
    settings.chunk_overhead_bytes_max = 1'000;
    const running_server server(settings);
    // The JSON body, a byte a chunk: 21 size lines of the form 1<extension>.
    const auto body_of = [](const std::string& zeros, const std::string& extension,
                            const std::string& trailer = {}) {
        std::string bytes;
        for (const char c : json_body) bytes += zeros + "1" + extension + "\r\n" + c + "\r\n";
        return chunked(bytes + "0\r\n" + trailer + "\r\n");
    };
    check_taken(server, body_of("", ";" + std::string(46, 'a')));         // 21 * 47 = 987
    check_refused(server, body_of("", ";" + std::string(47, 'a')), 413);  // 21 * 48 = 1,008
    check_refused(server, body_of("", " ;" + std::string(46, 'a')), 413);
    check_refused(server, body_of("", ";a=\"" + std::string(44, 'a') + "\""), 413);
    // Zeros up to the width of a 64-bit number are free: some clients write no other sizes.
    check_taken(server, body_of(std::string(15, '0'), ""));
    check_taken(server, body_of(std::string(15 + 47, '0'), ""));
    check_refused(server, body_of(std::string(15 + 48, '0'), ""), 413);
    check_taken(server, body_of("", ";" + std::string(46, 'a'), "X: 12345678\r\n"));
    check_refused(server, body_of("", ";" + std::string(46, 'a'), "X: 123456789\r\n"), 413);
    check_refused(server, body_of("", "", "X: " + std::string(1'000, 'a') + "\r\n"), 413);
}

TEST_CASE(
    "RFC 9112, 7.1.1: 200,000 bytes in chunks of one byte are read, in 49 MB of extensions not") {
    const running_server server;
    const auto head =
        "POST /v1/kernels/sum_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"s;
    std::string plain;
    for (int i = 0; i < 200'000; ++i) plain += "1\r\n\0\r\n"s;
    check_taken(server, head + plain + "0\r\n\r\n");
    std::string extended;
    for (int i = 0; i < 200; ++i) extended += "1;" + std::string(240, 'a') + "\r\n0\r\n";
    peer client(server.port());
    client.send(head + extended);
    CHECK(client.receive().status == 413);
    CHECK(client.is_closed());
}

TEST_CASE("RFC 9112, 7.1.2: a trailer is read over, and changes nothing") {
    const running_server server;
    peer client(server.port());
    client.send(one_chunk("15\r\n", "\r\n0\r\n(\r\n\r\n"));
    CHECK(client.receive().body.find("the trailer of the chunked body is malformed") !=
          std::string::npos);
    for (const char* trailer :
         {"X: a\r\n", "X: a\r\nY: b\r\n", "X:\r\n", "X:a\r\n", "X: caf\xc3\xa9\tb\r\n",
          "Content-Length: 5\r\n", "Transfer-Encoding: gzip\r\n", "Host: b\r\n",
          "Connection: close\r\n", "Content-Type: text/plain\r\n", "Expect: nothing\r\n"}) {
        CAPTURE(trailer);
        CHECK(check_taken(server, one_chunk("15\r\n", "\r\n0\r\n"s + trailer + "\r\n")).body ==
              its_answer);
    }
}

TEST_CASE("RFC 9112, 7.1.2: a trailer is made of field lines, or the request is refused") {
    const running_server server;
    for (const char* trailer :
         {"X : a\r\n", ": a\r\n", "no colon\r\n", " X: a\r\n", "X: a\r\n b\r\n", "X: a\n", "X: a\r",
          "X: a\rb\r\n", "X(: a\r\n", "X\xc3\xa9: a\r\n", "X: \x01\r\n", "\n", "\r\r\n",
          "X: a\x7f\r\n", "GET / HTTP/1.1\r\n"}) {
        check_refused(server, one_chunk("15\r\n", "\r\n0\r\n"s + trailer + "\r\n"), 400);
    }
    check_refused(server, one_chunk("15\r\n", "\r\n0\r\nX: \0\r\n\r\n"s), 400);
    check_refused(server, one_chunk("15\r\n", "\r\n0\r\nX\0: a\r\n\r\n"s), 400);
}

TEST_CASE("RFC 9112, 7.1.2: a trailer beyond its bound is 431, and so is an endless one") {
    auto settings = test_settings();
    settings.trailer_bytes_max = 64;
    const running_server server(settings);
    const auto with_trailer = [](const std::string& lines) {
        return one_chunk("15\r\n", "\r\n0\r\n" + lines);
    };
    // With all line ends it is 64, and one more.
    check_taken(server, with_trailer("X: " + std::string(57, 'a') + "\r\n\r\n"));
    check_refused(server, with_trailer("X: " + std::string(58, 'a') + "\r\n\r\n"), 431);
    check_refused(server, with_trailer("X: " + std::string(100'000, 'a')), 431);
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += "X: a\r\n";
    check_refused(server, with_trailer(many), 431);
}

TEST_CASE("RFC 9112, 7.1: chunks that no one wants are read before the reply, and refused alike") {
    const running_server server;
    for (const char* line : {"GET /healthz", "GET /v1/identity", "GET /v1/kernels/sum_f32?n=9",
                             "GET /v1/kernels/exp_f32?n=1000000", "OPTIONS *", "PUT /v1/identity",
                             "POST /nowhere", "GET /v1/kernels/nope"}) {
        CAPTURE(line);
        const auto with_body = [&](const std::string& bytes) {
            return line + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"s + bytes;
        };
        for (const char* bytes : {"zz\r\n", "5\r\nabcdef\r\n0\r\n\r\n", "5\nabcde\r\n0\r\n\r\n",
                                  "5\r\nabcde\r\n0\r\nno colon\r\n\r\n", "-1\r\n\r\n", "0\n\n"}) {
            check_refused(server, with_body(bytes), 400);
        }
        peer client(server.port());
        for (const char* bytes : {"0\r\n\r\n", "5;a=b\r\nabcde\r\n0\r\nX: a\r\n\r\n"}) {
            client.send(with_body(bytes) + get("/healthz"));
            CHECK(client.receive().status != 400);
            CHECK(client.receive().body == "ok\n");
        }
        client.send(with_body("5\r\nabc"));
        client.half_close();
        CHECK(client.receive().status == 400);
        CHECK(client.is_closed());
    }
}

TEST_CASE(
    "RFC 9112, 7.1: more chunks than are read for nothing end the connection after the reply") {
    const running_server server;
    const std::string head =
        "GET /v1/identity HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const auto chunk = "1000\r\n" + std::string(0x1000, 'a') + "\r\n";
    std::string most;
    for (int i = 0; i < 16; ++i) most += chunk;
    check_taken(server, head + most + "0\r\n\r\n");
    peer client(server.port());
    client.send(head + most + chunk + "0\r\n\r\n" + get("/healthz"));
    const auto reply = client.receive();
    CHECK(reply.status == 200);
    CHECK(reply.fields.at("connection") == "close");
    CHECK(client.is_closed());
}

TEST_CASE(
    "RFC 9112, 7.1: chunks that no one wants end the connection where they are mostly framing") {
    const running_server server;
    std::string tiny;
    for (int i = 0; i < 3'270; ++i) tiny += "1\r\na\r\n";
    for (const auto& [line, status] :
         {std::pair{"GET /v1/identity"s, 200}, {"POST /nowhere"s, 404}, {"PUT /healthz"s, 405}}) {
        CAPTURE(line);
        const auto head = line + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        // 3,270 * 5 bytes of framing and the last chunk's 5 are 16,355 of 16,384.
        check_taken(server, head + tiny + "0\r\n\r\n", status);
        peer client(server.port());
        client.send(head + tiny + tiny + "0\r\n\r\n" + get("/healthz"));
        const auto reply = client.receive();
        CHECK(reply.status == status);
        CHECK(reply.fields.at("connection") == "close");
        CHECK(client.is_closed());
        std::string extended;
        for (int i = 0; i < 100; ++i) extended += "1;" + std::string(240, 'a') + "\r\n0\r\n";
        check_refused(server, head + extended, 413);
    }
}
