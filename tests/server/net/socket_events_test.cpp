// What a thread's loop reports of its sockets, and to whom.
#include "server/net/socket_events.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "server/net/peer_socket.hpp"

using namespace lanewise::server;

namespace {

/// One end of a pair is watched; the test writes to the other.
struct guest final : socket_watcher {
    explicit guest(socket_events& events, std::function<void(guest&)> then)
        : by(events), when_told(std::move(then)) {
        std::array<int, 2> ends{};
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        here = peer_socket(ends[0]);
        there = peer_socket(ends[1]);
        REQUIRE(by.watch(here.descriptor(), *this));
    }
    ~guest() { by.forget(*this); }
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;

    void say() {
        boost::system::error_code error;
        REQUIRE(there.send("x", {}, peer_socket::end::later, error) == 1);
    }
    void on_socket_event(std::uint32_t) noexcept override {
        ++told;
        when_told(*this);
    }

    socket_events& by;
    std::function<void(guest&)> when_told;
    peer_socket here, there;
    int told = 0;
};

struct loop {
    /// All that is ready is reported: of a hundred sockets, in two batches.
    void run() {
        for (int batch = 0; batch < 3; ++batch) events.wait({});
    }
    socket_events events;
};

/// A socket that listens, and whoever connects to it.
struct host final : socket_watcher {
    host() {
        sockaddr_un any{.sun_family = AF_UNIX, .sun_path = {}};  // a name of the system's choice
        REQUIRE(bind(listening, reinterpret_cast<sockaddr*>(&any), sizeof any.sun_family) == 0);
        REQUIRE(listen(listening, 8) == 0);
    }
    ~host() {
        for (const int one : {listening, accepted, calling}) ::close(one);
    }
    host(const host&) = delete;
    host& operator=(const host&) = delete;

    void be_called() {
        sockaddr_un name{};
        socklen_t bytes = sizeof name;
        REQUIRE(getsockname(listening, reinterpret_cast<sockaddr*>(&name), &bytes) == 0);
        REQUIRE(connect(calling, reinterpret_cast<sockaddr*>(&name), bytes) == 0);
    }
    void on_socket_event(std::uint32_t) noexcept override { ++told; }

    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int calling = socket(AF_UNIX, SOCK_STREAM, 0);
    int accepted = -1;
    int told = 0;
};

}  // namespace

TEST_CASE("each socket that has something to read is reported once, to its own watcher") {
    loop here;
    std::vector<std::unique_ptr<guest>> guests;
    for (int i = 0; i < 100; ++i)
        guests.push_back(std::make_unique<guest>(here.events, [](guest&) {}));
    for (std::size_t i = 0; i < guests.size(); i += 2) guests[i]->say();
    here.run();
    for (std::size_t i = 0; i < guests.size(); ++i) CHECK(guests[i]->told == (i % 2 == 0 ? 1 : 0));
}

TEST_CASE("a connection that another one ended in its batch is not told of its own event") {
    loop here;
    // More than a batch holds, so that ends fall into the same batch and into later ones.
    constexpr std::size_t count = 100;
    std::vector<std::unique_ptr<guest>> guests(count);
    std::size_t ended = 0;
    int told = 0;
    // Each that is told ends its neighbour, as a connection does that needs another's memory.
    for (std::size_t i = 0; i < count; ++i) {
        guests[i] = std::make_unique<guest>(here.events, [&, i](guest&) {
            ++told;
            auto& neighbour = guests[i % 2 == 0 ? i + 1 : i - 1];
            if (neighbour) ++ended;
            neighbour.reset();
        });
    }
    for (const auto& one : guests) one->say();
    here.run();
    CHECK(ended == count / 2);
    CHECK(told == count / 2);  // freed memory is never spoken to
}

TEST_CASE("a connection may end itself while it is told of its event") {
    loop here;
    std::unique_ptr<guest> one;
    bool told = false;
    one = std::make_unique<guest>(here.events, [&](guest&) {
        told = true;
        one->here.close();
    });
    one->say();
    here.run();
    CHECK(told);
    one.reset();
}

TEST_CASE("a backlog is reported in every batch while a connection waits, and not while it rests") {
    loop here;
    host one;
    here.events.watch_backlog(one.listening, one, false);
    one.be_called();
    here.events.wait({});
    CHECK(one.told == 0);
    here.events.watch_backlog(one.listening, one, true);
    here.events.wait({});
    here.events.wait({});
    CHECK(one.told == 2);
    here.events.watch_backlog(one.listening, one, false);
    here.events.wait({});
    CHECK(one.told == 2);
    here.events.watch_backlog(one.listening, one, true);
    one.accepted = accept(one.listening, nullptr, nullptr);
    REQUIRE(one.accepted >= 0);
    here.events.wait({});
    CHECK(one.told == 2);  // nobody waits any more
}

TEST_CASE("a wait without an event ends by a call from another thread, and the next one does not") {
    constexpr std::chrono::hours until_called{1};
    loop here;
    here.events.wake();
    here.events.wait(until_called);  // called before it began
    std::jthread caller([&] { here.events.wake(); });
    here.events.wait(until_called);
    here.events.wake();
    here.events.wake();
    here.events.wait(until_called);
    // Nothing is left of those two: a wait never ends before its time by itself.
    constexpr std::chrono::milliseconds whole{5};
    const auto start = std::chrono::steady_clock::now();
    here.events.wait(whole);
    CHECK(std::chrono::steady_clock::now() - start >= whole);
}
