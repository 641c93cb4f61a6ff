// What the conformance suites share: how a request is refused, and how one is let through.
#pragma once

#include <initializer_list>
#include <string>

#include "tests/server/http_peer.hpp"

namespace lanewise::server {

/// A request that can't be read, or must not be: its connection gets this status as a problem, then
/// a proper end, and nothing that follows on it is taken for a request.
inline void check_refused(const running_server& server, const std::string& bytes, int status) {
    CAPTURE(bytes.substr(0, 200));
    peer client(server.port());
    client.send(bytes);
    client.send(get("/healthz"));
    const auto reply = client.receive(!bytes.starts_with("HEAD "));
    CHECK(reply.status == status);
    CHECK(reply.fields.contains("date"));
    CHECK(reply.fields.at("content-type") == "application/problem+json");
    CHECK(reply.fields.at("connection") == "close");
    CHECK(client.is_closed());
}

inline void check_refused(const running_server& server, std::initializer_list<std::string> all,
                          int status = 400) {
    for (const auto& bytes : all) check_refused(server, bytes, status);
}

/// A request that is valid, though rare: it is answered, and the connection goes on with the next.
inline received_reply check_taken(const running_server& server, const std::string& bytes,
                                  int status = 200) {
    CAPTURE(bytes.substr(0, 200));
    peer client(server.port());
    const auto reply = client.ask(bytes, !bytes.starts_with("HEAD "));
    CHECK(reply.status == status);
    CHECK(client.ask(get("/healthz")).body == "ok\n");
    return reply;
}

/// A GET of /healthz with one more field line, as it is.
inline std::string with_line(const std::string& line) {
    return "GET /healthz HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n";
}

/// A GET of this target.
inline std::string target(const std::string& text) {
    return "GET " + text + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

/// A POST of JSON to dot_f32, framed by these lines and followed by these bytes.
inline std::string framed(const std::string& lines, const std::string& bytes) {
    return "POST /v1/kernels/dot_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" +
           lines + "\r\n" + bytes;
}

inline std::string chunked(const std::string& bytes) {
    return framed("Transfer-Encoding: chunked\r\n", bytes);
}

}  // namespace lanewise::server
