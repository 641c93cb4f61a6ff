// Deadlines of a connection and the lowest rate of its bytes, on a clock that the test sets.
#include "server/net/rate_window.hpp"

#include <doctest/doctest.h>

using namespace lanewise::server;

namespace {

constexpr std::uint64_t window_ms = 1'000;
constexpr std::uint64_t rate_min = 500;

bool too_slow(rate_window& window, std::uint64_t now_ms, std::uint64_t held_bytes = 0) {
    return window.too_slow(now_ms, window_ms, rate_min, held_bytes, now_ms);
}

}  // namespace

TEST_CASE("a deadline has passed after its last millisecond, not in it") {
    rate_window window;
    window.restart(100);
    CHECK_FALSE(window.overdue(0, 50));  // a window may begin in the future
    CHECK_FALSE(window.overdue(100, 50));
    CHECK_FALSE(window.overdue(150, 50));
    CHECK(window.overdue(151, 50));
    CHECK(window.overdue(101, 0));
    window.restart(151);
    CHECK_FALSE(window.overdue(151, 0));
}

TEST_CASE("what moves at the lowest rate goes on, one byte less is too slow") {
    rate_window window;
    window.restart(0);
    window.add(200);
    window.add(299);
    CHECK_FALSE(too_slow(window, window_ms));  // it is not over yet
    CHECK(too_slow(window, window_ms + 1));
    window.add(1);
    CHECK_FALSE(too_slow(window, window_ms + 1));
}

TEST_CASE("each window is judged by its own bytes") {
    rate_window window;
    window.restart(0);
    window.add(1'000'000);
    CHECK_FALSE(too_slow(window, 1'001));
    CHECK(window.moved_bytes() == 0);
    CHECK_FALSE(too_slow(window, 2'001));
    CHECK(too_slow(window, 2'002));
}

TEST_CASE("a lowest rate of zero puts up with anything") {
    rate_window window;
    window.restart(0);
    CHECK_FALSE(window.too_slow(5'000, window_ms, 0, 0, 5'000));
}

TEST_CASE("bytes that the system holds have moved, in the window in which they came alone") {
    rate_window window;
    window.restart(0);
    CHECK_FALSE(too_slow(window, 1'001, 600));  // 600 came, and nobody read them
    CHECK(too_slow(window, 2'002, 600));        // the same 600: nothing came
    CHECK(too_slow(window, 2'002, 1'099));
    CHECK_FALSE(too_slow(window, 2'002, 1'100));
    // What was held is read now: it does not move a second time.
    window.add(1'100);
    CHECK(too_slow(window, 3'003, 0));
    window.add(500);
    CHECK_FALSE(too_slow(window, 3'003, 0));
}

TEST_CASE("a new window forgets what moved and what was held") {
    rate_window window;
    window.restart(0);
    CHECK_FALSE(too_slow(window, 1'001, 600));
    window.add(5);
    window.restart(10'000);
    CHECK(window.moved_bytes() == 0);
    CHECK_FALSE(too_slow(window, 11'001, 600));
}
