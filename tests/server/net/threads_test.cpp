// threads=: one kernel call over several compute threads.
#include <doctest/doctest.h>
#include <fcntl.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "server/net/connection_places.hpp"
#include "server/net/event_loop.hpp"
#include "server/net/session.hpp"
#include "tests/server/http_peer.hpp"

using namespace lanewise::server;

namespace {

config with_compute_threads(std::uint64_t threads) {
    auto settings = test_settings();
    settings.compute_threads = threads;
    return settings;
}

}  // namespace

TEST_CASE("a call gives the same bits over any number of threads, also while all are busy") {
    running_server server(with_compute_threads(3));
    peer client(server.port());
    const std::string octets = "Accept: application/octet-stream\r\n";
    for (const std::string target :
         {"/v1/kernels/gemm_f32?m=301&n=200&k=150", "/v1/kernels/convolve_f32?height=501&width=403",
          "/v1/kernels/exp_f32?n=1000003", "/v1/kernels/black_scholes_f32?n=300007"}) {
        CAPTURE(target);
        const auto whole = client.ask(get(target, octets));
        REQUIRE(whole.status == 200);
        for (const char* threads : {"1", "2", "3"}) {
            const auto split = client.ask(get(target + "&threads=" + threads, octets));
            CHECK(split.status == 200);
            CHECK(split.body == whole.body);
        }
        // More calls at once than there are threads: each is computed, with whatever help there is.
        peer others[] = {peer(server.port()), peer(server.port()), peer(server.port()),
                         peer(server.port())};
        for (auto& each : others) each.send(get(target + "&threads=3", octets));
        for (auto& each : others) CHECK(each.receive().body == whole.body);
    }
}

TEST_CASE("threads beyond the server's, none, or for what can't be split are refused by name") {
    running_server server(with_compute_threads(2));
    peer client(server.port());
    const auto refused = [&](const std::string& target, const std::string& why) {
        const auto reply = client.ask(get(target));
        CAPTURE(target);
        CHECK(reply.status == 422);
        CHECK_MESSAGE(reply.body.find(why) != std::string::npos, reply.body);
    };
    const std::string gemm = "/v1/kernels/gemm_f32?m=2&n=2&k=2&threads=";
    const std::string range = "it has to be a whole number from 1 to 2";
    refused(gemm + "0", range);
    refused(gemm + "3", range);
    refused(gemm + "two", range);
    refused(gemm + "1&threads=1", "threads is there twice");
    refused("/v1/kernels/sum_f32?n=9&threads=2", "it has to be 1, for sum_f32 can't be split");
    CHECK(client.ask(get("/v1/kernels/sum_f32?n=9&threads=1")).status == 200);
    CHECK(client.ask(get(gemm + "2")).status == 200);
}

TEST_CASE("each part of a split call has working memory of its own, which counts as bodies do") {
    // An input and an output of 198 pages each, and 65,024 bytes for each part to work in.
    const std::string target = "/v1/kernels/convolve_f32?height=501&width=403&threads=";
    const std::string octets = "Accept: application/octet-stream\r\n";
    const auto status_within = [&](std::uint64_t bodies_bytes, const char* threads) {
        auto settings = with_compute_threads(3);
        settings.bodies_bytes_max = bodies_bytes;
        settings.body_bytes_max = bodies_bytes;
        running_server server(settings);
        return peer(server.port()).ask(get(target + threads, octets)).status;
    };
    // What the call needs on one thread, to a step that is less than what a part works in.
    constexpr std::uint64_t part = 65'024, step = 32'768;
    std::uint64_t enough = 2 * 198 * 4096;
    while (status_within(enough, "1") != 200) {
        REQUIRE(enough < 16'000'000);
        enough += step;
    }
    CHECK(status_within(enough, "3") == 503);
    CHECK(status_within(enough + 2 * part + step, "3") == 200);
}

TEST_CASE("as many threads listen as were asked for") {
    auto settings = test_settings();
    settings.threads = 3;
    const running_server server(settings);
    char place[16];
    std::snprintf(place, sizeof place, "0100007F:%04X", unsigned{server.here.port()});
    std::ifstream sockets("/proc/net/tcp");
    int listening = 0;
    // 3: 0100007F:1F90 00000000:0000 0A ..., of which 0A is the state
    for (std::string line; std::getline(sockets, line);) {
        std::istringstream fields(line);
        std::string number, local, remote, state;
        fields >> number >> local >> remote >> state;
        listening += local == place && state == "0A";
    }
    CHECK(listening == 3);
}

TEST_CASE("whichever deadline is the shortest is looked for within a quarter of it") {
    for (auto which :
         {&config::header_timeout_ms, &config::idle_timeout_ms, &config::write_timeout_ms}) {
        for (const std::uint64_t shortest : {20, 400, 4'000, 3'600'000}) {
            auto settings = test_settings();
            settings.header_timeout_ms = settings.idle_timeout_ms = settings.write_timeout_ms =
                3'600'000;
            settings.*which = shortest;
            app shared(settings, test_machine());
            connection_places places{1, "none left"};
            const event_loop loop(shared, *shared.metrics[0], exposure::all, places);
            CHECK(loop.period_ms > 0);
            CHECK(loop.period_ms <= shortest / 4);
        }
    }
}

TEST_CASE("a thread's part of pending memory holds four heads, and the parts make the whole") {
    auto settings = test_settings();
    settings.threads = 4;
    connection_places places{1, "none left"};
    settings.pending_bytes_max = 1 << 20;
    settings.head_bytes_max = 1 << 20;
    {
        app shared(settings, test_machine());
        event_loop loop(shared, *shared.metrics[0], exposure::all, places);
        CHECK(loop.pending.pool().take(4 << 20).has_value());
        CHECK_FALSE(loop.pending.pool().take(5 << 20).has_value());
    }
    settings.pending_bytes_max = 40 << 20;
    settings.head_bytes_max = 1'024;
    app shared(settings, test_machine());
    event_loop loop(shared, *shared.metrics[0], exposure::all, places);
    CHECK(loop.pending.pool().take(8 << 20).has_value());  // the metrics' port has one too
    CHECK_FALSE(loop.pending.pool().take(9 << 20).has_value());
}

TEST_CASE("what is posted runs, all of it, and lets events have their turn in between") {
    app shared(test_settings(), test_machine());
    connection_places places{1, "none left"};
    event_loop loop(shared, *shared.metrics[0], exposure::all, places);
    constexpr int posted = 10'000;
    int ran = 0;
    for (int i = 0; i < posted; ++i) loop.post([&ran] { ++ran; });
    loop.turn(std::chrono::milliseconds(0));
    CHECK(ran > 0);
    CHECK(ran < posted);
    for (int turns = 0; turns < posted && ran < posted; ++turns)
        loop.turn(std::chrono::milliseconds(0));
    CHECK(ran == posted);
}

TEST_CASE("a connection that the system can't watch is closed at once, and its place is free") {
    app shared(test_settings(), test_machine());
    connection_places places{1, "none left"};
    event_loop loop(shared, *shared.metrics[0], exposure::all, places);
    for (const bool turned_away : {false, true}) {
        const int unwatched = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);  // epoll takes no file
        REQUIRE(unwatched >= 0);
        auto guest = std::make_shared<session>(loop, peer_socket(unwatched), 1);
        CHECK(places.open == 1);
        turned_away ? guest->turn_away() : guest->start();
        CHECK(fcntl(unwatched, F_GETFD) == -1);
        CHECK(loop.gathered.bytes.empty());
        const std::weak_ptr<session> gone = guest;
        guest.reset();
        CHECK(gone.expired());
        CHECK(places.open == 0);
    }
}
