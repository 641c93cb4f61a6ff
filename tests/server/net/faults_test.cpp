// What goes wrong around a server: slow peers, resets, floods, and a system that has no more to
// give.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>
#include <thread>

#include "tests/server/http_peer.hpp"
#include "tests/server/server_process.hpp"

using namespace lanewise::server;

namespace {

constexpr const char* octet_stream = "application/octet-stream";

std::string announced(std::size_t bytes, const std::string& fields = {}) {
    return "POST /v1/kernels/sum_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: " +
           std::string{octet_stream} + "\r\n" + fields +
           "Content-Length: " + std::to_string(bytes) + "\r\n\r\n";
}

// Descriptors for so many connections of this process; false where the system lets us have no more.
bool can_open(rlim_t connections) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur > connections + 100;
}

// False also where the connection is dropped, for there is no memory for it.
bool answers(unsigned short port, std::string_view request) {
    try {
        peer client(port);
        return client.ask(request).status == 200;
    } catch (const std::exception&) {
        return false;
    }
}

// A connection for whose body memory is reserved, which a 100 says; none where it is not.
std::optional<peer> admitted(unsigned short port, std::size_t bytes) {
    try {
        peer one(port);
        if (one.ask(announced(bytes, "Expect: 100-continue\r\n"), false).status == 100) return one;
    } catch (const std::exception&) {  // dropped: there was no memory even for a refusal
    }
    return {};
}

// A cgroup with a memory limit below this process's own, where the system lets us make one.
class memory_cgroup {
public:
    explicit memory_cgroup(std::uint64_t bytes) {
        std::ifstream lines("/proc/self/cgroup");
        for (std::string line; std::getline(lines, line);) {
            const auto path = line.substr(line.rfind(':') + 1);
            if (line.find(":memory:") != std::string::npos)
                parent_ = "/sys/fs/cgroup/memory" + path;
            if (line.starts_with("0::") && parent_.empty()) parent_ = "/sys/fs/cgroup" + path;
        }
        folder_ = parent_ + "/lanewise-test-" + std::to_string(getpid());
        std::error_code error;
        std::filesystem::create_directory(folder_, error);
        for (const char* limit : {"memory.max", "memory.limit_in_bytes"}) {
            const auto file = std::filesystem::path(folder_) / limit;
            if (!std::filesystem::exists(file, error)) continue;
            std::ofstream(file) << bytes;
            made_ = enter(folder_) && enter(parent_);
        }
    }
    ~memory_cgroup() {
        std::error_code ignored;
        std::filesystem::remove(folder_, ignored);
    }
    memory_cgroup(const memory_cgroup&) = delete;
    memory_cgroup& operator=(const memory_cgroup&) = delete;

    [[nodiscard]] bool made() const { return made_; }

    /// What starts between these two is bounded.
    void enter() const { enter(folder_); }
    void leave() const { enter(parent_); }

private:
    static bool enter(const std::string& folder) {
        std::ofstream processes(folder + "/cgroup.procs");
        return static_cast<bool>(processes << getpid() << std::flush);
    }

    std::string parent_, folder_;
    bool made_ = false;
};

// The most that was ever resident of a process.
std::uint64_t resident_peak_bytes(pid_t process) {
    std::ifstream lines("/proc/" + std::to_string(process) + "/status");
    for (std::string name; lines >> name;) {
        std::uint64_t kilobytes = 0;
        if (name == "VmHWM:" && lines >> kilobytes) return kilobytes << 10;
    }
    return 0;
}

// How long a test that may take any time goes on.
std::chrono::seconds test_seconds(unsigned long otherwise) {
    const char* const asked = std::getenv("LANEWISE_TEST_SECONDS");
    return std::chrono::seconds(asked == nullptr ? otherwise : std::strtoul(asked, nullptr, 10));
}

std::string in_chunks(std::string_view body, const std::string& type, std::size_t chunk_bytes) {
    std::ostringstream text;
    text << "POST /v1/kernels/sum_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: " << type
         << "\r\nTransfer-Encoding: chunked\r\n\r\n"
         << std::hex;
    for (; !body.empty(); body.remove_prefix(std::min(chunk_bytes, body.size()))) {
        const auto part = body.substr(0, chunk_bytes);
        text << part.size() << "\r\n" << part << "\r\n";
    }
    text << "0\r\n\r\n";
    return text.str();
}

// Every way to ask for about so many bytes of the server's memory: bodies of each format, and
// generated inputs with their results.
std::vector<std::string> requests_of(std::size_t bytes) {
    const auto elements = bytes / 4;
    const std::string octets(elements * 4, '\0');
    std::string json = "{\"x\":[1";
    while (json.size() + 4 < bytes) json += ",1";
    json += "]}";
    const auto generated = "/v1/kernels/exp_f32?n=" + std::to_string(elements);
    return {post("/v1/kernels/sum_f32", octet_stream, octets),
            post("/v1/kernels/sum_f32", "application/json", json),
            in_chunks(octets, octet_stream, 16'000),
            in_chunks(json, "application/json", 100'000),
            get(generated, "Accept: application/octet-stream\r\n"),
            get(generated, "Accept: application/json\r\n")};
}

}  // namespace

TEST_CASE("slow heads and slow bodies of hundreds hold up nobody else") {
    auto settings = test_settings();
    settings.bodies_bytes_max = 64 << 20;
    running_server server(settings);
    // Both ends of a connection are this process's, and the usual limit is 1,024 descriptors.
    const int pairs = can_open(1'200) ? 300 : 150;
    std::vector<peer> slow;
    for (int i = 0; i < pairs; ++i) {
        slow.emplace_back(server.port());
        slow.back().send("GET /healthz HTTP/1.1\r\nHost: a\r\nX: ");
        slow.emplace_back(server.port());
        slow.back().send(announced(1'000) + "1234");
    }
    peer client(server.port());
    for (int i = 0; i < 100; ++i) {
        for (std::size_t j = 0; j < slow.size(); j += 40) slow[j + (j / 40) % 2].send("a");
        CHECK(client.ask(get("/v1/kernels/sum_f32?n=100")).status == 200);
    }
    for (std::size_t i = 0; i < slow.size(); i += 2) {
        slow[i].send("\r\n\r\n");
        CHECK(slow[i].receive().body == "ok\n");
    }
}

TEST_CASE("slow readers of large replies hold up nobody else, and get all of it") {
    auto settings = test_settings();
    settings.queue_depth_max = 20;
    running_server server(settings);
    const auto large = get("/v1/kernels/exp_f32?n=1000000", "Accept: application/octet-stream\r\n");
    std::vector<peer> slow;
    for (int i = 0; i < 20; ++i) {
        slow.emplace_back(server.port(), 4'096);
        slow.back().send(large);
    }
    peer client(server.port());
    for (int i = 0; i < 100; ++i) CHECK(client.ask(get("/healthz")).status == 200);
    for (auto& one : slow) CHECK(one.receive().body.size() == 4'000'000);
}

TEST_CASE("a reset in a head, a body, a chunk or a reply leaves nothing behind") {
    running_server server;
    const auto large = get("/v1/kernels/exp_f32?n=1000000", "Accept: application/octet-stream\r\n");
    {
        peer warm(server.port());
        CHECK(warm.ask(large).status == 200);
    }
    const auto before = server.shared.bodies.bytes_in_use();
    for (int i = 0; i < 50; ++i) {
        for (const auto& bytes :
             {std::string{"GET / HT"}, announced(10'000'000) + std::string(100'000, 'x'),
              "POST /v1/kernels/sum_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: "
              "application/octet-stream\r\n"
              "Transfer-Encoding: chunked\r\n\r\n186a0\r\n" +
                  std::string(50'000, 'x'),
              large, announced(100'000'000)}) {
            peer leaving(server.port());
            leaving.send(bytes);
            leaving.reset();
        }
    }
    CHECK(eventually([&] { return server.shared.bodies.bytes_in_use() == before; }));
    peer client(server.port());
    CHECK(client.ask(get("/healthz")).status == 200);
}

TEST_CASE("ten thousand idle connections") {
    constexpr int idle = 10'000;
    if (!can_open(idle)) {
        MESSAGE("Skipped: this system lets a process have fewer than 10,100 descriptors");
        std::printf("Skipped: too few descriptors for 10,000 connections\n");
        return;
    }
    server_process server({"--connections-max", "11000"});
    peer client(server.port());
    CHECK(client.ask(get("/healthz")).status == 200);
    const auto before = server.resident_bytes();
    std::vector<peer> connections;
    connections.reserve(idle);
    for (int i = 0; i < idle; ++i) connections.emplace_back(server.port());
    for (auto& one : connections) one.send(get("/healthz"));
    int answered = 0;
    for (auto& one : connections) answered += one.receive().status == 200;
    CHECK(answered == idle);
    const auto each = (server.resident_bytes() - before) / idle;
    MESSAGE(each << " resident bytes for an idle connection");
    CHECK(client.ask(get("/v1/kernels/sum_f32?n=1000")).status == 200);
    for (std::size_t i = 0; i < connections.size(); i += 100) {
        CHECK(connections[i].ask(get("/healthz")).status == 200);
    }
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    int closed = 0;
    for (auto& one : connections) closed += one.is_closed();
    CHECK(closed == idle);
}

TEST_CASE("descriptors used up: accept rests, those who are in are served, and it recovers") {
    // Sixty connections are in; the rest waits in the backlog until these idle out, all without a
    // spin.
    // A guest must have its handshake and its request through within the timeout, on a slow machine
    // too.
    server_process server({"--idle-timeout-ms", "1500", "--threads", "1"}, {{RLIMIT_NOFILE, 80}});
    // UBSan looks at the first object of a type through a pipe, for which there must be
    // descriptors.
    REQUIRE(peer(server.port()).ask(get("/healthz")).status == 200);
    std::vector<peer> guests;
    for (int i = 0; i < 150; ++i) guests.emplace_back(server.port());
    for (auto& one : guests) one.send(get("/healthz"));
    REQUIRE(eventually([&] { return server.count_in_log("resting") >= 1; }));
    int answered = 0;
    for (auto& one : guests) answered += one.receive().status == 200;
    CHECK(answered == 150);
    // At most one attempt a sweep (a quarter of the idle timeout): a spin would have made millions.
    MESSAGE(server.count_in_log("resting") << " attempts to accept while no descriptor was free");
    CHECK(server.count_in_log("resting") < 500);
    peer client(server.port());
    CHECK(client.ask(get("/healthz")).status == 200);
    CHECK(server.is_running());
}

TEST_CASE("memory used up by bodies: each is 503, and what fits is still computed") {
    if (under_emulation() || under_sanitizer()) {
        std::printf(
            "Skipped: an emulator or a sanitizer takes the address space that is to be limited\n");
        return;
    }
    server_process server({"--threads", "1", "--compute-threads", "1", "--body-bytes-max",
                           "8000000000", "--bodies-bytes-max", "16000000000"});
    const rlimit limit{server.address_space_bytes() + (32 << 20), RLIM_INFINITY};
    REQUIRE(prlimit(server.pid(), RLIMIT_AS, &limit, nullptr) == 0);
    for (int i = 0; i < 20; ++i) {
        peer client(server.port());
        const auto reply = client.ask(announced(1'000'000'000));
        CHECK(reply.status == 503);
        CHECK(reply.fields.at("retry-after") == "1");
    }
    std::vector<peer> holding;
    for (int i = 0; i < 40; ++i) {
        holding.emplace_back(server.port());
        holding.back().send(announced(4'000'000));
    }
    peer growing(server.port());
    growing.send(
        "POST /v1/kernels/sum_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n8000000\r\n" +
        std::string(128 << 20, '\0') + "\r\n0\r\n\r\n");
    CHECK(growing.receive().status == 503);
    holding.clear();
    CHECK(eventually([&] {
        peer client(server.port());
        return client.ask(announced(4'000'000) + std::string(4'000'000, '\0')).status == 200;
    }));
    CHECK(server.is_running());
}

TEST_CASE(
    "memory used up to the last block, then given back: what has to be computed is computed") {
    if (under_emulation() || under_sanitizer()) {
        std::printf(
            "Skipped: an emulator or a sanitizer takes the address space that is to be limited\n");
        return;
    }
    // Blocks kept for next bodies once held all that there was, and results could not go back.
    server_process server({"--threads", "1", "--compute-threads", "1"});
    const rlimit limit{server.address_space_bytes() + (8 << 20), RLIM_INFINITY};
    REQUIRE(prlimit(server.pid(), RLIMIT_AS, &limit, nullptr) == 0);
    std::vector<peer> holding;
    for (const std::size_t bytes :
         {4'000'000UL, 1'000'000UL, 250'000UL, 60'000UL, 16'000UL, 4'000UL, 1'000UL}) {
        while (auto one = admitted(server.port(), bytes)) holding.push_back(std::move(*one));
    }
    holding.clear();
    const auto call = announced(1'000'000) + std::string(1'000'000, '\0');
    CHECK(eventually([&] { return answers(server.port(), call); }));
    CHECK(server.is_running());
}

TEST_CASE(
    "memory limit of a cgroup: bodies, heads and unread replies stay below it, none is killed") {
    const memory_cgroup cgroup(128 << 20);
    if (!cgroup.made() || under_emulation() || under_sanitizer()) {
        std::printf(
            "Skipped: no cgroup can be made here, or its limit would be another program's\n");
        return;
    }
    cgroup.enter();
    server_process server({"--threads", "2"});
    cgroup.leave();
    CHECK(server.count_in_log("--bodies-bytes-max is 67108864") == 1);

    std::vector<peer> greedy;
    constexpr std::size_t body_bytes = 40'000'000;
    const std::string part(1'000'000, 'a');
    for (int i = 0; i < 12; ++i) {
        greedy.emplace_back(server.port());
        greedy.back().send(announced(body_bytes));
        for (std::size_t sent = 0; sent + part.size() < body_bytes; sent += part.size()) {
            if (greedy.back().send_some(part) < part.size()) break;
        }
    }
    const auto head = "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + std::string(30'000, 'a');
    std::string unread;
    for (int i = 0; i < 16; ++i) unread += get("/openapi.json");
    for (int i = 0; i < 1'000; ++i) {
        greedy.emplace_back(server.port());
        greedy.back().send_some(head);
        greedy.emplace_back(server.port(), 4'096);
        greedy.back().send_some(unread);
    }
    CHECK(answers(server.port(), get("/healthz")));
    greedy.clear();
    CHECK(eventually([&] { return answers(server.port(), get("/v1/kernels/sum_f32?n=1000000")); }));
    CHECK(server.is_running());
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE(
    "memory limit of 96 MiB: bodies of each format and size, in each order, stay below their "
    "bound") {
    constexpr std::uint64_t limit_bytes = 96 << 20;
    const memory_cgroup cgroup(limit_bytes);
    if (!cgroup.made() || under_emulation() || under_sanitizer()) {
        std::printf(
            "Skipped: no cgroup can be made here, or its limit would be another program's\n");
        return;
    }
    cgroup.enter();
    server_process server({"--threads", "2", "--compute-threads", "2"});
    cgroup.leave();
    REQUIRE(server.count_in_log("--bodies-bytes-max is 50331648") == 1);
    REQUIRE(answers(server.port(), get("/healthz")));
    const auto at_start = resident_peak_bytes(server.pid());

    // Below and above what malloc maps, and what is mapped by us; the last fit four times at most.
    std::vector<std::vector<std::string>> by_size;
    for (const std::size_t bytes : {2'000UL, 60'000UL, 120'000UL, 140'000UL, 250'000UL, 300'000UL,
                                    1'000'000UL, 4'000'000UL, 12'000'000UL}) {
        by_size.push_back(requests_of(bytes));
    }
    std::vector<const std::string*> rising;
    for (const auto& size : by_size) {
        for (const auto& request : size) {
            for (std::size_t i = 0; i < (request.size() < 2'000'000 ? 8 : 4); ++i)
                rising.push_back(&request);
        }
    }
    auto falling = rising, mixed = rising;
    std::reverse(falling.begin(), falling.end());
    std::shuffle(mixed.begin(), mixed.end(), std::mt19937(1));

    std::atomic<std::size_t> answered = 0, refused = 0, other = 0, lost = 0;
    const auto end = std::chrono::steady_clock::now() + test_seconds(6);
    do {
        for (const auto* order : {&mixed, &rising, &falling}) {
            std::atomic<std::size_t> next = 0;
            std::vector<std::thread> clients;
            for (int i = 0; i < 8; ++i) {
                clients.emplace_back([&] {
                    for (std::size_t at = next++;
                         at < order->size() && std::chrono::steady_clock::now() < end;
                         at = next++) {
                        try {
                            peer client(server.port());
                            const auto status = client.ask(*(*order)[at]).status;
                            ++(status == 200 ? answered : status == 503 ? refused : other);
                        } catch (const std::exception&) {  // slow beyond patience, or dropped
                            ++lost;
                        }
                    }
                });
            }
            for (auto& one : clients) one.join();
        }
    } while (std::chrono::steady_clock::now() < end);

    const auto peak = resident_peak_bytes(server.pid());
    MESSAGE(answered << " answered, " << refused << " refused, " << lost << " lost; at most "
                     << (peak >> 20) << " MiB resident, " << (at_start >> 20) << " at the start");
    REQUIRE(server.is_running());
    CHECK(answered > 0);
    CHECK(other == 0);
    // The pool's bound, and a sixteenth of it that malloc may keep; the rest is for stacks, buffers
    // of connections and malloc's own.
    const std::uint64_t bodies = limit_bytes / 2;
    CHECK(peak < at_start + bodies + bodies / 16 + (6 << 20));
    CHECK(eventually([&] { return answers(server.port(), get("/v1/kernels/sum_f32?n=1000000")); }));
}

TEST_CASE("memory used up by connections: one or another is dropped, the server goes on") {
    if (under_emulation() || under_sanitizer()) {
        std::printf(
            "Skipped: an emulator or a sanitizer takes the address space that is to be limited\n");
        return;
    }
    // With one arena malloc has no address space in reserve: the limit is met at once.
    server_process server(
        {"--threads", "2", "--compute-threads", "1", "--head-bytes-max", "1000000"}, {},
        {{"MALLOC_ARENA_MAX", "1"}});
    const rlimit limit{server.address_space_bytes() + (8 << 20), RLIM_INFINITY};
    REQUIRE(prlimit(server.pid(), RLIMIT_AS, &limit, nullptr) == 0);
    const auto beginning = "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + std::string(60'000, 'a');
    for (int round = 0; round < 3; ++round) {
        std::vector<peer> greedy;
        for (int i = 0; i < 600; ++i) {
            greedy.emplace_back(server.port());
            greedy.back().send_some(beginning);
            greedy.emplace_back(server.port());
            greedy.back().send_some(get("/v1/kernels/exp_f32?n=100000") + announced(100'000));
        }
        CHECK(server.is_running());
    }
    CHECK(server.is_running());
    CHECK(eventually([&] { return answers(server.port(), get("/v1/kernels/sum_f32?n=100")); }));
    MESSAGE(server.count_in_log("out of memory") << " connections were dropped");
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE(
    "a compute pool full of long kernels: health answers, a full queue is 503, good requests go "
    "on") {
    server_process server({"--threads", "1", "--compute-threads", "2", "--queue-depth-max", "4"});
    std::atomic<bool> stop = false;
    std::atomic<int> computed = 0, refused = 0, other = 0;
    std::vector<std::thread> callers;
    for (int i = 0; i < 8; ++i) {
        callers.emplace_back([&, i] {
            peer caller(server.port());
            const auto call = get("/v1/kernels/sum_f32?n=5000000&seed=" + std::to_string(i));
            while (!stop) {
                const auto status = caller.ask(call).status;
                ++(status == 200 ? computed : status == 503 ? refused : other);
            }
        });
    }
    CHECK(eventually([&] { return refused > 0 && computed > 0; }));
    peer health(server.port());
    std::vector<double> milliseconds;
    for (int i = 0; i < 500; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        CHECK(health.ask(get("/healthz")).status == 200);
        milliseconds.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
                .count());
        poll(nullptr, 0, 2);  // spread over the run of several kernels
    }
    peer small(server.port());
    // Far below what runs without the pool, under emulation too.
    for (int i = 0; i < 100; ++i) CHECK(small.ask(get("/v1/kernels/sum_f32?n=100")).status == 200);
    stop = true;
    for (auto& one : callers) one.join();
    std::sort(milliseconds.begin(), milliseconds.end());
    MESSAGE("health under a full pool: p50 " << milliseconds[250] << " ms, p99 "
                                             << milliseconds[495] << " ms; " << computed.load()
                                             << " computed, " << refused.load() << " refused");
    CHECK(computed > 0);
    CHECK(other == 0);
}
