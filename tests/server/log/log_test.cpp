// What a line of the log says; and the program's log where nobody reads it, or it can't be written:
// requests, probes, start and stop go on.
#include "server/log/log.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <sstream>
#include <string>
#include <utility>

#include "tests/server/http_peer.hpp"
#include "tests/server/server_process.hpp"

using namespace lanewise::server;

namespace {

// A pipe whose reading end is here.
struct stderr_pipe {
    stderr_pipe() { REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0); }
    ~stderr_pipe() {
        for (const int end : ends) {
            if (end >= 0) close(end);
        }
    }
    stderr_pipe(const stderr_pipe&) = delete;
    stderr_pipe& operator=(const stderr_pipe&) = delete;

    void fill() {
        fcntl(ends[1], F_SETFL, O_NONBLOCK);
        const std::string zeros(65'536, '\n');
        while (write(ends[1], zeros.data(), zeros.size()) > 0) {
        }
        while (write(ends[1], zeros.data(), 1) > 0) {
        }
        fcntl(ends[1], F_SETFL, 0);
    }
    void take(std::string& all) {
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        std::array<char, 65'536> buffer;
        for (ssize_t count; (count = read(ends[0], buffer.data(), buffer.size())) > 0;) {
            all.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }
    std::array<int, 2> ends{};
};

std::uint64_t dropped_lines(std::uint16_t port) {
    const std::string name = "\nlanewise_log_lines_dropped_total ";
    const auto text = peer(port).ask(get("/metrics")).body;
    const auto at = text.find(name);
    REQUIRE(at != std::string::npos);
    return std::stoull(text.substr(at + name.size()));
}

// As the times of a log begin today: 2026-11-30, of Greenwich.
std::string today() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 16> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

// What a logger writes to stderr meanwhile, without the times of its lines.
template <class Work>
std::string logged(bool json, Work work) {
    std::FILE* const file = std::tmpfile();
    const int before = dup(STDERR_FILENO);
    REQUIRE(dup2(fileno(file), STDERR_FILENO) >= 0);
    {
        const logger log(json);
        work(log);
        log.wait_written(std::chrono::steady_clock::now() + std::chrono::seconds(10));
    }
    dup2(before, STDERR_FILENO);
    close(before);
    std::string all, line(1'000, '\0');
    std::rewind(file);
    while (std::fgets(line.data(), static_cast<int>(line.size()), file) != nullptr) {
        const std::string_view text = line.c_str();
        const std::size_t time = json ? std::string_view("{\"time\":\"").size() : 0;
        const auto end = text.find('Z', time);
        REQUIRE(end != std::string_view::npos);
        CHECK(text.substr(time).starts_with(today()));
        CHECK(end - time == std::string_view("2026-11-30T16:30:31.123").size());
        all += text.substr(end + 1);
    }
    std::fclose(file);
    return all;
}

bool takes_connections(std::uint16_t port) {
    try {
        peer one(port);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

// More lines than a pipe and the queue hold, which writes what it has while it takes as much again.
void ask_often(std::uint16_t port) {
    std::string batch;
    for (int i = 0; i < 50; ++i) batch += get("/healthz?" + std::string(4'000, 'a'));
    peer client(port);
    for (int round = 0; round < 15; ++round) {
        client.send(batch);
        for (int i = 0; i < 50; ++i) REQUIRE(client.receive().status == 200);
    }
}

}  // namespace

TEST_CASE("a line of the log says how grave it is, what was being done, and of which connection") {
    const auto both = [](const logger& log) {
        log.info("start", "a b");
        log.error("write", "c\n\"d\"", 7);
    };
    CHECK(logged(false, both) == " info start: a b\n error write: c\\x0a\"d\" (connection 7)\n");
    CHECK(logged(true, both) ==
          R"(","level":"info","stage":"start","message":"a b"})"
          "\n"
          R"(","level":"error","stage":"write","message":"c\u000a\"d\"","connection":7})"
          "\n");
}

TEST_CASE("a request's line has its time in milliseconds, and its trace where it has one") {
    const auto two = [](const logger& log) {
        request_line line;
        answered_requests answered;
        for (const char* trace : {"", "00-1-2-01"}) {
            line.assign("GET", "/a b", trace);
            line.status = 204;
            answered.add(line);
        }
        log.access(answered, std::chrono::nanoseconds(1'234'500'000), 8);
        CHECK(answered.empty());
        log.access(answered, std::chrono::nanoseconds(1), 9);  // of none there is no line
    };
    CHECK(logged(false, two) ==
          " info access: GET /a\\x20b 204 1234.500 ms (connection 8)\n"
          " info access: GET /a\\x20b 204 1234.500 ms traceparent=00-1-2-01 (connection 8)\n");
    const std::string begin =
        R"(","level":"info","stage":"access","method":"GET","target":"/a b","status":204,)"
        R"("duration_ms":1234.500,"connection":8)";
    CHECK(logged(true, two) == begin + "}\n" + begin + R"(,"traceparent":"00-1-2-01"})" + "\n");
}

TEST_CASE("a log that nobody reads stops no request, no probe and no drain; lost lines are told") {
    for (const char* format : {"text", "json"}) {
        CAPTURE(format);
        const bool json = std::string_view(format) == "json";
        const auto first_day = today();
        stderr_pipe log;
        const auto operations = free_port();
        server_process server(
            {STDIN_FILENO, log.ends[1], log.ends[1]},
            {"--access-log", "--log-format", format, "--settle-ms", "0", "--drain-deadline-ms",
             json ? "600000" : "1000", "--metrics-port", std::to_string(operations)});
        ask_often(server.port());
        CHECK(peer(server.port()).ask(get("/healthz")).status == 200);
        CHECK(peer(operations).ask(get("/healthz")).status == 200);
        CHECK(peer(operations).ask(get("/readyz")).status == 200);
        const auto dropped = dropped_lines(operations);
        CHECK(dropped > 0);

        std::string all;
        CHECK(eventually([&] {
            log.take(all);
            const auto at = all.find("lines were lost");
            return at != std::string::npos && all.find('\n', at) != std::string::npos;
        }));
        std::istringstream lines(all);
        for (std::string line; std::getline(lines, line);) {
            if (lines.eof()) break;  // a line that is on its way
            const auto time =
                json ? std::string{boost::json::parse(line).at("time").as_string()} : line;
            CHECK((time.starts_with(first_day) || time.starts_with(today())));
        }
        // Stuck again: SIGTERM ends it all the same, once its time is up or a second one comes.
        ask_often(server.port());
        server.signal(SIGTERM);
        if (json) {
            REQUIRE(eventually([&] { return !takes_connections(server.port()); }));
            server.signal(SIGTERM);
        }
        CHECK(server.wait() == 0);
    }
}

TEST_CASE("a stderr that is a full pipe holds up neither a start nor the end of a wrong one") {
    stderr_pipe log;
    log.fill();
    const surroundings stuck{STDIN_FILENO, log.ends[1], log.ends[1]};
    server_process server(stuck, {"--settle-ms", "0", "--drain-deadline-ms", "500"});
    const auto port = std::to_string(server.port());
    CHECK(run_server_program_with(stuck, {"--nonsense"}) == 2);
    CHECK(run_server_program_with(stuck, {"--address", "127.0.0.1", "--port", port}) == 1);
    server.signal(SIGTERM);
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE("a stderr that refuses each write: full disk, no reader, not for writing") {
    stderr_pipe no_reader;
    close(std::exchange(no_reader.ends[0], -1));
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    const int for_reading = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (const int errors : {full, no_reader.ends[1], for_reading}) {
        CAPTURE(errors);
        const surroundings given{STDIN_FILENO, errors, errors};
        server_process server(given, {"--access-log", "--settle-ms", "0"});
        for (int i = 0; i < 100; ++i)
            CHECK(peer(server.port()).ask(get("/v1/identity")).status == 200);
        CHECK(eventually([&] { return dropped_lines(server.port()) > 100; }));
        CHECK(run_server_program_with(given, {"--nonsense"}) == 2);
        server.signal(SIGTERM);
        CHECK(server.wait() == 0);
    }
    close(full);
    close(for_reading);
}
