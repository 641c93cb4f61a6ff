// The drain as clients with kept connections see it, who ask again after some time or never: none
// loses a request. Whoever tests it over another transport hands in how to connect.
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <queue>
#include <thread>

#include "http_peer.hpp"
#include "server_process.hpp"

using namespace lanewise::server;

namespace {

using connect = std::function<peer(const server_process&)>;

peer over_http(const server_process& server) {
    return peer(server.port());
}

bool takes_connections(const server_process& server, const connect& open) {
    try {
        open(server);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

struct tally {
    std::atomic<std::uint64_t> answered = 0, failed = 0, said_close = 0;
};

// A client with this many kept connections, each of which asks again and again after a time of its
// own, from 10 ms to 1 s. One that is told to close is opened again, until none can be had.
void keep_asking(const server_process& server, const connect& open, std::size_t connections,
                 tally& counts) {
    using clock = std::chrono::steady_clock;
    struct kept {
        peer connection;
        clock::duration pause;
    };
    const std::string requests[] = {
        get("/v1/identity"), get("/v1/kernels/sum_f32?n=1000"),
        post("/v1/kernels/sum_f32", "application/octet-stream", std::string(400, '\0'))};
    std::vector<kept> all;
    using due = std::pair<clock::time_point, std::size_t>;
    std::priority_queue<due, std::vector<due>, std::greater<>> next;
    const auto begin = clock::now();
    for (std::size_t i = 0; i < connections; ++i) {
        const double part = static_cast<double>(i) / static_cast<double>(connections);
        const auto pause = std::chrono::duration_cast<clock::duration>(
            std::chrono::duration<double>(0.01 * std::pow(100.0, part)));
        all.push_back({open(server), pause});
        next.emplace(begin + std::chrono::duration_cast<clock::duration>(pause * part), i);
    }
    for (std::uint64_t turn = 0; !next.empty(); ++turn) {
        const auto [when, index] = next.top();
        next.pop();
        std::this_thread::sleep_until(when);
        auto& [connection, pause] = all[index];
        bool ended = true;
        try {
            if (connection.has_ended()) throw std::runtime_error("closed while it idled");
            const auto reply = connection.ask(requests[turn % std::size(requests)]);
            if (reply.status != 200) throw std::runtime_error("it was not answered");
            ++counts.answered;
            ended = reply.fields.contains("connection");
        } catch (const std::exception& error) {
            ++counts.failed;
            MESSAGE(error.what());
        }
        if (ended) {
            ++counts.said_close;
            try {
                connection = open(server);
            } catch (const std::exception&) {
                continue;
            }
        }
        next.emplace(std::max(clock::now(), when + pause), index);
    }
}

void drain_kept_connections(const connect& open, const char* settle_ms) {
    constexpr std::size_t clients = 3, connections_each = 100;
    server_process server({"--settle-ms", settle_ms, "--threads", "2", "--compute-threads", "1"});
    tally counts;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < clients; ++i) {
        threads.emplace_back([&] { keep_asking(server, open, connections_each, counts); });
    }
    CHECK(eventually([&] { return counts.answered > 1'000; }));
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    for (auto& one : threads) one.join();
    CHECK(server.log().find("drained") != std::string::npos);
    MESSAGE(counts.answered.load() << " requests answered, " << counts.failed.load() << " failed");
    CHECK(counts.failed == 0);
    CHECK(counts.said_close >= clients * connections_each);
}

}  // namespace

TEST_CASE("kept connections lose no request in a drain, whenever they ask again") {
    drain_kept_connections(over_http, "0");
}

TEST_CASE("kept connections lose no request while the server settles, and in the drain behind it") {
    drain_kept_connections(over_http, "500");
}

TEST_CASE("a connection that idles is served until the drain ends, then closed properly") {
    server_process server({"--settle-ms", "0", "--drain-deadline-ms", "6000"});
    auto asks = over_http(server), never = over_http(server), fresh = over_http(server);
    CHECK_FALSE(asks.ask(get("/healthz")).fields.contains("connection"));
    CHECK_FALSE(never.ask(get("/healthz")).fields.contains("connection"));
    server.signal(SIGTERM);
    REQUIRE(eventually([&] { return !takes_connections(server, over_http); }));
    CHECK_FALSE(never.has_ended());
    for (auto* const one : {&asks, &fresh}) {
        const auto reply = one->ask(get("/v1/identity"));
        CHECK(reply.status == 200);
        CHECK(reply.fields.at("connection") == "close");
        CHECK(one->is_closed());
    }
    CHECK(never.is_closed());
    CHECK(server.wait() == 0);
    CHECK(server.log().find("drained") != std::string::npos);
    CHECK(server.count_in_log("error accept") == 0);  // of a port that is closed by then
    CHECK(server.log().find("cutting off") == std::string::npos);
}

TEST_CASE("while the server settles, every kind of reply says close, and so does a kept HEAD") {
    server_process server({"--settle-ms", "600000", "--cors-origin", "https://a.example"});
    const std::string requests[] = {get("/"),
                                    get("/v1/identity"),
                                    get("/readyz"),
                                    get("/metrics"),
                                    get("/nothing"),
                                    get("/v1/kernels/sum_f32?n=10"),
                                    get("/v1/kernels/sum_f32?n=3000000"),
                                    post("/v1/kernels/sum_f32", "application/octet-stream", "1234"),
                                    post("/healthz", "text/plain", "1234"),
                                    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
                                    get("/v1/identity", "If-None-Match: *\r\n")};
    std::vector<peer> peers;
    for (std::size_t i = 0; i < std::size(requests); ++i) {
        peers.push_back(over_http(server));
        CHECK_FALSE(peers.back().ask(get("/healthz")).fields.contains("connection"));
    }
    server.signal(SIGTERM);
    REQUIRE(eventually([&] { return server.count_in_log("not ready any more") == 1; }));
    for (std::size_t i = 0; i < std::size(requests); ++i) {
        CAPTURE(requests[i]);
        CHECK(peers[i].ask(requests[i]).fields.at("connection") == "close");
        CHECK(peers[i].is_closed());
    }
    auto last = over_http(server);
    const auto reply = last.ask("HEAD /v1/identity HTTP/1.1\r\nHost: a\r\n\r\n", false);
    CHECK(reply.fields.at("connection") == "close");
    CHECK(last.is_closed());
}

TEST_CASE(
    "requests that came together are all answered while the server stops, the last says close") {
    server_process server({"--settle-ms", "600000"});
    auto client = over_http(server);
    CHECK(client.ask(get("/healthz")).status == 200);
    server.signal(SIGTERM);
    REQUIRE(eventually([&] { return server.count_in_log("not ready any more") == 1; }));
    client.send(get("/healthz") + get("/v1/kernels/sum_f32?n=3000000") + get("/v1/identity"));
    CHECK_FALSE(client.receive().fields.contains("connection"));
    CHECK_FALSE(client.receive().fields.contains("connection"));
    CHECK(client.receive().fields.at("connection") == "close");
    CHECK(client.is_closed());
}
