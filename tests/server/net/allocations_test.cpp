// Memory that the server takes for a small request on a connection that it has had a few of: none.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "kernels/machine/machine.hpp"
#include "tests/server/http_peer.hpp"

namespace {

std::atomic<std::uint64_t> allocations = 0;
// The client of these tests runs on the thread that starts them; all others are the server's.
thread_local bool client_thread = false;

}  // namespace

void* operator new(std::size_t bytes) {
    if (!client_thread) allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

using namespace lanewise::server;

namespace {

/// Allocations for so many rounds of asking these, after some rounds without counting.
std::uint64_t allocations_of(const std::vector<std::string>& requests, std::size_t replies_each,
                             const config& settings = test_settings()) {
    client_thread = true;
    running_server server(settings);
    peer client(server.port());
    const auto ask_all = [&] {
        for (const auto& request : requests) {
            client.send(request);
            for (std::size_t i = 0; i < replies_each; ++i) CHECK(client.receive().status == 200);
        }
    };
    for (int i = 0; i < 20; ++i) ask_all();
    const auto before = allocations.load();
    for (int i = 0; i < 100; ++i) ask_all();
    return allocations.load() - before;
}

constexpr const char* browser_fields =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36\r\n"
    "Accept: application/json\r\nAccept-Language: en-US,en;q=0.9\r\nAccept-Encoding: gzip, br\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef\r\nCache-Control: no-cache\r\n"
    "Referer: http://localhost/\r\nX-Request-Id: 7b6f2f3e-4f0c-4e8e-9b3c-1f2d3c4b5a69\r\n";

}  // namespace

TEST_CASE("the counter counts: a server that starts takes memory") {
    client_thread = false;
    const auto before = allocations.load();
    {
        running_server server;
    }
    CHECK(allocations.load() > before + 10);
}

TEST_CASE("a request that repeats the one before takes no memory") {
    for (const char* target : {"/", "/v1/identity", "/v1/kernels", "/healthz", "/readyz"}) {
        CAPTURE(target);
        CHECK(allocations_of({get(target)}, 1) == 0);
    }
}

TEST_CASE("requests that differ from those before take no memory") {
    CHECK(allocations_of(
              {get("/healthz"), get("/v1/identity"), get("/"), get("/v1/identity", browser_fields),
               get("/v1/identity?close=0", browser_fields)},
              1) == 0);
}

TEST_CASE("small kernel calls, on generated and on binary input, take no memory") {
    // Under an emulator so small that a kernel takes less time than a way to another thread.
    const std::size_t n = lanewise::machine::read().emulated == true ? 10 : 100;
    const auto with_n = [n](std::string target) { return get(target + std::to_string(n)); };
    CHECK(allocations_of(
              {with_n("/v1/kernels/dot_f32?seed=1&n="),
               post("/v1/kernels/sum_f32", "application/octet-stream", std::string(4 * n, '\0')),
               with_n("/v1/kernels/topk_f32?k=3&n=")},
              1) == 0);
}

TEST_CASE("a request that is part of a trace takes no memory") {
    constexpr const char* trace =
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    CHECK(allocations_of({get("/v1/identity", trace)}, 1) == 0);
}

TEST_CASE("pipelined requests take no memory") {
    std::string batch;
    for (int i = 0; i < 16; ++i) batch += get(i % 2 == 0 ? "/v1/identity" : "/healthz");
    CHECK(allocations_of({batch}, 16) == 0);
}

TEST_CASE("requests that are logged take no memory, in either format") {
    constexpr const char* trace =
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    // Where all lines go: a test's own stderr is for its failures.
    const int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDERR_FILENO);
    for (const bool json : {false, true}) {
        auto settings = test_settings();
        settings.access_log = true;
        settings.log_json = json;
        CHECK(allocations_of({get("/healthz"), get("/v1/identity?close=0", trace),
                              get("/v1/kernels/dot_f32?n=100&seed=1"), get("/", browser_fields)},
                             1, settings) == 0);
        std::string batch;
        for (int i = 0; i < 16; ++i) batch += get(i % 2 == 0 ? "/v1/identity" : "/healthz");
        CHECK(allocations_of({batch}, 16, settings) == 0);
    }
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(nowhere);
}
