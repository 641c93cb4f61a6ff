#include "server/net/pending_memory.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace lanewise::server;

namespace {

constexpr std::size_t each = 32 << 10;

struct guest final : pending_memory::holder {
    body_buffer memory;
    bool busy = false, gave_way = false;

    bool give_way() noexcept override {
        if (busy) return false;
        memory = {};
        unlink();
        return gave_way = true;
    }
};

// Takes memory as a connection does, and goes on to wait; false where it got none.
bool hold(pending_memory& from, guest& one) {
    from.begin_work(one);
    auto taken = from.pool().take(each);
    if (taken) one.memory = std::move(*taken);
    from.end_work(one, one.memory.size() > 0);
    return one.memory.size() > 0;
}

}  // namespace

TEST_CASE("where pending memory is used up, who has waited longest gives way, one after another") {
    pending_memory memory(4 * each);
    std::deque<guest> guests(10);
    for (auto& one : guests) CHECK(hold(memory, one));
    for (std::size_t i = 0; i < guests.size(); ++i) CHECK(guests[i].gave_way == (i < 6));
    CHECK(memory.pool().bytes_in_use() == 4 * each);
}

TEST_CASE("who needs no more memory does not wait any more, and begins anew later") {
    pending_memory memory(2 * each);
    std::deque<guest> guests(3);
    CHECK(hold(memory, guests[0]));
    CHECK(hold(memory, guests[1]));
    memory.begin_work(guests[0]);  // the rest of its request came
    guests[0].memory = {};
    memory.end_work(guests[0], false);
    CHECK(hold(memory, guests[0]));  // its next one
    CHECK(hold(memory, guests[2]));
    CHECK_FALSE(guests[0].gave_way);
    CHECK(guests[1].gave_way);
}

TEST_CASE("who is busy, or at work, does not give way; where all are, memory is refused with 503") {
    pending_memory memory(2 * each);
    std::deque<guest> guests(3);
    CHECK(hold(memory, guests[0]));
    CHECK(hold(memory, guests[1]));
    guests[0].busy = true;
    CHECK(hold(memory, guests[2]));
    CHECK_FALSE(guests[0].gave_way);
    CHECK(guests[1].gave_way);
    guests[2].busy = true;
    memory.begin_work(guests[0]);
    guests[0].busy = false;
    const auto refused = memory.pool().take(each);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().status == 503);
    CHECK(refused.error().detail.find("--pending-bytes-max") != std::string::npos);
    CHECK_FALSE(guests[0].gave_way);
    memory.end_work(guests[0], true);
}

TEST_CASE("who ends while it waits is forgotten") {
    pending_memory memory(2 * each);
    guest last;
    {
        std::deque<guest> guests(2);
        for (auto& one : guests) CHECK(hold(memory, one));
    }
    CHECK(hold(memory, last));
    CHECK_FALSE(last.gave_way);
}
