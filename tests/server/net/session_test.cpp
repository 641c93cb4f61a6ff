// The server on real sockets: what each endpoint answers, and how a connection goes on or ends.
#include "tests/server/http_peer.hpp"

#include <bit>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <latch>

using namespace lanewise;
using namespace lanewise::server;

namespace {

std::string octets(const std::vector<float>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

constexpr const char* octet_stream = "application/octet-stream";
constexpr const char* json = "application/json";

}  // namespace

TEST_CASE("GET / says in one line who answers, without a line end") {
    running_server server;
    peer client(server.port());
    const auto reply = client.ask(get("/"));
    CHECK(reply.status == 200);
    CHECK(reply.fields.at("content-type") == "text/plain; charset=utf-8");
    CHECK(reply.body == "Hello from linux/arm64 (" + std::string{kernels::active_variant()} +
                            ") node=node-a pod=pod-1");
}

TEST_CASE("GET / answers in what the client accepts best") {
    running_server server;
    peer client(server.port());
    const auto type = [&client](const char* accept) {
        const auto reply = client.ask(get("/", std::string{"Accept: "} + accept + "\r\n"));
        CHECK(reply.fields.at("vary").starts_with("Accept"));
        return reply.fields.at("content-type");
    };
    CHECK(type("*/*") == "text/plain; charset=utf-8");
    CHECK(type("application/json") == "application/json");
    CHECK(type("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8") ==
          "text/html; charset=utf-8");
    CHECK(type("text/html;q=0.2, application/json;q=0.7") == "application/json");
    CHECK(client.ask(get("/", "Accept: image/png\r\n")).status == 406);
}

TEST_CASE("identity names machine, node and variant, and what is not known is null") {
    running_server server;
    peer client(server.port());
    const auto reply = client.ask(get("/v1/identity"));
    CHECK(reply.status == 200);
    CHECK(reply.fields.at("content-type") == "application/json");
    CHECK(reply.body.find(R"("architecture":"arm64")") != std::string::npos);
    CHECK(reply.body.find(R"("node":"node-a","pod":"pod-1","instance":"m7g.large")") !=
          std::string::npos);
    CHECK(reply.body.find(R"("quota":null)") != std::string::npos);
    CHECK(reply.body.find(R"("active":")" + std::string(kernels::active_variant())) !=
          std::string::npos);
}

TEST_CASE("every kernel of the catalogue is listed, and answers to a generated input") {
    running_server server;
    peer client(server.port());
    const auto list = client.ask(get("/v1/kernels")).body;
    for (const auto& kernel : kernels::catalogue()) {
        CHECK(list.find("\"name\":\"" + std::string(kernel.name) + "\"") != std::string::npos);
        std::string query = "?seed=3";
        for (const auto& one : kernel.parameters) query += "&" + std::string{one.name} + "=16";
        const auto reply = client.ask(get("/v1/kernels/" + std::string{kernel.name} + query));
        CHECK_MESSAGE(reply.status == 200, reply.body);
        CHECK(reply.fields.at("lanewise-arch") == "arm64");
        CHECK(reply.fields.at("lanewise-isa") == kernels::active_variant());
        CHECK(reply.fields.at("lanewise-node") == "node-a");
        CHECK(reply.fields.at("server-timing").starts_with("kernel;dur="));
    }
}

TEST_CASE("a kernel gives one answer to the same arrays in JSON and in octets") {
    running_server server;
    peer client(server.port());
    const auto from_json =
        client.ask(post("/v1/kernels/dot_f32", json, R"({"x":[1,2,3],"y":[4,5,6]})"));
    CHECK(from_json.status == 200);
    CHECK(from_json.body == "{\"result\":32}\n");
    const auto from_octets =
        client.ask(post("/v1/kernels/dot_f32", octet_stream, octets({1, 2, 3, 4, 5, 6})));
    CHECK(from_octets.body == from_json.body);
    const auto as_octets =
        client.ask(post("/v1/kernels/dot_f32", json, R"({"x":[1,2,3],"y":[4,5,6]})",
                        "Accept: application/octet-stream\r\n"));
    CHECK(as_octets.fields.at("content-type") == octet_stream);
    CHECK(as_octets.body == octets({32}));
}

TEST_CASE("arrays come back as octets where octets were sent, and as JSON where JSON was") {
    running_server server;
    peer client(server.port());
    const auto octet_reply = client.ask(post("/v1/kernels/exp_f32", octet_stream, octets({0, 0})));
    CHECK(octet_reply.fields.at("content-type") == octet_stream);
    CHECK(octet_reply.body == octets({1, 1}));
    const auto json_reply =
        client.ask(post("/v1/kernels/exp_f32", json, R"({"x":[0,"-Infinity","NaN",1000]})"));
    CHECK(json_reply.body == "{\"result\":[1,0,\"NaN\",\"Infinity\"]}\n");
}

TEST_CASE("empty arrays are arrays") {
    running_server server;
    peer client(server.port());
    CHECK(client.ask(post("/v1/kernels/sum_f32", octet_stream, "")).body == "{\"result\":0}\n");
    CHECK(client.ask(post("/v1/kernels/dot_f32", json, R"({"x":[],"y":[]})")).body ==
          "{\"result\":0}\n");
    CHECK(client.ask(get("/v1/kernels/exp_f32?n=0")).body == "{\"result\":[]}\n");
}

TEST_CASE("the same seed gives the same bytes, another seed gives others") {
    running_server server;
    peer client(server.port());
    const auto first = client.ask(get("/v1/kernels/sum_f32?n=100000&seed=7")).body;
    CHECK(client.ask(get("/v1/kernels/sum_f32?n=100000&seed=7")).body == first);
    CHECK(client.ask(get("/v1/kernels/sum_f32?seed=8&n=100000")).body != first);
}

TEST_CASE(
    "a request that asks for something wrong is told what would be right, and the connection goes "
    "on") {
    running_server server;
    peer client(server.port());
    const auto refused = [&client](const std::string& request, int status, const char* says) {
        const auto reply = client.ask(request);
        CHECK_MESSAGE(reply.status == status, request << reply.body);
        CHECK(reply.fields.at("content-type") == "application/problem+json");
        CHECK_MESSAGE(reply.body.find(says) != std::string::npos, reply.body);
        return reply;
    };
    refused(get("/nowhere"), 404, "nothing at this path");
    refused(get("/v1/kernels/nope"), 404, "dot_f32");
    refused(get("/v1/kernels/dot_f32"), 422, "n (number of elements) is missing");
    refused(get("/v1/kernels/dot_f32?n=-1"), 422, "whole number from 0");
    refused(get("/v1/kernels/dot_f32?n=1000000000000"), 422, "--elements-max");
    refused(get("/v1/kernels/dot_f32?n=1&n=2"), 422, "twice");
    refused(get("/v1/kernels/dot_f32?m=1"), 422, "knows n, seed");
    refused(get("/v1/kernels/dot_f32?n=1", "Accept: text/csv\r\n"), 406, "application/json");
    refused(post("/v1/kernels/dot_f32", octet_stream, "12345"), 422, "a body of 5 bytes fits no n");
    refused(post("/v1/kernels/dot_f32", octet_stream, "1234"), 422, "8 bytes for each n");
    refused(post("/v1/kernels/dot_f32?n=2", octet_stream, octets({1, 2})), 422,
            "these parameters ask for 16");
    refused(post("/v1/kernels/dot_f32", "text/csv", "1,2"), 415, "application/octet-stream");
    refused(post("/v1/kernels/dot_f32", json, R"({"x":[1,"a"],"y":[1,2]})"), 422,
            "\"pointer\":\"/x/1\"");
    refused(post("/v1/kernels/dot_f32", json, R"({"x":[1],"y":[1,2]})"), 422, "\"pointer\":\"/y\"");
    refused(post("/v1/kernels/dot_f32", json, R"({"x":[1]})"), 422, "/y is missing");
    refused(post("/v1/kernels/dot_f32", json, R"({"x":[1e39],"y":[1]})"), 422, "does not fit");
    refused(post("/v1/kernels/dot_f32", json, R"({"x":[1,],"y":[1]})"), 400, "no valid JSON");
    refused(post("/v1/kernels/dot_f32", json, ""), 400, "no valid JSON");
    CHECK(refused("PUT /v1/identity HTTP/1.1\r\nHost: test\r\n\r\n", 405, "method")
              .fields.at("allow") == "GET, HEAD, OPTIONS");
    CHECK(refused("POST /v1/kernels/dot_f32 HTTP/1.1\r\nHost: test\r\n\r\n", 411, "needs a body")
              .fields.contains("date"));
    CHECK(client.ask(get("/healthz")).body == "ok\n");
}

TEST_CASE("HEAD answers with the fields of GET and no body") {
    running_server server;
    peer client(server.port());
    for (const char* path :
         {"/", "/v1/identity", "/v1/kernels", "/healthz", "/v1/kernels/exp_f32?n=100"}) {
        const auto whole = client.ask(get(path));
        const auto head =
            client.ask("HEAD " + std::string{path} + " HTTP/1.1\r\nHost: test\r\n\r\n", false);
        CHECK(head.status == 200);
        CHECK(head.fields.at("content-length") == std::to_string(whole.body.size()));
        CHECK(head.fields.at("content-type") == whole.fields.at("content-type"));
    }
}

TEST_CASE("pipelined requests are answered in order, however their bytes are cut") {
    running_server server;
    const std::string requests =
        get("/healthz") + post("/v1/kernels/dot_f32", json, R"({"x":[1],"y":[2]})") + "\r\n" +
        get("/v1/kernels/sum_f32?n=1000000&seed=1") + get("/readyz", "Connection: close\r\n");
    std::vector<std::string> whole;
    {
        peer client(server.port());
        client.send(requests);
        for (int i = 0; i < 4; ++i) whole.push_back(client.receive().body);
        CHECK(client.is_closed());
    }
    CHECK(whole[0] == "ok\n");
    CHECK(whole[1] == "{\"result\":2}\n");
    CHECK(whole[3] == "ready\n");
    for (std::size_t cut = 1; cut < requests.size(); ++cut) {
        peer client(server.port());
        client.send(requests.substr(0, cut));
        client.send(requests.substr(cut));
        for (const auto& body : whole) CHECK(client.receive().body == body);
        CHECK(client.is_closed());
    }
}

TEST_CASE("a large body goes straight into its buffer, a large result comes back whole") {
    running_server server;
    peer client(server.port());
    const std::vector<float> zeros(3'000'001, 0.0F);
    const auto reply = client.ask(post("/v1/kernels/exp_f32", octet_stream, octets(zeros)));
    CHECK(reply.status == 200);
    CHECK(reply.body == octets(std::vector<float>(zeros.size(), 1.0F)));
    CHECK(server.shared.bodies.bytes_in_use() == 0);
}

TEST_CASE("a chunked body is the same as one with a length") {
    running_server server;
    peer client(server.port());
    const auto reply = client.ask(
        "POST /v1/kernels/dot_f32 HTTP/1.1\r\nHost: test\r\nContent-Type: "
        "application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        "A;name=\"va;l\"\r\n{\"x\":[1,2]\r\n00b\r\n,\"y\":[3,4]}\r\n0\r\nTrailer: yes\r\n\r\n");
    CHECK(reply.status == 200);
    CHECK(reply.body == "{\"result\":11}\n");
    CHECK(client.ask(get("/healthz")).status == 200);
}

TEST_CASE("bytes that are no request get 400 with a reason, then the end") {
    running_server server;
    for (const char* bytes :
         {"\x16\x03\x01", "GET / HTTP/1.1\n\n", "GET /\r\n\r\n",
          "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "(GET / HTTP/1.1\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n"}) {
        peer client(server.port());
        const auto reply = client.ask(bytes);
        CHECK_MESSAGE(reply.status == 400, bytes);
        CHECK(reply.fields.at("content-type") == "application/problem+json");
        CHECK(reply.fields.at("connection") == "close");
        CHECK(client.is_closed());
    }
}

TEST_CASE("a long kernel does not keep health from answering, and a full queue is 503") {
    auto settings = test_settings();
    settings.queue_depth_max = 1;
    running_server server(settings);
    std::latch held(1), started(1);
    REQUIRE(server.shared.compute.submit([&] {
        started.count_down();
        held.wait();
    }));
    started.wait();
    const auto long_call = get("/v1/kernels/sum_f32?n=5000000&seed=1");
    peer queued(server.port()), refused(server.port()), health(server.port());
    queued.send(long_call);
    CHECK(health.ask(get("/healthz")).status == 200);
    received_reply reply;
    // The two long calls race for the one place in the queue: whichever comes second is refused.
    refused.send(long_call);
    while (server.shared.compute.queue_depth() == 0)
        CHECK(health.ask(get("/healthz")).status == 200);
    peer third(server.port());
    reply = third.ask(long_call);
    CHECK(reply.status == 503);
    CHECK(reply.fields.at("retry-after") == "1");
    held.count_down();
    const int statuses[] = {queued.receive().status, refused.receive().status};
    CHECK(std::max(statuses[0], statuses[1]) == 503);
    CHECK(std::min(statuses[0], statuses[1]) == 200);
}

TEST_CASE(
    "a drain answers what is in flight with Connection: close, and closes the idle in the end") {
    running_server server;
    std::latch held(1), started(1);
    REQUIRE(server.shared.compute.submit([&] {
        started.count_down();
        held.wait();
    }));
    started.wait();
    peer idle(server.port()), busy(server.port()), half(server.port());
    CHECK(idle.ask(get("/healthz")).status == 200);
    half.send("GET /healthz HTTP/1.1\r\nHo");
    busy.send(get("/v1/kernels/sum_f32?n=5000000&seed=1"));
    while (server.shared.compute.queue_depth() == 0) CHECK(idle.ask(get("/healthz")).status == 200);
    server.shared.ready = false;
    CHECK(idle.ask(get("/readyz")).status == 503);
    server.here.drain(std::chrono::milliseconds(0));
    CHECK(idle.is_closed());
    half.send("st: test\r\n\r\n");
    CHECK(half.receive().fields.at("connection") == "close");
    CHECK_FALSE(server.here.wait_drained(std::chrono::milliseconds(0)));
    held.count_down();
    const auto last = busy.receive();
    CHECK(last.status == 200);
    CHECK(last.fields.at("connection") == "close");
    CHECK(server.here.wait_drained(std::chrono::seconds(10)));
}

TEST_CASE("a port in use is an error at start") {
    running_server server;
    auto settings = test_settings();
    settings.port = server.port();
    app shared(settings, test_machine());
    CHECK_THROWS_WITH_AS(http_server{shared}, doctest::Contains("Address already in use"),
                         std::runtime_error);
}

TEST_CASE("the same head again has the same answer, and another head has its own") {
    running_server server;
    peer client(server.port());
    const auto first = client.ask(get("/v1/identity"));
    for (int i = 0; i < 3; ++i) CHECK(client.ask(get("/v1/identity")).body == first.body);
    const auto unchanged =
        get("/openapi.json",
            "If-None-Match: " + client.ask(get("/openapi.json")).fields.at("etag") + "\r\n");
    const std::string kept = "GET /v1/identity HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    for (int i = 0; i < 3; ++i) {
        CHECK(client.ask("HEAD /v1/identity HTTP/1.1\r\nHost: test\r\n\r\n", false).status == 200);
        CHECK(client.ask(unchanged, false).status == 304);
        CHECK(client.ask(get("/v1/identity", "Content-Length: 4\r\n") + "body").body == first.body);
        CHECK(client.ask(kept).fields.at("connection") == "keep-alive");
        CHECK(client.ask(get("/v1/identity")).body == first.body);
    }
    CHECK(client.ask(get("/v1/identity", "Connection: close\r\n")).fields.at("connection") ==
          "close");
    CHECK(client.is_closed());
}

TEST_CASE("readiness is asked anew each time") {
    running_server server;
    peer client(server.port());
    for (int i = 0; i < 2; ++i) CHECK(client.ask(get("/readyz")).status == 200);
    server.shared.ready = false;
    CHECK(client.ask(get("/readyz")).status == 503);
}

TEST_CASE("requests that repeat count against the bound of their connection") {
    auto settings = test_settings();
    settings.requests_per_connection_max = 4;
    running_server server(settings);
    peer client(server.port());
    for (int i = 0; i < 3; ++i)
        CHECK_FALSE(client.ask(get("/v1/identity")).fields.contains("connection"));
    CHECK(client.ask(get("/v1/identity")).fields.at("connection") == "close");
    CHECK(client.is_closed());
}
