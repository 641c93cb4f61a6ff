// A request's body as bytes that come, without a socket: its length, its chunks, its limits, and
// when the system should report more of it.
#include "server/net/body_intake.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>

using namespace lanewise::server;

namespace {

using unwanted = body_intake::unwanted;

request with_length(std::uint64_t length) {
    request head;
    head.body = framing::length;
    head.content_length = length;
    return head;
}

request with_chunks() {
    request head;
    head.body = framing::chunked;
    return head;
}

config settings_of(std::uint64_t body_bytes_max) {
    config settings;
    settings.body_bytes_max = body_bytes_max;
    return settings;
}

// Hands in the bytes, so many at a time, as a connection does; returns how many were taken.
outcome<std::size_t> take_all(body_intake& intake, std::string_view bytes, body_pool& pool,
                              std::size_t bytes_at_once) {
    std::size_t taken = 0;
    while (intake.expects_more() && taken < bytes.size()) {
        const auto some = intake.take(bytes.substr(taken, bytes_at_once), pool);
        if (!some) return some.error();
        taken += *some;
        if (*some == 0) break;  // it gave up
    }
    return taken;
}

}  // namespace

TEST_CASE("a body of known length is kept whole, however its bytes come, and no byte behind it") {
    body_pool pool(1 << 20);
    const std::string body = "sixteen letters.", behind = "GET / HTTP/1.1";
    for (std::size_t bytes = 1; bytes <= body.size() + behind.size(); ++bytes) {
        CAPTURE(bytes);
        body_intake intake;
        REQUIRE(intake.keep(with_length(body.size()), config{}, pool).has_value());
        CHECK(intake.expects_more());
        const auto taken = take_all(intake, body + behind, pool, bytes);
        REQUIRE(taken.has_value());
        CHECK(*taken == body.size());
        CHECK_FALSE(intake.expects_more());
        const auto kept = intake.take_kept();
        CHECK(kept.text() == body);
    }
    CHECK(pool.bytes_in_use() == 0);
}

TEST_CASE("a body of known length is received straight into its memory, after what came before") {
    body_pool pool(1 << 20);
    body_intake intake;
    REQUIRE(intake.keep(with_length(10), config{}, pool).has_value());
    REQUIRE(*intake.take("abc", pool) == 3);
    const auto room = intake.room();
    REQUIRE(room.size() == 7);
    std::memcpy(room.data(), "defg", 4);
    intake.received(4);
    CHECK(intake.room().size() == 3);
    REQUIRE(*intake.take("hijGET", pool) == 3);
    CHECK_FALSE(intake.expects_more());
    CHECK(intake.room().empty());
    CHECK(intake.take_kept().text() == "abcdefghij");
}

TEST_CASE("an empty body expects nothing, and there is no room for any of it") {
    body_pool pool(1 << 20);
    body_intake intake;
    REQUIRE(intake.keep(with_length(0), config{}, pool).has_value());
    CHECK_FALSE(intake.expects_more());
    CHECK(intake.room().empty());
    CHECK(*intake.take("GET", pool) == 0);
    CHECK(intake.take_kept().size() == 0);
}

TEST_CASE("body-bytes-max: a length beyond it is 413 before memory is taken, its own size is not") {
    body_pool pool(1 << 20);
    body_intake intake;
    CHECK(intake.keep(with_length(100), settings_of(100), pool).has_value());
    intake.clear();
    const auto refused = intake.keep(with_length(101), settings_of(100), pool);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().status == 413);
    CHECK(refused.error().detail == "the body is larger than 100 bytes (--body-bytes-max)");
    CHECK_FALSE(intake.keep(with_length(UINT64_MAX), settings_of(100), pool).has_value());
    CHECK_FALSE(intake.expects_more());
    CHECK(pool.bytes_in_use() == 0);
}

TEST_CASE("a body for which the pool has no memory is 503") {
    body_pool pool(1'000);
    body_intake intake;
    const auto refused = intake.keep(with_length(2'000), config{}, pool);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().status == 503);
    // Chunks take memory as they come.
    REQUIRE(intake.keep(with_chunks(), config{}, pool).has_value());
    const auto grown = intake.take("7d0\r\n" + std::string(2'000, 'x'), pool);
    REQUIRE_FALSE(grown.has_value());
    CHECK(grown.error().status == 503);
}

TEST_CASE("chunks are kept as one body, however their bytes come, and no byte behind them") {
    body_pool pool(1 << 20);
    const std::string chunks = "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n";
    for (std::size_t bytes = 1; bytes <= chunks.size() + 3; ++bytes) {
        CAPTURE(bytes);
        body_intake intake;
        REQUIRE(intake.keep(with_chunks(), config{}, pool).has_value());
        CHECK(intake.room().empty());  // they are decoded on the way
        const auto taken = take_all(intake, chunks + "GET", pool, bytes);
        REQUIRE(taken.has_value());
        CHECK(*taken == chunks.size());
        CHECK_FALSE(intake.expects_more());
        CHECK(intake.take_kept().text() == "abcdefg");
    }
}

TEST_CASE("body-bytes-max: chunks that add up to it are kept, and one byte more is 413") {
    body_pool pool(1 << 20);
    for (std::size_t bytes = 1; bytes <= 24; ++bytes) {
        CAPTURE(bytes);
        body_intake intake;
        REQUIRE(intake.keep(with_chunks(), settings_of(5), pool).has_value());
        CHECK(take_all(intake, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", pool, bytes).has_value());
        CHECK(intake.take_kept().text() == "abcde");
        REQUIRE(intake.keep(with_chunks(), settings_of(5), pool).has_value());
        const auto refused = take_all(intake, "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", pool, bytes);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().status == 413);
        CHECK(refused.error().detail == "the body is larger than 5 bytes (--body-bytes-max)");
    }
}

TEST_CASE("chunks that are none are 400, kept or not") {
    body_pool pool(1 << 20);
    body_intake intake;
    REQUIRE(intake.keep(with_chunks(), config{}, pool).has_value());
    CHECK(intake.take("x\r\n", pool).error().status == 400);
    REQUIRE(intake.skip(with_chunks(), config{}) == unwanted::before_reply);
    CHECK(intake.take("3\r\nabcd", pool).error().status == 400);
}

TEST_CASE(
    "an unwanted body is read behind the reply where it is small, and never where it is not") {
    body_pool pool(1 << 20);
    body_intake intake;
    CHECK(intake.skip(with_length(0), config{}) == unwanted::none);
    CHECK_FALSE(intake.expects_more());
    CHECK(intake.skip(with_length((64 << 10) + 1), config{}) == unwanted::never);
    CHECK_FALSE(intake.expects_more());
    auto asks = with_length(10);
    asks.expects_continue = true;  // its body never comes
    CHECK(intake.skip(asks, config{}) == unwanted::never);
    CHECK_FALSE(intake.expects_more());

    REQUIRE(intake.skip(with_length(64 << 10), config{}) == unwanted::after_reply);
    CHECK(intake.room().empty());
    CHECK(*intake.take(std::string(60'000, 'x'), pool) == 60'000);
    CHECK(*intake.take(std::string(10'000, 'x'), pool) == (64 << 10) - 60'000);
    CHECK_FALSE(intake.expects_more());
    CHECK(pool.bytes_in_use() == 0);
}

TEST_CASE("unwanted chunks are read before the reply, up to 64 KiB; then it is given up") {
    body_pool pool(1 << 20);
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{1'000}, std::size_t{100'000}}) {
        CAPTURE(bytes);
        body_intake intake;
        const auto most = "10000\r\n" + std::string(64 << 10, 'x') + "\r\n0\r\n\r\n";
        REQUIRE(intake.skip(with_chunks(), config{}) == unwanted::before_reply);
        CHECK(*take_all(intake, most, pool, bytes) == most.size());
        CHECK_FALSE(intake.expects_more());
        CHECK_FALSE(intake.gave_up());
        REQUIRE(intake.skip(with_chunks(), config{}) == unwanted::before_reply);
        CHECK(take_all(intake, "10000\r\n" + std::string(64 << 10, 'x') + "\r\n1\r\ny\r\n", pool,
                       bytes)
                  .has_value());
        CHECK(intake.gave_up());
        CHECK_FALSE(intake.expects_more());
        CHECK(pool.bytes_in_use() == 0);
        intake.clear();
        CHECK_FALSE(intake.gave_up());
    }
}

TEST_CASE("a large body is reported once a MiB, its rest at once; a small one byte by byte") {
    body_pool pool(8 << 20);
    body_intake intake;
    REQUIRE(intake.keep(with_length((2 << 20) + 100), config{}, pool).has_value());
    CHECK(intake.low_water() == 1 << 20);
    intake.received(1 << 20);
    CHECK(intake.low_water() == 1 << 20);
    intake.received(100'000);
    CHECK(intake.low_water() == (1 << 20) - 99'900);
    intake.received((1 << 20) - 100'000);
    CHECK(intake.low_water() == 100);  // never more than can still come
    intake.received(99);
    CHECK(intake.low_water() == 1);

    REQUIRE(intake.keep(with_length(64 << 10), config{}, pool).has_value());
    CHECK(intake.low_water() == 1);
    REQUIRE(intake.keep(with_length((64 << 10) + 1), config{}, pool).has_value());
    CHECK(intake.low_water() == (64 << 10) + 1);
    intake.received(60'000);
    CHECK(intake.low_water() == 5'537);
}

TEST_CASE("clearing in the middle of a body expects nothing more and gives its memory back") {
    body_pool pool(1 << 20);
    body_intake intake;
    REQUIRE(intake.keep(with_length(10), config{}, pool).has_value());
    CHECK(pool.bytes_in_use() > 0);
    intake.clear();
    CHECK_FALSE(intake.expects_more());
    CHECK(intake.room().empty());
    CHECK(pool.bytes_in_use() == 0);
    REQUIRE(intake.keep(with_chunks(), config{}, pool).has_value());
    REQUIRE(intake.take("5\r\nab", pool).has_value());
    intake.clear();
    CHECK_FALSE(intake.expects_more());
    CHECK(pool.bytes_in_use() == 0);
}

TEST_CASE("unwanted chunks that are mostly framing are given up too; kept ones are read") {
    body_pool pool(1 << 20);
    std::string chunks;
    for (int i = 0; i < 4'000; ++i) chunks += "1\r\nx\r\n";  // 20,000 bytes around 4,000
    body_intake intake;
    REQUIRE(intake.skip(with_chunks(), config{}) == unwanted::before_reply);
    CHECK(take_all(intake, chunks, pool, 1'000).has_value());
    CHECK(intake.gave_up());
    REQUIRE(intake.keep(with_chunks(), config{}, pool).has_value());
    CHECK(*take_all(intake, chunks + "0\r\n\r\n", pool, 1'000) == chunks.size() + 5);
    CHECK_FALSE(intake.gave_up());
    CHECK(intake.take_kept().size() == 4'000);
}

TEST_CASE("chunk-overhead-bytes-max: extensions of all chunks together have a bound") {
    body_pool pool(1 << 20);
    config settings;
    settings.chunk_overhead_bytes_max = 100;
    body_intake intake;
    REQUIRE(intake.keep(with_chunks(), settings, pool).has_value());
    const std::string chunk = "1;" + std::string(30, 'x') + "\r\ny\r\n";
    CHECK(take_all(intake, chunk + chunk + chunk, pool, 7).has_value());
    const auto refused = take_all(intake, chunk, pool, 7);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().status == 413);
}
