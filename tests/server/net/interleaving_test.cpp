// Connections of one thread read into memory that they share: what each has sent in part stays its
// own. And each read that has to happen does happen, though nothing more is reported.
#include <latch>
#include <vector>

#include "tests/server/http_peer.hpp"

using namespace lanewise;
using namespace lanewise::server;

namespace {

constexpr const char* octet_stream = "application/octet-stream";
constexpr const char* json = "application/json";

// True once the server has read all that was sent so far: a later request has its answer.
void let_it_read(running_server& server) {
    peer other(server.port());
    REQUIRE(other.ask(get("/healthz")).status == 200);
}

}  // namespace

TEST_CASE("heads that come in parts, in turn on many connections, stay apart") {
    running_server server;
    std::vector<peer> peers;
    std::vector<std::string> requests, expected;
    for (int i = 0; i < 20; ++i) {
        peers.emplace_back(server.port());
        const auto n = std::to_string(i + 1);
        // Short ones, and such that outgrow what a connection keeps for itself.
        requests.push_back(post("/v1/kernels/sum_f32", json, "{\"x\":[" + n + "]}",
                                "X: " + std::string(i % 2 == 0 ? 0 : 6'000, 'x') + "\r\n"));
        expected.push_back("{\"result\":" + n + "}\n");
    }
    for (std::size_t part = 0; part < 7; ++part) {
        for (std::size_t i = 0; i < peers.size(); ++i) {
            const auto size = requests[i].size() / 7 + 1;
            peers[i].send(std::string_view(requests[i]).substr(part * size, size));
            if (i % 5 == 0) let_it_read(server);
        }
    }
    for (std::size_t i = 0; i < peers.size(); ++i) {
        CHECK(peers[i].receive().body == expected[i]);
        CHECK(peers[i].ask(get("/healthz")).status == 200);
    }
    CHECK(server.shared.bodies.bytes_in_use() == 0);
}

TEST_CASE("requests behind one that is being computed wait, while other connections are served") {
    running_server server;
    std::latch held(1), started(1);
    REQUIRE(server.shared.compute.submit([&] {
        started.count_down();
        held.wait();
    }));
    started.wait();
    const auto tail = post("/v1/kernels/dot_f32", json, R"({"x":[3],"y":[5]})");
    for (const std::size_t cut : {std::size_t{0}, std::size_t{10}, tail.size() - 1, tail.size()}) {
        CAPTURE(cut);
        peer first(server.port()), second(server.port());
        first.send(get("/v1/kernels/sum_f32?n=1000000&seed=1") + tail.substr(0, cut));
        for (int i = 0; i < 3; ++i) CHECK(second.ask(get("/v1/identity")).status == 200);
        first.send(tail.substr(cut));
        CHECK(second.ask(get("/readyz")).status == 200);
        if (cut == tail.size()) held.count_down();
        if (cut < tail.size()) continue;
        CHECK(first.receive().status == 200);
        CHECK(first.receive().body == "{\"result\":15}\n");
    }
}

TEST_CASE("replies behind a large one follow it whole, computed or not, read at once or slowly") {
    running_server server;
    constexpr std::size_t n = 1'000'000;
    const auto computed = get("/v1/kernels/exp_f32?seed=1&n=" + std::to_string(n));
    const std::vector<float> zeros(n);
    const auto sent = post("/v1/kernels/exp_f32", octet_stream,
                           {reinterpret_cast<const char*>(zeros.data()), n * sizeof(float)});
    for (const auto& large : {computed, sent}) {
        for (const int receive_buffer_bytes : {0, 4'096}) {
            peer client(server.port(), receive_buffer_bytes);
            client.send(get("/healthz") + large + get("/healthz") + large + get("/readyz"));
            CHECK(client.receive().body == "ok\n");
            const auto first = client.receive();
            CHECK(first.status == 200);
            CHECK(first.body.size() == n * sizeof(float));
            CHECK(client.receive().body == "ok\n");
            CHECK(client.receive().body == first.body);
            CHECK(client.receive().status == 200);
        }
    }
}

TEST_CASE("what waited below the low-water mark is read when the mark falls") {
    running_server server;
    constexpr std::size_t mebibyte = 1 << 20;
    for (const std::size_t size :
         {mebibyte / 16, mebibyte / 16 + 4, mebibyte, mebibyte + 4, mebibyte / 2 * 5}) {
        for (const std::size_t last : {std::size_t{1}, std::size_t{4'096}, size / 2, size - 1}) {
            CAPTURE(size);
            CAPTURE(last);
            peer client(server.port());
            const auto whole = post("/v1/kernels/sum_f32", octet_stream, std::string(size, '\0'));
            client.send(std::string_view(whole).substr(0, whole.size() - last));
            if (last > mebibyte / 2) let_it_read(server);
            client.send(std::string_view(whole).substr(whole.size() - last));
            const auto reply = client.receive();
            CHECK(reply.status == 200);
            CHECK(client.ask(get("/healthz")).status == 200);
        }
    }
}

TEST_CASE("urgent data splits a read, and the rest of the request is read all the same") {
    running_server server;
    peer client(server.port());
    client.send("GET /healthz HTTP/1.1\r\nHo");
    client.send_urgent('!');
    client.send("st: a\r\n\r\n");
    CHECK(client.receive().status == 200);
}

TEST_CASE("a request and the end in one go: the reply, then the end") {
    running_server server;
    for (int i = 0; i < 50; ++i) {
        peer client(server.port());
        client.send(get("/healthz") + get("/v1/kernels/sum_f32?n=100000&seed=1") + get("/readyz"));
        client.half_close();
        CHECK(client.receive().body == "ok\n");
        CHECK(client.receive().status == 200);
        CHECK(client.receive().body == "ready\n");
        CHECK(client.is_closed());
    }
    CHECK(eventually([&] { return server.shared.metrics[0]->connections_closed.value() == 50; }));
}

TEST_CASE("thousands of pipelined requests do not keep another connection from its answer") {
    running_server server;
    std::string many;
    for (int i = 0; i < 20'000; ++i) many += "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    peer greedy(server.port()), modest(server.port());
    greedy.send_some(many);
    CHECK(modest.ask(get("/healthz")).status == 200);
    CHECK(greedy.receive().status == 200);
}
