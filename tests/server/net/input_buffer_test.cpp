// What a connection sent and nobody has read: whose memory it lies in, and that no byte is lost.
#include "server/net/input_buffer.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace lanewise::server;

namespace {

struct fixture {
    std::vector<char> shared = std::vector<char>(input_buffer::shared_bytes);
    body_pool pool{1 << 20};

    [[nodiscard]] bool is_shared(const char* data) const {
        return data >= shared.data() && data < shared.data() + shared.size();
    }
};

// As a read does: what came, in as many steps as there is room for.
void receive(input_buffer& buffer, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto room = buffer.room();
        REQUIRE(room.has_value());
        REQUIRE(room->size() > 0);
        const auto count = std::min(room->size(), bytes.size());
        bytes.copy(room->data(), count);
        buffer.commit(count);
        bytes.remove_prefix(count);
    }
}

}  // namespace

TEST_CASE("a request that comes whole takes none of a connection's memory") {
    fixture here;
    input_buffer buffer(here.shared, here.pool);
    CHECK(buffer.empty());
    receive(buffer, "GET / HTTP/1.1");
    CHECK(buffer.view() == "GET / HTTP/1.1");
    CHECK(here.is_shared(buffer.view().data()));
    buffer.consume(14);
    CHECK(buffer.empty());
    CHECK(buffer.keep().has_value());
    CHECK_FALSE(buffer.holds_pool_memory());
    CHECK(here.pool.bytes_in_use() == 0);
}

TEST_CASE("what is kept is not touched by the next connection that reads") {
    fixture here;
    input_buffer first(here.shared, here.pool), second(here.shared, here.pool);
    receive(first, "GET / HT");
    REQUIRE(first.keep().has_value());
    CHECK_FALSE(here.is_shared(first.view().data()));
    CHECK_FALSE(first.holds_pool_memory());  // a usual head fits into the connection's own
    receive(second, "POST /v1");
    CHECK(first.view() == "GET / HT");
    receive(first, "TP/1.1");
    CHECK(first.view() == "GET / HTTP/1.1");
}

TEST_CASE("a long rest is charged to the pool, and is given back as it is consumed") {
    fixture here;
    input_buffer buffer(here.shared, here.pool);
    const std::string most(input_buffer::bytes_least, 'a');
    receive(buffer, most);
    REQUIRE(buffer.keep().has_value());
    CHECK(here.pool.bytes_in_use() == 0);
    receive(buffer, "b");
    REQUIRE(buffer.keep().has_value());
    CHECK(buffer.holds_pool_memory());
    CHECK(here.pool.bytes_in_use() >= most.size() + 1);
    CHECK(buffer.view() == most + "b");
    buffer.consume(most.size() + 1);
    REQUIRE(buffer.keep().has_value());
    CHECK_FALSE(buffer.holds_pool_memory());
    CHECK(here.pool.bytes_in_use() == 0);
}

TEST_CASE("where the pool has no more, room says 503 and what is there stays") {
    fixture here;
    const auto taken = here.pool.take((1 << 20) - 4096);
    REQUIRE(taken.has_value());
    input_buffer buffer(here.shared, here.pool);
    const std::string bytes(input_buffer::shared_bytes, 'a');
    receive(buffer, bytes);
    const auto room = buffer.room();
    REQUIRE_FALSE(room.has_value());
    CHECK(room.error().status == 503);
    CHECK(buffer.view() == bytes);
}

TEST_CASE("whatever comes and is consumed in whatever order, the bytes are those that came") {
    for (const unsigned seed : {1U, 2U, 3U, 4U}) {
        fixture here;
        input_buffer buffer(here.shared, here.pool);
        std::mt19937 random(seed);
        std::string expected;
        for (int step = 0; step < 2'000; ++step) {
            std::string bytes(random() % (step % 10 == 0 ? 20'000 : 500), ' ');
            for (char& c : bytes) c = static_cast<char>(random());
            if (expected.size() < 200'000) {
                receive(buffer, bytes);
                expected += bytes;
            }
            const auto count = random() % (expected.size() + 1);
            buffer.consume(count);
            expected.erase(0, count);
            if (random() % 3 == 0) {
                REQUIRE(buffer.keep().has_value());
                std::fill(here.shared.begin(), here.shared.end(), 'x');
            }
            REQUIRE(buffer.view() == expected);
        }
        buffer.clear();
        CHECK(buffer.empty());
        CHECK(here.pool.bytes_in_use() == 0);
    }
}
