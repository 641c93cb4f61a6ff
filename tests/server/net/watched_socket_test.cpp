// What a connection knows of its socket, from what was reported and what its reads brought.
#include "server/net/watched_socket.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <string>

using namespace lanewise::server;

namespace {

struct pair_of_sockets {
    pair_of_sockets() {
        std::array<int, 2> ends{};
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        here = watched_socket(peer_socket(ends[0]));
        there = peer_socket(ends[1]);
    }
    void say(std::string_view text) {
        REQUIRE(there.send(text, {}, peer_socket::end::later, error) == text.size());
    }
    std::size_t read(std::size_t bytes) {
        std::array<char, 64> room{};
        return here.receive(std::span(room).first(bytes), error);
    }
    watched_socket here{peer_socket()};
    peer_socket there;
    boost::system::error_code error;
};

}  // namespace

TEST_CASE("nothing is to be read before something is reported") {
    pair_of_sockets pair;
    pair.say("bytes");
    CHECK_FALSE(pair.here.is_readable());
    pair.here.note(EPOLLOUT);
    CHECK_FALSE(pair.here.is_readable());
    pair.here.note(EPOLLIN);
    CHECK(pair.here.is_readable());
}

TEST_CASE("a read that fills its room may have left more, a shorter one has taken all") {
    pair_of_sockets pair;
    pair.say("bytes");
    pair.here.note(EPOLLIN);
    CHECK(pair.read(3) == 3);
    CHECK(pair.here.is_readable());
    CHECK(pair.read(3) == 2);
    CHECK_FALSE(pair.here.is_readable());
    CHECK_FALSE(pair.here.has_ended());
}

TEST_CASE("after an end was reported, a short read is not the last: the end is read too") {
    pair_of_sockets pair;
    pair.say("bytes");
    pair.there.end_sending();
    pair.here.note(EPOLLIN | EPOLLRDHUP);
    CHECK(pair.read(10) == 5);
    CHECK(pair.here.is_readable());
    CHECK_FALSE(pair.here.has_ended());
    CHECK(pair.read(10) == 0);
    CHECK_FALSE(pair.error);
    CHECK(pair.here.has_ended());
}

TEST_CASE("a read that finds nothing waits for the next report, and is no end") {
    pair_of_sockets pair;
    pair.here.note(EPOLLIN | EPOLLPRI);
    CHECK(pair.read(10) == 0);
    CHECK(pair.error == boost::asio::error::would_block);
    CHECK_FALSE(pair.here.is_readable());
    CHECK_FALSE(pair.here.has_ended());
}

TEST_CASE("a lower low-water mark is a report: what had come below the higher one was none") {
    pair_of_sockets pair;
    pair.here.set_low_water(1'000);
    CHECK_FALSE(pair.here.is_readable());
    pair.here.set_low_water(1'000);
    CHECK_FALSE(pair.here.is_readable());
    pair.here.set_low_water(10);
    CHECK(pair.here.is_readable());
}
