// The program around the server: exit codes, signals, and the drain, seen from outside.
#include <signal.h>

#include <atomic>
#include <thread>

#include "http_peer.hpp"
#include "server_process.hpp"

using namespace lanewise::server;

TEST_CASE("--help and --version exit with 0 and say it on stdout") {
    const auto help = run_server_program({"--help"});
    CHECK(help.code == 0);
    CHECK(help.output.find("--connections-max") != std::string::npos);
    CHECK(help.errors.empty());
    const auto version = run_server_program({"--version"});
    CHECK(version.code == 0);
    CHECK(version.output.starts_with("lanewise-server "));
}

TEST_CASE("bad usage exits with 2 and one line that names what was wrong") {
    const std::pair<std::vector<std::string>, const char*> wrong[] = {
        {{"--nonsense"}, "--nonsense"},
        {{"--port", "70000"}, "--port"},
        {{"--port", "http"}, "0 to 65535"},
        {{"--connections-max", "0"}, "--connections-max"},
        {{"--isa", "nonsense"}, "--isa"},
        {{"--address", "nowhere"}, "--address"},
        {{"--node", "a b"}, "--node"},
        {{"--cors-origin", "a\r\nb"}, "--cors-origin"},
        {{"--log-format", "xml"}, "--log-format"},
    };
    for (const auto& [flags, names] : wrong) {
        const auto end = run_server_program(flags);
        CHECK(end.code == 2);
        CHECK_MESSAGE(end.errors.find(names) != std::string::npos, end.errors);
        CHECK(std::count(end.errors.begin(), end.errors.end(), '\n') == 1);
        CHECK(end.output.empty());
    }
    const auto by_variable = run_server_program({}, {{"LANEWISE_FIELDS_MAX", "many"}});
    CHECK(by_variable.code == 2);
    CHECK(by_variable.errors.find("LANEWISE_FIELDS_MAX: \"many\"") != std::string::npos);
}

TEST_CASE("what can't start exits with 1 and one line") {
    server_process first({});
    const auto port = std::to_string(first.port());
    const auto taken = run_server_program({"--address", "127.0.0.1", "--port", port});
    CHECK(taken.code == 1);
    CHECK(taken.errors == "lanewise-server: can't listen: Address already in use\n");
    const auto no_token = run_server_program({"--token-file", "/nonexistent", "--port", "0"});
    CHECK(no_token.code == 1);
    CHECK(no_token.errors.find("--token-file") != std::string::npos);
}

TEST_CASE("--healthcheck exits with 0 where a server is ready, and with 1 where none is") {
    server_process server({"--settle-ms", "30000"});
    const auto port = std::to_string(server.port());
    CHECK(run_server_program({"--healthcheck", "--port", port}).code == 0);
    server.signal(SIGTERM);
    REQUIRE(eventually([&] { return server.count_in_log("not ready any more") == 1; }));
    CHECK(run_server_program({"--healthcheck", "--port", port}).code == 1);
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    CHECK(run_server_program({"--healthcheck", "--port", port}).code == 1);
}

TEST_CASE("SIGHUP is ignored, and so is a peer that leaves a reply unread (SIGPIPE)") {
    server_process server({"--settle-ms", "0"});
    server.signal(SIGHUP);
    for (int i = 0; i < 20; ++i) {
        peer leaving(server.port());
        leaving.send(get("/v1/kernels") + get("/v1/kernels") + get("/v1/kernels"));
        leaving.reset();
    }
    peer client(server.port());
    CHECK(client.ask(get("/healthz")).status == 200);
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE("SIGTERM: not ready, but serving on for the settle time; then drained, exit 0") {
    server_process server({"--settle-ms", "300", "--header-timeout-ms", "10000"});
    peer open(server.port());
    CHECK(open.ask(get("/readyz")).status == 200);
    server.signal(SIGTERM);
    REQUIRE(eventually([&] { return server.count_in_log("not ready any more") == 1; }));
    CHECK(open.ask(get("/readyz")).status == 503);
    CHECK(open.ask(get("/v1/kernels/sum_f32?n=10")).status == 200);
    peer late(server.port());
    CHECK(late.ask(get("/healthz")).status == 200);
    CHECK(server.wait() == 0);
    CHECK(server.log().find("drained") != std::string::npos);
    CHECK(open.is_closed());
    CHECK(late.is_closed());
}

TEST_CASE("SIGINT drains too") {
    server_process server({"--settle-ms", "0"});
    server.signal(SIGINT);
    CHECK(server.wait() == 0);
    CHECK(server.log().find("drained") != std::string::npos);
}

TEST_CASE("a second SIGTERM ends at once, settling or draining") {
    {
        server_process server({"--settle-ms", "600000"});
        peer idle(server.port());
        server.signal(SIGTERM);
        REQUIRE(eventually([&] { return server.count_in_log("not ready any more") == 1; }));
        server.signal(SIGTERM);
        CHECK(server.wait() == 0);
        CHECK(server.log().find("a second signal") != std::string::npos);
    }
    server_process server(
        {"--settle-ms", "0", "--drain-deadline-ms", "600000", "--body-rate-min", "0"});
    peer unfinished(server.port());
    unfinished.send(
        post("/v1/kernels/sum_f32", "application/octet-stream", "12345678").substr(0, 120));
    peer other(server.port());
    CHECK(other.ask(get("/healthz")).status == 200);
    server.signal(SIGTERM);
    CHECK(other.is_closed());  // the drain has begun
    CHECK(server.is_running());
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE("a drain that is not done by its deadline cuts off what is open, and exits with 0") {
    server_process server(
        {"--settle-ms", "0", "--drain-deadline-ms", "300", "--body-rate-min", "0"});
    peer unfinished(server.port());
    unfinished.send(
        post("/v1/kernels/sum_f32", "application/octet-stream", "12345678").substr(0, 120));
    peer other(server.port());
    CHECK(other.ask(get("/healthz")).status == 200);
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    CHECK(server.log().find("cutting off") != std::string::npos);
}

TEST_CASE("a drain under load fails no request whose first byte arrived") {
    // Closed loops on many connections, which open a new one when told to: during the settle time,
    // while the listening sockets close, and until no connection can be had any more.
    constexpr int threads = 4, rounds = 3;
    std::atomic<std::uint64_t> answered = 0, failed = 0;
    for (int round = 0; round < rounds; ++round) {
        server_process server({"--settle-ms", "100", "--threads", "2", "--compute-threads", "1"});
        std::atomic<bool> loaded = false;
        std::vector<std::thread> clients;
        for (int t = 0; t < threads; ++t) {
            clients.emplace_back([&, t] {
                const std::string requests[] = {
                    get("/healthz"), get("/v1/kernels/sum_f32?n=200000"),
                    post("/v1/kernels/sum_f32", "application/octet-stream",
                         std::string(40'000, '\0')),
                    get("/v1/identity", "Connection: close\r\n")};
                std::vector<peer> connections;
                for (std::size_t i = static_cast<std::size_t>(t);; ++i) {
                    try {
                        if (connections.size() < 16) connections.emplace_back(server.port());
                    } catch (const std::exception&) {
                        if (connections.empty()) return;  // none can be had, and none is left
                    }
                    auto& one = connections[i % connections.size()];
                    const auto drop = [&] {
                        if (&one != &connections.back()) std::swap(one, connections.back());
                        connections.pop_back();
                    };
                    if (one.has_ended()) {  // closed while it idled: no request is lost
                        drop();
                        continue;
                    }
                    try {
                        const auto reply = one.ask(requests[i % std::size(requests)]);
                        ++answered;
                        loaded = loaded || answered > 200;
                        if (reply.status != 200 && reply.status != 503) ++failed;
                        if (reply.fields.contains("connection")) drop();
                    } catch (const std::exception& error) {
                        ++failed;
                        MESSAGE(error.what());
                        drop();
                    }
                }
            });
        }
        CHECK(eventually([&] { return loaded.load(); }));
        server.signal(SIGTERM);
        CHECK(server.wait() == 0);
        for (auto& client : clients) client.join();
        CHECK(server.log().find("drained") != std::string::npos);
    }
    MESSAGE(answered.load() << " requests answered, " << failed.load() << " failed");
    CHECK(failed == 0);
}
