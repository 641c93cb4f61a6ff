// RFC 9112, section 9, and RFC 9110, sections 7 and 10: connections, and what a request says of its
// own.
#include "conformance.hpp"

using namespace lanewise::server;

namespace {

const std::string json_body = R"({"x":[1,2],"y":[3,4]})";
constexpr const char* its_answer = "{\"result\":11}\n";

std::string asking(const std::string& expectation, const std::string& version = "HTTP/1.1",
                   const std::string& path = "/v1/kernels/dot_f32") {
    return "POST " + path + " " + version +
           "\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 21\r\n"
           "Connection: keep-alive\r\nExpect: " +
           expectation + "\r\n\r\n";
}

}  // namespace

TEST_CASE("RFC 9112, 9.3: HTTP/1.1 stays open unless one side says close") {
    const running_server server;
    peer client(server.port());
    for (int i = 0; i < 10; ++i) {
        const auto reply = client.ask(get("/healthz"));
        CHECK(reply.body == "ok\n");
        CHECK_FALSE(reply.fields.contains("connection"));
    }
}

TEST_CASE("RFC 9112, 9.6: close is answered with close, in whatever list it stands") {
    const running_server server;
    for (const char* line :
         {"Connection: close\r\n", "connection: CLOSE\r\n", "Connection: foo, close\r\n",
          "Connection: close, foo\r\n", "Connection: keep-alive, close\r\n",
          "Connection: foo\r\nConnection: close\r\n", "Connection: , close ,\r\n",
          "Connection: close\r\nConnection: keep-alive\r\n", "Connection:\tclose\t\r\n"}) {
        CAPTURE(line);
        peer client(server.port());
        client.send(get("/healthz", line) + get("/healthz"));
        CHECK(client.receive().fields.at("connection") == "close");
        CHECK(client.is_closed());  // requests behind it are not served
    }
}

TEST_CASE("RFC 9110, 7.6.1: other options of a connection are not close") {
    const running_server server;
    for (const char* line :
         {"Connection: closed\r\n", "Connection: not-close\r\n", "Connection: clos\r\n",
          "Connection: TE, foo\r\n", "Connection: keep-alive\r\n", "Connection:\r\n",
          "Keep-Alive: timeout=1, max=1\r\n", "Proxy-Connection: close\r\n"}) {
        check_taken(server, get("/healthz", line));
    }
}

TEST_CASE("RFC 9112, 9.3: HTTP/1.0 ends after the reply, unless it asked to stay") {
    const running_server server;
    for (const char* lines : {"", "Host: a\r\n", "Connection: foo\r\n", "Connection: close\r\n",
                              "Connection: keep-alive, close\r\n"}) {
        CAPTURE(lines);
        peer client(server.port());
        const auto reply = client.ask("GET /healthz HTTP/1.0\r\n" + std::string{lines} + "\r\n");
        CHECK(reply.body == "ok\n");
        CHECK(reply.fields.at("connection") == "close");
        CHECK(client.is_closed());
    }
    for (const char* lines : {"Connection: keep-alive\r\n", "connection: Keep-Alive\r\n",
                              "Connection: foo, keep-alive\r\n"}) {
        const auto reply =
            check_taken(server, "GET /healthz HTTP/1.0\r\n" + std::string{lines} + "\r\n");
        CHECK(reply.fields.at("connection") == "keep-alive");
        check_taken(server,
                    "GET /v1/kernels/sum_f32?n=10 HTTP/1.0\r\n" + std::string{lines} + "\r\n");
    }
}

TEST_CASE("RFC 9112, 6.1: HTTP/1.0 is never answered in chunks, and has its length said") {
    const running_server server;
    for (const char* path : {"/", "/v1/kernels", "/nowhere", "/v1/kernels/exp_f32?n=10"}) {
        peer client(server.port());
        const auto reply = client.ask("GET " + std::string{path} + " HTTP/1.0\r\n\r\n");
        CHECK_FALSE(reply.fields.contains("transfer-encoding"));
        CHECK(reply.fields.contains("content-length"));
        CHECK(client.is_closed());
    }
}

TEST_CASE("RFC 9112, 9.3.2: pipelined requests are answered in order, kernels and all") {
    const running_server server;
    peer client(server.port());
    std::string requests;
    for (int i = 1; i <= 100; ++i) {
        requests += get("/v1/kernels/sum_f32?n=" + std::to_string(i * i * 10)) + get("/healthz");
    }
    client.send(requests);
    for (int i = 1; i <= 100; ++i) {
        peer other(server.port());
        const auto expected =
            other.ask(get("/v1/kernels/sum_f32?n=" + std::to_string(i * i * 10))).body;
        CHECK(client.receive().body == expected);
        CHECK(client.receive().body == "ok\n");
    }
}

TEST_CASE(
    "RFC 9112, 9.3.2: a request behind one that is wrong is served, behind a malformed one not") {
    const running_server server;
    peer client(server.port());
    client.send(get("/nowhere") + get("/healthz") + "nonsense\r\n\r\n" + get("/healthz"));
    CHECK(client.receive().status == 404);
    CHECK(client.receive().status == 200);
    CHECK(client.receive().status == 400);
    CHECK(client.is_closed());
}

TEST_CASE("RFC 9112, 9.6: a client that half-closes has all its replies, then the end") {
    const running_server server;
    peer client(server.port());
    std::string requests;
    for (int i = 0; i < 20; ++i) requests += get("/healthz");
    client.send(requests + get("/v1/kernels/sum_f32?n=1000000") +
                post("/v1/kernels/dot_f32", "application/json", json_body));
    client.half_close();
    for (int i = 0; i < 20; ++i) CHECK(client.receive().body == "ok\n");
    CHECK(client.receive().status == 200);
    CHECK(client.receive().body == its_answer);
    CHECK(client.is_closed());
}

TEST_CASE("RFC 9112, 9.6: a client that says nothing and half-closes gets the end") {
    const running_server server;
    peer silent(server.port());
    silent.half_close();
    CHECK(silent.is_closed());
    peer empty_line(server.port());
    empty_line.send("\r\n");
    empty_line.half_close();
    CHECK(empty_line.is_closed());
}

TEST_CASE("RFC 9110, 10.1.1: a body that is wanted is asked for with 100, then answered") {
    const running_server server;
    peer client(server.port());
    for (const char* expectation : {"100-continue", "100-Continue", "100-CONTINUE"}) {
        const auto interim = client.ask(asking(expectation));
        CHECK(interim.head == "HTTP/1.1 100 Continue\r\n\r\n");
        CHECK(client.ask(json_body).body == its_answer);
    }
}

TEST_CASE("RFC 9110, 10.1.1: a body that comes at once is read, whatever it expected") {
    const running_server server;
    peer client(server.port());
    client.send(asking("100-continue") + json_body + get("/healthz"));
    auto reply = client.receive();
    if (reply.status == 100) reply = client.receive();
    CHECK(reply.body == its_answer);
    CHECK(client.receive().body == "ok\n");
}

TEST_CASE("RFC 9110, 10.1.1: a chunked body is asked for too") {
    const running_server server;
    peer client(server.port());
    CHECK(client
              .ask("POST /v1/kernels/dot_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: "
                   "application/json\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
              .status == 100);
    CHECK(client.ask("15\r\n" + json_body + "\r\n0\r\n\r\n").body == its_answer);
}

TEST_CASE("RFC 9110, 10.1.1: HTTP/1.0 is never answered with 100") {
    const running_server server;
    peer client(server.port());
    client.send(asking("100-continue", "HTTP/1.0"));
    CHECK(client.ask(json_body).body == its_answer);
}

TEST_CASE("RFC 9110, 10.1.1: a request that is refused is answered at once, without 100") {
    const running_server server;
    const auto refused = [&server](const std::string& bytes, int status) {
        CAPTURE(bytes);
        peer client(server.port());
        const auto reply = client.ask(bytes);
        CHECK(reply.status == status);
        // Whether the body still comes can't be known: what follows could be either.
        CHECK(reply.fields.at("connection") == "close");
        client.send(json_body);
        CHECK(client.is_closed());
    };
    refused(asking("100-continue", "HTTP/1.1", "/nowhere"), 404);
    refused(asking("100-continue", "HTTP/1.1", "/healthz"), 405);
    refused(asking("100-continue", "HTTP/1.1", "/v1/kernels/nope"), 404);
    refused(asking("100-continue", "HTTP/1.1", "/v1/kernels/dot_f32?m=1"), 422);
    refused(
        "POST /v1/kernels/dot_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\n"
        "Content-Length: 21\r\nExpect: 100-continue\r\n\r\n",
        415);
    refused(
        "POST /v1/kernels/dot_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        "Content-Length: 100000000000\r\nExpect: 100-continue\r\n\r\n",
        413);
}

TEST_CASE("RFC 9110, 10.1.1: an expectation without a body is met by the reply") {
    const running_server server;
    check_taken(server, get("/healthz", "Expect: 100-continue\r\n"));
}

TEST_CASE("RFC 9110, 10.1.1: another expectation is 417") {
    const running_server server;
    for (const char* what :
         {"200-ok", "100-continue, foo", "foo, 100-continue", "100", "continue"}) {
        check_refused(server, asking(what), 417);
    }
}

TEST_CASE("RFC 9110, 7.8: Upgrade is ignored, and the request answered in HTTP/1.1") {
    const running_server server;
    for (const char* lines :
         {"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n",
          "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
          "Upgrade: h2c\r\n", "Connection: upgrade\r\nUpgrade: TLS/1.0, HTTP/2.0\r\n",
          "Connection: keep-alive, Upgrade\r\nUpgrade: HTTP/3\r\n"}) {
        const auto reply = check_taken(server, get("/healthz", lines));
        CHECK(reply.body == "ok\n");
        CHECK_FALSE(reply.fields.contains("upgrade"));
    }
}

TEST_CASE("RFC 9112, 9.5: the reply to a request comes whole, however slowly it was sent") {
    const running_server server;
    const auto request =
        post("/v1/kernels/dot_f32", "application/json", json_body, "Expect: 100-continue\r\n");
    peer client(server.port());
    for (const char c : request) client.send({&c, 1});
    auto reply = client.receive();
    CHECK(reply.status == 100);
    CHECK(client.receive().body == its_answer);
}

TEST_CASE("RFC 9112, 9.3.2: a request that comes again, byte for byte, is the same request again") {
    auto settings = test_settings();
    settings.requests_per_connection_max = 9;
    running_server server(settings);
    peer client(server.port());
    const auto again = get("/healthz");
    const auto ready = get("/readyz");
    client.send(again + again + "HEAD /healthz HTTP/1.1\r\nHost: test\r\n\r\n" + again + again);
    CHECK(client.receive().body == "ok\n");
    CHECK(client.receive().body == "ok\n");
    CHECK(client.receive(false).status == 200);
    CHECK(client.receive().body == "ok\n");
    CHECK(client.receive().body == "ok\n");
    CHECK(client.ask(ready).status == 200);
    server.shared.ready = false;
    CHECK(client.ask(ready).status == 503);  // what may change is asked anew
    CHECK_FALSE(client.ask(again).fields.contains("connection"));
    CHECK(client.ask(again).fields.at("connection") == "close");  // the ninth and last
    CHECK(client.is_closed());
}
