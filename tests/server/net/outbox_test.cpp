// What a connection has still to send, over sockets that take all, some or nothing: here, a count.
#include "server/net/outbox.hpp"

#include <doctest/doctest.h>

using namespace lanewise::server;

namespace {

body_buffer buffer_of(body_pool& pool, std::string_view text) {
    auto buffer = pool.take(text.size());
    REQUIRE(buffer.has_value());
    std::ranges::copy(text, reinterpret_cast<char*>(buffer->data()));
    return std::move(*buffer);
}

std::string unsent(const outbox& out) {
    const auto [first, second] = out.unsent();
    return std::string{first} + std::string{second};
}

// Sends so many bytes at a time, until nothing waits; what went.
std::string send_all(outbox& out, std::size_t bytes_at_once) {
    std::string sent;
    while (out.waits()) {
        const auto part = unsent(out).substr(0, bytes_at_once);
        REQUIRE_FALSE(part.empty());
        sent += part;
        out.sent(part.size());
    }
    return sent;
}

}  // namespace

TEST_CASE("a new outbox is empty and holds no memory") {
    std::string gathered;
    const outbox out(gathered);
    CHECK(out.empty());
    CHECK_FALSE(out.waits());
    CHECK_FALSE(out.has_body());
    CHECK(unsent(out).empty());
}

TEST_CASE("what is gathered goes as it lies, and leaves the shared memory clean") {
    std::string gathered;
    outbox out(gathered);
    gathered = "replies";
    CHECK_FALSE(out.empty());
    CHECK(out.unsent().first.data() == gathered.data());
    out.sent(7);
    CHECK(out.empty());
    CHECK(gathered.empty());
}

TEST_CASE("replies alone go in parts as well as at once, the next ones behind them") {
    const std::string head = "replies";
    for (std::size_t bytes = 1; bytes <= head.size(); ++bytes) {
        CAPTURE(bytes);
        std::string gathered, sent;
        outbox out(gathered);
        for (int round = 0; round < 2; ++round) {
            gathered = head;
            while (!out.empty()) {
                const auto part = unsent(out).substr(0, bytes);
                REQUIRE_FALSE(part.empty());
                sent += part;
                out.sent(part.size());
            }
        }
        CHECK(sent == head + head);
    }
}

TEST_CASE("any cut of replies and body sends the same bytes, waiting from any of them on") {
    body_pool pool(1 << 20);
    const std::string head = "head of the reply;", body = "and its large body";
    for (std::size_t bytes = 1; bytes <= head.size() + body.size(); ++bytes) {
        for (std::size_t taken = 0; taken < head.size() + body.size(); ++taken) {
            CAPTURE(bytes);
            CAPTURE(taken);
            std::string gathered;
            outbox out(gathered);
            gathered = head;
            out.append(buffer_of(pool, body));
            CHECK(out.has_body());
            auto sent = unsent(out).substr(0, taken);
            out.sent(taken);
            REQUIRE(out.wait(pool).has_value());
            CHECK(out.waits());
            CHECK(gathered.empty());
            gathered = "replies of another connection";
            sent += send_all(out, bytes);
            CHECK(sent == head + body);
            CHECK_FALSE(out.waits());
            CHECK_FALSE(out.has_body());
            CHECK(gathered == "replies of another connection");
            CHECK(pool.bytes_in_use() == 0);
        }
    }
}

TEST_CASE("a body that waits alone takes no further memory") {
    body_pool pool(512);
    std::string gathered;
    outbox out(gathered);
    gathered = "head";
    out.append(buffer_of(pool, "body"));
    out.sent(6);
    REQUIRE(out.wait(pool).has_value());
    CHECK(unsent(out) == "dy");
    CHECK_FALSE(out.empty());
    out.sent(2);
    CHECK(out.empty());
}

TEST_CASE("waiting twice keeps what the first time kept") {
    body_pool pool(1 << 20);
    std::string gathered;
    outbox out(gathered);
    gathered = "replies";
    REQUIRE(out.wait(pool).has_value());
    gathered = "of others";
    REQUIRE(out.wait(pool).has_value());
    CHECK(unsent(out) == "replies");
    CHECK(gathered == "of others");
}

TEST_CASE("while replies wait, as many bytes as others have gathered are no others' bytes") {
    body_pool pool(1 << 20);
    std::string gathered;
    outbox out(gathered);
    gathered = "replies that wait";
    REQUIRE(out.wait(pool).has_value());
    gathered = "others";
    out.sent(gathered.size());
    CHECK(unsent(out) == "s that wait");
    CHECK(gathered == "others");
}

TEST_CASE("where the pool has no memory, what does not go can't wait: a problem") {
    body_pool pool(512);
    std::string gathered;
    outbox out(gathered);
    gathered = std::string(1'000, 'x');
    const auto kept = out.wait(pool);
    REQUIRE_FALSE(kept.has_value());
    CHECK(kept.error().status == 503);
    CHECK_FALSE(out.waits());
    out.clear();
    CHECK(out.empty());
    CHECK(gathered.empty());
}

TEST_CASE("clearing gives back all memory, and touches no other connection's replies") {
    body_pool pool(1 << 20);
    std::string gathered;
    outbox out(gathered);
    gathered = "replies";
    out.append(buffer_of(pool, "body"));
    REQUIRE(out.wait(pool).has_value());
    gathered = "of others";
    out.clear();
    CHECK_FALSE(out.waits());
    CHECK_FALSE(out.has_body());
    CHECK(gathered == "of others");
    CHECK(pool.bytes_in_use() == 0);
}
