// Every limit of config.hpp, crossed: what happens at it, and that the server goes on.
#include <latch>
#include <thread>
#include <vector>

#include "tests/server/conformance/conformance.hpp"

using namespace lanewise::server;

namespace {

// Deadlines of tests: short, and enough for bytes on loopback.
constexpr std::uint64_t short_ms = 50;

constexpr const char* octet_stream = "application/octet-stream";

std::string announced(std::size_t bytes) {
    return "POST /v1/kernels/sum_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: " +
           std::string{octet_stream} + "\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n";
}

// Holds the one compute thread of test_settings().
struct held_thread {
    explicit held_thread(running_server& server) {
        REQUIRE(server.shared.compute.submit([this] {
            started.count_down();
            held.wait();
        }));
        started.wait();
    }
    std::latch held{1}, started{1};
};

}  // namespace

TEST_CASE("connections-max: one more is told so and closed, and a place that is free is taken") {
    auto settings = test_settings();
    settings.connections_max = 3;
    settings.idle_timeout_ms = 400;  // the sweep that looks for free places runs at a quarter of it
    running_server server(settings);
    std::vector<peer> guests;
    for (int i = 0; i < 3; ++i) {
        guests.emplace_back(server.port());
        CHECK(guests.back().ask(get("/healthz")).status == 200);
    }
    peer late(server.port());
    const auto reply = late.receive();
    CHECK(reply.status == 503);
    CHECK(reply.fields.at("retry-after") == "1");
    CHECK(reply.fields.at("connection") == "close");
    late.half_close();
    CHECK(late.is_closed());
    const auto& counted = *server.shared.metrics[0];
    CHECK(counted.routes.back().by_class[4].value() == 1);  // of no route, 5xx
    CHECK(counted.connections_turned_away.value() == 1);
    CHECK(guests[0].ask(get("/healthz", "Connection: close\r\n")).status == 200);
    CHECK(guests[0].is_closed());
    // Its place is free as soon as the server has seen the end of it.
    CHECK(eventually([&] { return peer(server.port()).ask(get("/healthz")).status == 200; }));
}

TEST_CASE("connections-max: a flood beyond the cap leaves those within it untouched") {
    auto settings = test_settings();
    settings.connections_max = 20;
    running_server server(settings);
    peer guest(server.port());
    CHECK(guest.ask(get("/healthz")).status == 200);
    std::vector<peer> flood;
    for (int i = 0; i < 500; ++i) flood.emplace_back(server.port());
    CHECK(guest.ask(get("/v1/kernels/sum_f32?n=100000")).status == 200);
    for (auto& one : flood) one.reset();
    CHECK(eventually([&] { return peer(server.port()).ask(get("/healthz")).status == 200; }));
    CHECK(guest.ask(get("/healthz")).status == 200);
}

TEST_CASE("connections-max: the port of the metrics has places of its own, and a bound") {
    auto settings = test_settings();
    settings.connections_max = 2;
    settings.metrics_port = free_port();
    running_server server(settings);
    std::vector<peer> guests;
    for (int i = 0; i < 2; ++i) {
        guests.emplace_back(server.port());
        CHECK(guests.back().ask(get("/v1/identity")).status == 200);
    }
    CHECK(peer(server.port()).receive().status == 503);
    const auto operations = static_cast<std::uint16_t>(settings.metrics_port);
    std::vector<peer> scrapers;
    for (int i = 0; i < 64; ++i) {
        scrapers.emplace_back(operations);
        CHECK(scrapers.back().ask(get("/healthz")).status == 200);
    }
    CHECK(peer(operations).receive().status == 503);
}

TEST_CASE(
    "requests-per-connection-max: the last reply says close, and what follows is not served") {
    auto settings = test_settings();
    settings.requests_per_connection_max = 3;
    running_server server(settings);
    peer client(server.port());
    client.send(get("/healthz") + get("/healthz") + get("/healthz") + get("/healthz"));
    CHECK_FALSE(client.receive().fields.contains("connection"));
    CHECK_FALSE(client.receive().fields.contains("connection"));
    CHECK(client.receive().fields.at("connection") == "close");
    CHECK(client.is_closed());
}

TEST_CASE(
    "pipelined-max: so many are answered, then the others have their turn, and none is lost") {
    auto settings = test_settings();
    settings.pipelined_max = 2;
    running_server server(settings);
    peer client(server.port()), other(server.port());
    // A handshake is one thread's: what it waits for, the other may take.
    CHECK(client.ask(get("/healthz")).status == 200);
    std::string requests;
    for (int i = 0; i < 1'000; ++i) requests += get("/healthz");
    std::thread sender([&] { client.send(requests); });
    CHECK(other.ask(get("/healthz")).status == 200);
    for (int i = 0; i < 1'000; ++i) CHECK(client.receive().body == "ok\n");
    sender.join();
}

TEST_CASE("a peer that sends requests and reads no reply is not read from without end") {
    running_server server;
    peer greedy(server.port(), 4'096);
    const auto request = get("/v1/kernels");
    std::string many;
    for (int i = 0; i < 1'000; ++i) many += request;
    // Once its replies find no room the server stops reading, and then nothing more can be sent.
    std::size_t sent = 0;
    peer health(server.port());
    for (int idle = 0; idle < 100;) {
        const auto count = greedy.send_some(many);
        sent += count;
        idle = count == 0 ? idle + 1 : 0;
        CHECK(health.ask(get("/healthz")).status == 200);
        REQUIRE(sent < 256'000'000);
    }
}

TEST_CASE("head-bytes-max, fields-max: one byte and one field more are refused") {
    auto settings = test_settings();
    settings.head_bytes_max = 1'024;
    settings.fields_max = 5;
    const running_server server(settings);
    const auto head_of = [](std::size_t bytes) {
        const auto empty = get("/healthz", "X: \r\n").size();
        return get("/healthz", "X: " + std::string(bytes - empty, 'a') + "\r\n");
    };
    CHECK(head_of(1'024).size() == 1'024);
    check_taken(server, head_of(1'024));
    check_refused(server, head_of(1'025), 431);
    check_taken(server, get("/healthz", "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"));
    check_refused(server, get("/healthz", "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n"), 431);
}

TEST_CASE("head-bytes-max: the largest head comes in parts, however little may be pending") {
    auto settings = test_settings();
    settings.head_bytes_max = 1 << 20;
    settings.pending_bytes_max = 1 << 20;
    settings.threads = 4;
    const running_server server(settings);
    check_taken(server, get("/healthz", "X: " + std::string(1'000'000, 'a') + "\r\n"));
}

TEST_CASE("body-bytes-max: zero is a limit too") {
    auto settings = test_settings();
    settings.body_bytes_max = 0;
    const running_server server(settings);
    check_taken(server, post("/v1/kernels/sum_f32", octet_stream, ""));
    check_refused(server, post("/v1/kernels/sum_f32", octet_stream, "1234"), 413);
    check_refused(server, chunked("1\r\n{"), 413);
}

TEST_CASE(
    "bodies-bytes-max: a body that finds no room is 503 before it is read, and room comes back") {
    auto settings = test_settings();
    settings.bodies_bytes_max = 1 << 20;
    running_server server(settings);
    {
        peer slow(server.port()), refused(server.port());
        slow.send(announced(800'000));
        REQUIRE(eventually([&] { return server.shared.bodies.bytes_in_use() >= 800'000; }));
        const auto reply = refused.ask(announced(800'000));
        CHECK(reply.status == 503);
        CHECK(reply.fields.at("retry-after") == "1");
        peer generating(server.port());
        CHECK(generating.ask(get("/v1/kernels/sum_f32?n=200000")).status == 503);
        CHECK(generating.ask(get("/healthz")).status == 200);
        // A chunked one grows until there is no room.
        peer growing(server.port());
        CHECK(growing
                  .ask("POST /v1/kernels/sum_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: "
                       "application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\nC3500\r\n" +
                       std::string(800'000, '\0'))
                  .status == 503);
        slow.reset();
    }
    REQUIRE(eventually([&] { return server.shared.bodies.bytes_in_use() <= 0; }));
    peer client(server.port());
    CHECK(client.ask(announced(800'000) + std::string(800'000, '\0')).status == 200);
    CHECK(client.ask(get("/v1/kernels/sum_f32?n=200000")).status == 200);
}

TEST_CASE("bodies-bytes-max: what is kept of generated inputs gives way to bodies") {
    auto settings = test_settings();
    settings.bodies_bytes_max = 1 << 20;
    running_server server(settings);
    peer client(server.port());
    CHECK(client.ask(get("/v1/kernels/sum_f32?n=60000")).status == 200);
    CHECK(server.shared.bodies.bytes_in_use() >= 240'000);
    CHECK(client.ask(announced(900'000) + std::string(900'000, '\0')).status == 200);
    // More than all bodies may have together: no room will ever do.
    CHECK(client.ask(announced(2'000'000)).status == 413);
}

TEST_CASE(
    "pending-bytes-max: heads that do not end give way, the longest first, and bodies keep their "
    "memory") {
    auto settings = test_settings();
    settings.pending_bytes_max = 1 << 20;  // half of it is this thread's: sixteen heads
    running_server server(settings);
    const auto beginning = "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + std::string(31'000, 'a');
    peer health(server.port());
    std::vector<peer> waiting;
    for (int i = 0; i < 40; ++i) {
        waiting.emplace_back(server.port());
        waiting.back().send(beginning);
        CHECK(health.ask(get("/healthz")).status == 200);
    }
    CHECK(server.shared.bodies.bytes_in_use() == 0);
    CHECK(health.ask(announced(1'000'000) + std::string(1'000'000, '\0')).status == 200);
    for (std::size_t i = 0; i < 20; ++i) {
        const auto reply = waiting[i].receive();
        CHECK(reply.status == 408);
        CHECK(reply.fields.at("connection") == "close");
        CHECK(reply.body.find("--pending-bytes-max") != std::string::npos);
    }
    // Those that came last still have their turn, and so has one that comes now.
    for (std::size_t i = 36; i < 40; ++i) CHECK(waiting[i].ask("\r\n\r\n").status == 200);
    CHECK(peer(server.port()).ask(beginning + "\r\n\r\n").status == 200);
}

TEST_CASE("pending-bytes-max: replies that are not read give way, and bodies keep their memory") {
    auto settings = test_settings();
    settings.pending_bytes_max = 1 << 20;
    running_server server(settings);
    std::string many;  // replies of more than the system holds for one socket
    for (int i = 0; i < 1'000; ++i) many += get("/openapi.json");
    peer client(server.port());
    const auto gave_way = [&] { return server.shared.metrics[0]->connections_gave_way.value(); };
    std::vector<peer> deaf;
    for (int i = 0; i < 60; ++i) {
        deaf.emplace_back(server.port(), 4'096);
        deaf.back().send_some(many);
        CHECK(client.ask(get("/healthz")).status == 200);
    }
    CHECK(eventually([&] { return gave_way() > 0; }));
    CHECK(gave_way() < 60);
    CHECK(server.shared.bodies.bytes_in_use() == 0);
    CHECK(client.ask(announced(1'000'000) + std::string(1'000'000, '\0')).status == 200);
}

TEST_CASE("elements-max: an array that is larger is refused, sent or asked for") {
    auto settings = test_settings();
    settings.elements_max = 100;
    const running_server server(settings);
    check_taken(server, get("/v1/kernels/sum_f32?n=100"));
    check_taken(server, get("/v1/kernels/sum_f32?n=101"), 422);
    check_taken(server, post("/v1/kernels/sum_f32", octet_stream, std::string(400, '\0')));
    check_taken(server, post("/v1/kernels/sum_f32", octet_stream, std::string(404, '\0')), 413);
    std::string numbers = "0";
    for (int i = 0; i < 100; ++i) numbers += ",0";
    check_taken(server,
                post("/v1/kernels/sum_f32", "application/json", "{\"x\":[" + numbers + "]}"), 422);
}

TEST_CASE("header-timeout-ms: a head that does not come in time is 408") {
    auto settings = test_settings();
    settings.header_timeout_ms = short_ms;
    settings.idle_timeout_ms = short_ms;
    running_server server(settings);
    for (const char* bytes : {"G", "GET /healthz HTTP/1.1\r\nHost: a\r\n", "\r\nGET"}) {
        peer client(server.port());
        const auto reply = client.ask(bytes);
        CHECK(reply.status == 408);
        CHECK(reply.fields.at("connection") == "close");
        client.half_close();
        CHECK(client.is_closed());
    }
    // HEAD has no body there either, and bytes that drip do not start the time anew.
    peer head(server.port());
    head.send("HEAD /healthz HTTP/1.1\r\n");
    CHECK(head.receive(false).status == 408);
    head.half_close();
    CHECK(head.is_closed());
    peer dripping(server.port());
    dripping.send("GET /healthz HTTP/1.1\r\n");
    for (int i = 0; i < 3; ++i) {
        peer clock(server.port());
        CHECK(clock.is_closed());  // it idled as long as a head may take
        dripping.send("X: a\r\n");
    }
    CHECK(dripping.receive().status == 408);
}

TEST_CASE("idle-timeout-ms: a connection that says nothing is closed without a word") {
    auto settings = test_settings();
    settings.idle_timeout_ms = short_ms;
    running_server server(settings);
    peer silent(server.port()), used(server.port()), empty_lines(server.port());
    CHECK(used.ask(get("/healthz")).status == 200);
    empty_lines.send("\r\n\r\n");
    CHECK(silent.is_closed());
    CHECK(used.is_closed());
    CHECK(empty_lines.is_closed());
}

TEST_CASE("body-rate-min: a body that comes more slowly is 408, whatever its framing") {
    auto settings = test_settings();
    settings.header_timeout_ms = short_ms;  // the window of the rate
    settings.body_rate_min = 1'000'000;
    running_server server(settings);
    for (const auto& begin :
         {announced(1'000), announced(1'000'000), announced(100'000'000 / 2) + "1234", chunked(""),
          chunked("15\r\n{"), chunked("15;a=")}) {
        CAPTURE(begin);
        peer client(server.port());
        const auto reply = client.ask(begin);
        CHECK(reply.status == 408);
        CHECK(reply.fields.at("connection") == "close");
        client.half_close();
        CHECK(client.is_closed());
    }
    REQUIRE(eventually([&] { return server.shared.bodies.bytes_in_use() <= 0; }));
    // A body that nobody wanted has had its reply: the connection just ends.
    peer unwanted(server.port());
    unwanted.send("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    CHECK(unwanted.receive().status == 200);
    CHECK(unwanted.is_closed());
}

TEST_CASE("body-rate-min: 0 lets a body take its time, and a rate above the minimum too") {
    auto settings = test_settings();
    settings.header_timeout_ms = short_ms;
    settings.idle_timeout_ms = short_ms;
    settings.body_rate_min = 0;
    running_server server(settings);
    peer slow(server.port());
    slow.send(announced(400));
    // A connection that begins now and idles out has seen several windows pass.
    for (int i = 0; i < 4; ++i) {
        peer clock(server.port());
        CHECK(clock.is_closed());
        slow.send(std::string(100, '\0'));
    }
    CHECK(slow.receive().status == 200);
}

TEST_CASE(
    "body-rate-min: what the system holds back below its low-water mark has come all the same") {
    auto settings = test_settings();
    settings.header_timeout_ms = 1'000;
    settings.idle_timeout_ms = short_ms;
    settings.body_rate_min = 1'000;
    running_server server(settings);
    constexpr std::size_t bytes = 500'000;  // large enough to be read by a low-water mark
    peer slow(server.port());
    slow.send(announced(bytes));
    std::size_t sent = 0;
    for (int i = 0; i < 40; ++i) {  // more than two windows, as clocks that idle out tell
        slow.send(std::string(2'000, '\0'));
        sent += 2'000;
        peer clock(server.port());
        CHECK(clock.is_closed());
    }
    CHECK(slow.ask(std::string(bytes - sent, '\0')).status == 200);
}

TEST_CASE("body-rate-min: what came in an earlier window does not stand for a later one") {
    auto settings = test_settings();
    settings.header_timeout_ms = short_ms;
    settings.body_rate_min = 1'000;  // 50 bytes a window
    running_server server(settings);
    peer stalled(server.port());
    CHECK(stalled.ask(announced(500'000) + std::string(20'000, '\0')).status == 408);
}

TEST_CASE(
    "write-timeout-ms: a peer that reads no reply is cut off, and one that reads slowly is not") {
    auto settings = test_settings();
    settings.write_timeout_ms = 10 * short_ms;  // on a busy machine, a client has its turn rarely
    settings.idle_timeout_ms = short_ms;
    settings.body_rate_min = 1'000;
    running_server server(settings);
    const auto large = get("/v1/kernels/exp_f32?n=2000000", "Accept: application/octet-stream\r\n");
    peer deaf(server.port(), 4'096);
    deaf.send(large);
    // 8 MB of inputs, and as much of a result.
    REQUIRE(eventually([&] { return server.shared.bodies.bytes_in_use() >= 16'000'000; }));
    // The result is given back, though nobody read it. (Its inputs stay, for the next call.)
    REQUIRE(eventually([&] { return server.shared.bodies.bytes_in_use() <= 10'000'000; }));
    peer client(server.port());
    const auto reply = client.ask(large);
    CHECK(reply.body.size() == 8'000'000);
}

TEST_CASE("queue-depth-max: a call that finds no place is 503, and health is not held up") {
    auto settings = test_settings();
    settings.queue_depth_max = 2;
    running_server server(settings);
    held_thread hold(server);
    const auto long_call = get("/v1/kernels/sum_f32?n=5000000");
    std::vector<peer> callers;
    peer health(server.port());
    for (std::size_t i = 1; i <= 2; ++i) {
        callers.emplace_back(server.port());
        callers.back().send(long_call);
        REQUIRE(eventually([&] { return server.shared.compute.queue_depth() == i; }));
        CHECK(health.ask(get("/healthz")).status == 200);
    }
    for (int i = 0; i < 5; ++i) {
        const auto refused = health.ask(long_call);
        CHECK(refused.status == 503);
        CHECK(refused.fields.at("retry-after") == "1");
        CHECK(health.ask(get("/healthz")).status == 200);
        CHECK(health.ask(get("/v1/kernels/sum_f32?n=10")).status == 200);  // short ones run at once
    }
    hold.held.count_down();
    for (auto& one : callers) CHECK(one.receive().status == 200);
}

TEST_CASE("a call whose client has left gives its place and its memory back") {
    running_server server;
    held_thread hold(server);
    {
        peer leaving(server.port());
        leaving.send(post("/v1/kernels/sum_f32", octet_stream, std::string(4'000'000, '\0')));
        REQUIRE(eventually([&] { return server.shared.compute.queue_depth() != 0; }));
        leaving.reset();
    }
    hold.held.count_down();
    REQUIRE(eventually([&] { return server.shared.bodies.bytes_in_use() <= 0; }));
    peer client(server.port());
    CHECK(client.ask(get("/healthz")).status == 200);
}
