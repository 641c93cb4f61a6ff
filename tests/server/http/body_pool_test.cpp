// The pool of memory for bodies: bounded in all, aligned, used again, and grown without loss.
#include "server/http/body_pool.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <thread>

using namespace lanewise::server;

TEST_CASE("a buffer is as large as asked, aligned to 64, and counted until it is given back") {
    body_pool pool(1 << 20);
    for (const std::size_t bytes :
         std::initializer_list<std::size_t>{0, 1, 63, 64, 511, 512, 513, 4'000, 70'000}) {
        {
            auto buffer = pool.take(bytes);
            REQUIRE(buffer.has_value());
            CHECK(buffer->size() == bytes);
            CHECK(buffer->capacity() >= bytes);
            CHECK(reinterpret_cast<std::uintptr_t>(buffer->data()) % 64 == 0);
            std::memset(buffer->data(), 1, bytes);
            CHECK(pool.bytes_in_use() == buffer->capacity());
            auto moved = std::move(*buffer);
            CHECK(moved.size() == bytes);
        }
        CHECK(pool.bytes_in_use() == 0);
    }
}

TEST_CASE("what is taken in all never passes the bound") {
    body_pool pool(1 << 20);
    auto first = pool.take(600'000);
    REQUIRE(first.has_value());
    const auto second = pool.take(600'000);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().status == 503);
    CHECK_FALSE(pool.take((1 << 20) + 1).has_value());
    CHECK_FALSE(pool.take(SIZE_MAX).has_value());
    CHECK_FALSE(pool.take(SIZE_MAX / 2).has_value());
    *first = {};
    CHECK(pool.take(600'000).has_value());
    CHECK(pool.take(1 << 20).has_value());  // all of it
}

TEST_CASE("a block that was given back is used again, and what is kept is bounded") {
    body_pool pool(64 << 20);
    const std::byte* place = nullptr;
    {
        auto buffer = pool.take(100'000);
        place = buffer->data();
    }
    CHECK(pool.take(100'000)->data() == place);
    {
        const auto other = pool.take(200'000);
        CHECK(other.has_value());
        CHECK(pool.release_idle());  // which another size has left where it was
    }
    {
        // Many at once: a quarter of the bound is kept, the rest goes back to the system.
        std::vector<body_buffer> many;
        for (int i = 0; i < 60; ++i) many.push_back(*pool.take(1'000'000));
    }
    CHECK(pool.bytes_in_use() == 0);
    CHECK(pool.take(60'000'000).has_value());  // what is kept gives way
    {
        std::vector<body_buffer> many;
        for (int i = 0; i < 60; ++i) many.push_back(*pool.take(1'000'000));
    }
    std::size_t kept = 0;
    while (pool.release_idle()) ++kept;
    CHECK(kept > 0);
    CHECK(kept * 1'000'000 <= (64 << 20) / 4);
}

TEST_CASE("what is kept for next bodies counts in the bound too, and goes where a body needs it") {
    body_pool pool(1 << 20);
    CHECK(pool.take(200'000).has_value());  // and given back at once
    const auto most = pool.take(900'000);
    REQUIRE(most.has_value());
    CHECK_FALSE(pool.release_idle());
}

TEST_CASE("a buffer that grows keeps its bytes, and grows as far as the bound lets it") {
    body_pool pool(1 << 20);
    body_buffer buffer;
    std::size_t written = 0;
    while (true) {
        if (const auto grown = pool.grow(buffer, written + 1'000); !grown) {
            CHECK(grown.error().status == 503);
            break;
        }
        std::memset(buffer.data() + written, static_cast<int>(written / 1'000 % 251), 1'000);
        written += 1'000;
        buffer.resize(written);
    }
    CHECK(written > 300'000);  // old and new are there together while they are copied
    for (std::size_t i = 0; i < written; ++i) {
        if (buffer.data()[i] != static_cast<std::byte>(i / 1'000 % 251)) FAIL("byte " << i);
    }
}

TEST_CASE("what can be done without is asked for before a body is refused") {
    body_pool pool(1 << 20);
    std::vector<body_buffer> kept;
    kept.push_back(*pool.take(400'000));
    kept.push_back(*pool.take(400'000));
    pool.on_shortage([&kept] {
        if (kept.empty()) return false;
        kept.pop_back();
        return true;
    });
    CHECK(pool.take(500'000).has_value());
    CHECK(kept.size() == 1);
    CHECK(pool.take(1'000'000).has_value());
    CHECK(kept.empty());
}

TEST_CASE("threads that take and give back at once leave nothing behind") {
    body_pool pool(8 << 20);
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
        threads.emplace_back([&pool, t] {
            for (unsigned i = 0; i < 2'000; ++i) {
                auto buffer = pool.take((i * 7'919 + t * 104'729) % 300'000);
                if (buffer) std::memset(buffer->data(), static_cast<int>(t), buffer->size());
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(pool.bytes_in_use() == 0);
}

TEST_CASE("what is given back goes back to the system, whatever its size") {
    const auto resident_bytes = [] {
        std::size_t pages = 0, resident = 0;
        std::ifstream("/proc/self/statm") >> pages >> resident;
        return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    };
    constexpr std::size_t bound = 32 << 20;
    body_pool pool(bound);
    const auto before = resident_bytes();
    for (const std::size_t bytes :
         {900UL, 30'000UL, 100'000UL, 127'000UL, 129'000UL, 400'000UL, 3'000'000UL, 2'000UL}) {
        CAPTURE(bytes);
        // From a thread of its own each time: malloc gives it an arena of its own.
        std::thread([&] {
            std::vector<body_buffer> all;
            while (auto buffer = pool.take(bytes)) {
                std::memset(buffer->data(), 1, bytes);
                all.push_back(std::move(*buffer));
            }
        }).join();
        // A sanitizer keeps what is freed on purpose, to find uses of it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        static_cast<void>(before);
#else
        CHECK(resident_bytes() < before + bound / 4 + bound / 16 + (8 << 20));
#endif
    }
}
