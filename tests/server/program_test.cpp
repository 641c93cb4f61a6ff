// The program around the server: exit codes, signals, and the drain, seen from outside.
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <thread>

#include "tests/server/http_peer.hpp"
#include "tests/server/server_process.hpp"

using namespace lanewise::server;

namespace {

// POSIX's, for GCC 12 warns of std::regex itself under the sanitizers.
bool matches(const std::string& text, const char* pattern) {
    regex_t compiled;
    REQUIRE(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) == 0);
    const bool found = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
    regfree(&compiled);
    return found;
}

bool takes_connections(const server_process& server) {
    try {
        peer one(server.port());
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace

TEST_CASE("--help and --version exit with 0 and say it on stdout") {
    const auto help = run_server_program({"--help"});
    CHECK(help.code == 0);
    CHECK(help.output.find("--connections-max") != std::string::npos);
    CHECK(help.errors.empty());
    const auto version = run_server_program({"--version"});
    CHECK(version.code == 0);
    CHECK_MESSAGE(matches(version.output,
                          "^lanewise-server [0-9]+\\.[0-9]+\\.[0-9]+ "
                          "\\(([0-9a-f]{40}(-changed)?|unknown), "
                          "([0-9]{4}-[0-9]{2}-[0-9]{2}|unknown)\\)\n$"),
                  version.output);
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
    // What came by a variable is named by that.
    const std::pair<std::pair<std::string, std::string>, std::string> by_variable[] = {
        {{"LANEWISE_FIELDS_MAX", "many"}, "LANEWISE_FIELDS_MAX: \"many\""},
        {{"LANEWISE_NODE", "a b"}, "LANEWISE_NODE: a name"},
        {{"NODE_NAME", "a b"}, "NODE_NAME: a name"},
        {{"LANEWISE_POD", "caf\xc3\xa9"}, "LANEWISE_POD: a name"},
        {{"LANEWISE_INSTANCE", "a b"}, "LANEWISE_INSTANCE: a name"},
        {{"LANEWISE_CORS_ORIGIN", "a b"}, "LANEWISE_CORS_ORIGIN: a name"},
        {{"LANEWISE_ADDRESS", "nowhere"}, "LANEWISE_ADDRESS: \"nowhere\""},
        {{"LANEWISE_ISA", "nonsense"}, "LANEWISE_ISA: "},
        {{"LANEWISE_METRICS_PORT", "8080"}, "LANEWISE_METRICS_PORT: 8080"},
    };
    for (const auto& [variable, names] : by_variable) {
        const auto end = run_server_program({}, {variable});
        CHECK(end.code == 2);
        CHECK_MESSAGE(end.errors.starts_with("lanewise-server: " + names), end.errors);
        CHECK(std::count(end.errors.begin(), end.errors.end(), '\n') == 1);
    }
    const auto no_token =
        run_server_program({"--port", "0"}, {{"LANEWISE_TOKEN_FILE", "/nonexistent"}});
    CHECK(no_token.code == 1);
    CHECK(no_token.errors.starts_with("lanewise-server: LANEWISE_TOKEN_FILE: "));
    const auto no_report =
        run_server_program({"--port", "0"}, {{"LANEWISE_REPORT", "/nonexistent"}});
    CHECK(no_report.code == 1);
    CHECK(no_report.errors.starts_with("lanewise-server: LANEWISE_REPORT: "));
}

TEST_CASE("what can't start exits with 1 and one line") {
    server_process first({});
    const auto port = std::to_string(first.port());
    const auto taken = run_server_program({"--address", "127.0.0.1", "--port", port});
    CHECK(taken.code == 1);
    CHECK(taken.errors == "lanewise-server: can't listen on 127.0.0.1 port " + port +
                              " (--port): Address already in use\n");
    const auto metrics_taken = run_server_program({"--address", "127.0.0.1", "--port", "0"},
                                                  {{"LANEWISE_METRICS_PORT", port}});
    CHECK(metrics_taken.code == 1);
    CHECK(metrics_taken.errors == "lanewise-server: can't listen on 127.0.0.1 port " + port +
                                      " (LANEWISE_METRICS_PORT): Address already in use\n");
    const auto elsewhere = run_server_program({"--address", "192.0.2.1", "--port", "80"});
    CHECK(elsewhere.code == 1);
    CHECK(elsewhere.errors.find("192.0.2.1 port 80") != std::string::npos);
    const auto no_token = run_server_program({"--token-file", "/nonexistent", "--port", "0"});
    CHECK(no_token.code == 1);
    CHECK(no_token.errors.find("--token-file") != std::string::npos);
}

TEST_CASE("--healthcheck exits with 0 where a server is ready, else with 1 and says why") {
    server_process server({"--settle-ms", "30000"});
    const auto port = std::to_string(server.plain_port());
    const auto ask = [&port](const std::string& addresses) {
        return run_server_program({"--healthcheck", "--port", port, "--address", addresses});
    };
    const auto ready = ask("127.0.0.1");
    CHECK(ready.code == 0);
    CHECK(ready.errors.empty());
    // The addresses of all are asked on the loopback, and of several one is enough.
    CHECK(run_server_program({"--healthcheck", "--port", port}).code == 0);
    for (const char* addresses : {"0.0.0.0", "::", "127.0.0.2,127.0.0.1"})
        CHECK(ask(addresses).code == 0);
    server.signal(SIGTERM);
    REQUIRE(eventually([&] { return server.count_in_log("not ready any more") == 1; }));
    const auto stopping = ask("127.0.0.1");
    CHECK(stopping.code == 1);
    CHECK(stopping.errors ==
          "lanewise-server: not ready: 127.0.0.1 port " + port + ": it answers 503\n");
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    const auto none = ask("127.0.0.1,127.0.0.2");
    CHECK(none.code == 1);
    CHECK(none.errors == "lanewise-server: not ready: 127.0.0.1 port " + port +
                             ": Connection refused; 127.0.0.2 port " + port +
                             ": Connection refused\n");
    CHECK(ask("localhost").code == 2);
}

TEST_CASE("--healthcheck says what answers where no server does") {
    using boost::asio::ip::tcp;
    boost::asio::io_context io;
    tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
    const auto port = std::to_string(acceptor.local_endpoint().port());
    const auto ask = [&port] {
        return run_server_program({"--healthcheck", "--port", port, "--address", "127.0.0.1"});
    };
    const auto answer = [&acceptor](std::string_view bytes) {
        return std::jthread([&acceptor, bytes] {
            auto socket = acceptor.accept();
            boost::asio::streambuf request;
            boost::asio::read_until(socket, request, "\r\n\r\n");
            boost::asio::write(socket, boost::asio::buffer(bytes));
        });
    };
    const std::string place = "lanewise-server: not ready: 127.0.0.1 port " + port + ": ";
    for (const auto& [bytes, why] :
         {std::pair{"", "the connection ended without an answer"},
          std::pair{"SSH-2.0-OpenSSH_9.2\r\n", "what answers there does not speak HTTP"},
          std::pair{"HTTP/1.1 404 Not Found\r\n\r\n", "it answers 404"}}) {
        const auto peer = answer(bytes);
        const auto ended = ask();
        CHECK(ended.code == 1);
        CHECK(ended.errors == place + why + "\n");
    }
    {
        const auto peer = answer("HTTP/1.0 200 OK\r\n\r\n");
        CHECK(ask().code == 0);
    }
    // Nobody takes the connection from the queue.
    const auto silent = ask();
    CHECK(silent.code == 1);
    CHECK(silent.errors == place + "no answer within two seconds\n");
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
    // Told to close, it is not waited for.
    CHECK(client.ask(get("/healthz", "Connection: close\r\n")).status == 200);
    CHECK(client.is_closed());
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE("the access log names method and target of every request, the refused ones too") {
    for (const bool json : {false, true}) {
        CAPTURE(json);
        server_process server({"--access-log", "--log-format", json ? "json" : "text"});
        const auto logged = [&](const std::string& method, const std::string& target, int status) {
            const auto number = std::to_string(status);
            return json ? "\"method\":\"" + method + "\",\"target\":\"" + target +
                              "\",\"status\":" + number
                        : "access: " + method + " " + target + " " + number;
        };
        const auto check_logged = [&](const std::string& bytes, int status,
                                      const std::string& method, const std::string& target) {
            CAPTURE(bytes);
            peer client(server.port());
            client.send(bytes);
            client.half_close();
            CHECK(client.receive().status == status);
            const auto line = logged(method, target, status);
            CHECK(eventually([&] { return server.count_in_log(line) == 1; }));
        };
        check_logged("GET /v1/identity?a=1 HTTP/1.1\r\nHost: a\r\n\r\n", 200, "GET",
                     "/v1/identity?a=1");
        // A later minor version is read as 1.1, and its line is still the client's own.
        check_logged("GET /v1/kernels?a=2 HTTP/1.7\r\nHost: a\r\n\r\n", 200, "GET",
                     "/v1/kernels?a=2");
        check_logged("GET http://b/openapi.json HTTP/1.9\r\nHost: a\r\n\r\n", 200, "GET",
                     "http://b/openapi.json");
        check_logged("FROB /a?b HTTP/1.1\r\nHost: a\r\n\r\n", 501, "FROB", "/a?b");
        check_logged("PUT /two HTTP/2.0\r\nHost: a\r\n\r\n", 505, "PUT", "/two");
        check_logged("POST /nohost HTTP/1.1\r\n\r\n", 400, "POST", "/nohost");
        check_logged("GET /\x1b[2J\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400, "GET",
                     json ? "/\\u001b[2J\xef\xbf\xbd" : "/\\x1b[2J\\xff");
        check_logged("OPTIONS /half", 400, "OPTIONS", "/half");
        check_logged("\x16\x03\x01 \r\n", 400, "-", "-");
        peer again(server.port());
        for (int i = 0; i < 3; ++i) CHECK(again.ask(get("/v1/identity?again")).status == 200);
        const auto line = logged("GET", "/v1/identity?again", 200);
        CHECK(eventually([&] { return server.count_in_log(line) == 3; }));
    }
}

TEST_CASE("SIGTERM: not ready, but serving on for the settle time; then drained, exit 0") {
    server_process server({"--settle-ms", "300", "--header-timeout-ms", "10000"});
    peer open(server.port());
    CHECK(open.ask(get("/readyz")).status == 200);
    server.signal(SIGTERM);
    REQUIRE(eventually([&] { return server.count_in_log("not ready any more") == 1; }));
    const auto not_ready = open.ask(get("/readyz"));
    CHECK(not_ready.status == 503);
    CHECK(not_ready.fields.at("connection") == "close");
    peer late(server.port());
    const auto served = late.ask(get("/v1/kernels/sum_f32?n=10"));
    CHECK(served.status == 200);
    CHECK(served.fields.at("connection") == "close");
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
        post("/v1/kernels/sum_f32", "application/octet-stream", "12345678").substr(0, 110));
    peer other(server.port());
    CHECK(other.ask(get("/healthz")).status == 200);
    server.signal(SIGTERM);
    CHECK(eventually([&] { return !takes_connections(server); }));  // the drain has begun
    CHECK(server.is_running());
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE("a drain that is not done by its deadline cuts off what is open, and exits with 0") {
    server_process server(
        {"--settle-ms", "0", "--drain-deadline-ms", "300", "--body-rate-min", "0"});
    peer unfinished(server.port());
    unfinished.send(
        post("/v1/kernels/sum_f32", "application/octet-stream", "12345678").substr(0, 110));
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
                    if (one.has_ended()) {  // closed while it idled: a request may cross that
                        ++failed;
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

TEST_CASE(
    "standard descriptors that are closed at start are held: no connection gets their number") {
    const auto target_of = [](pid_t pid, int descriptor) {
        std::error_code error;
        return std::filesystem::read_symlink(
                   "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(descriptor), error)
            .string();
    };
    if (under_emulation()) return;  // the emulator itself takes what is free
    constexpr int closed = surroundings::closed;
    for (const int which : {1, 2, 4, 7}) {  // as bits: each alone, and all of them
        CAPTURE(which);
        surroundings given;
        if ((which & 1) != 0) given.input = closed;
        if ((which & 2) != 0) given.output = closed;
        if ((which & 4) != 0) given.errors = closed;
        server_process server(given, {"--access-log", "--settle-ms", "0"});
        for (int i = 0; i < 3; ++i) {
            if ((which >> i & 1) != 0) CHECK(target_of(server.pid(), i) == "/dev/null");
        }
        // Nothing but replies comes over a connection.
        peer client(server.port());
        for (int i = 0; i < 20; ++i) client.send(get("/healthz"));
        client.half_close();
        const auto all = client.receive_all();
        CHECK(all.find("info") == std::string::npos);
        CHECK(all.ends_with("ok\n"));
        server.signal(SIGTERM);
        CHECK(server.wait() == 0);
    }
    CHECK(run_server_program_with({closed, closed, closed}, {"--nonsense"}) == 2);
}

TEST_CASE("where the kernel has no IPv6 the default is every IPv4 address") {
    if (under_emulation()) return;  // whose own system calls a filter would judge
    surroundings without_ipv6;
    without_ipv6.without_ipv6 = true;
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    without_ipv6.errors = nowhere;
    server_process server(without_ipv6, {"--settle-ms", "0"}, false);
    CHECK(peer(server.port()).ask(get("/healthz")).status == 200);
    const auto port = std::to_string(server.port());
    CHECK(run_server_program_with(without_ipv6, {"--healthcheck", "--port", port}) == 0);
    // An address that was named is not exchanged for another.
    CHECK(run_server_program_with(without_ipv6, {"--address", "::", "--port", "0"}) == 1);
    CHECK(run_server_program_with(without_ipv6, {"--address", "::1", "--port", "0"}) == 1);
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    close(nowhere);
}

TEST_CASE("start says of what was ignored, and of what can't be as it was set") {
    server_process server({"--body-bytes-max", "8M", "--bodies-bytes-max", "2MiB"}, {},
                          {{"LANEWISE_PROT", "s3cret"}, {"LANEWISE_SERVICE_HOST", "10.0.0.7"}});
    CHECK(server.count_in_log(
              "LANEWISE_PROT is no setting: ignored; the nearest name is LANEWISE_PORT") == 1);
    CHECK(server.count_in_log("s3cret") == 0);
    CHECK(server.count_in_log("SERVICE_HOST") == 0);
    CHECK(server.count_in_log("--body-bytes-max is 2097152, not 8388608") == 1);
    // So that a body that never fits is told so, and not to come again.
    peer client(server.port());
    CHECK(client
              .ask("POST /v1/kernels/sum_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: "
                   "application/octet-stream\r\nContent-Length: 4000000\r\n\r\n")
              .status == 413);
}

TEST_CASE("a drain of no time with nothing open is no error") {
    server_process server({"--settle-ms", "0", "--drain-deadline-ms", "0"});
    {
        CHECK(peer(server.port()).ask(get("/healthz?close=1")).status == 200);
    }
    REQUIRE(
        eventually([&] { return peer(server.port()).ask(get("/healthz?close=1")).status == 200; }));
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    CHECK(server.count_in_log(" error ") == 0);
    CHECK(server.count_in_log("drained") == 1);
}
