// The pool of threads for long kernels: what it takes, what it refuses, and how it ends.
#include "server/calls/compute.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <memory>

using namespace lanewise::server;

TEST_CASE("every job runs, and stop waits for those that are queued") {
    std::atomic<int> ran = 0;
    compute_pool pool(2, 1'000);
    for (int i = 0; i < 500; ++i) REQUIRE(pool.submit([&ran] { ++ran; }));
    pool.stop();
    CHECK(ran == 500);
    CHECK_FALSE(pool.submit([] {}));
}

TEST_CASE("a job that a thread is free for does not count as waiting, and the others are bounded") {
    std::latch held(1), started(2);
    compute_pool pool(2, 1);
    const auto hold = [&] {
        started.count_down();
        held.wait();
    };
    REQUIRE(pool.submit(hold));
    REQUIRE(pool.submit(hold));
    started.wait();
    CHECK(pool.submit([] {}));
    CHECK(pool.queue_depth() == 1);
    CHECK_FALSE(pool.submit([] {}));
    held.count_down();
    pool.stop();
    CHECK(pool.queue_depth() == 0);
}

TEST_CASE("a queue of depth 0 takes what runs at once, and nothing else") {
    std::latch held(1), started(1);
    compute_pool pool(1, 0);
    REQUIRE(pool.submit([&] {
        started.count_down();
        held.wait();
    }));
    started.wait();
    CHECK_FALSE(pool.submit([] {}));
    held.count_down();
    pool.stop();
}

TEST_CASE("what a job holds is let go as it ends, and not with the pool") {
    const auto something = std::make_shared<int>(1);
    compute_pool pool(1, 8);
    std::latch after(1);
    REQUIRE(pool.submit([something] {}));
    REQUIRE(pool.submit([&after] { after.count_down(); }));
    after.wait();
    CHECK(something.use_count() == 1);
}

TEST_CASE("help is offered to idle threads only, whatever room the queue has") {
    std::latch held(1), started(1), helped(1);
    compute_pool pool(2, 8);
    CHECK(pool.offer([&] { helped.count_down(); }));
    helped.wait();
    REQUIRE(pool.submit([&] {
        started.count_down();
        held.wait();
    }));
    REQUIRE(pool.submit([&] { held.wait(); }));
    started.wait();
    CHECK_FALSE(pool.offer([] {}));
    held.count_down();
    pool.stop();
    CHECK_FALSE(pool.offer([] {}));
}
