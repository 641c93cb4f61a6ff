// How long something may take on a connection, and how slowly its bytes may move meanwhile. Times
// are the loop's, in milliseconds of a steady clock.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lanewise::server {

class rate_window {
public:
    /// A new window begins at this time; nothing has moved in it yet.
    void restart(std::uint64_t begin_ms) {
        begin_ms_ = begin_ms;
        moved_bytes_ = held_bytes_ = 0;
    }

    void add(std::uint64_t bytes) { moved_bytes_ += bytes; }
    [[nodiscard]] std::uint64_t moved_bytes() const { return moved_bytes_; }

    /// Whether more time than this has passed in the window.
    [[nodiscard]] bool overdue(std::uint64_t now_ms, std::uint64_t limit_ms) const {
        return now_ms > begin_ms_ + limit_ms;
    }

    /// Whether less than the lowest rate moved in a window that is over; the next one begins
    /// otherwise. Bytes that the system holds unread have moved too, but for those that it held
    /// when the window began.
    [[nodiscard]] bool too_slow(std::uint64_t now_ms, std::uint64_t window_ms,
                                std::uint64_t bytes_per_second_min, std::uint64_t held_bytes,
                                std::uint64_t next_begin_ms) {
        if (!overdue(now_ms, window_ms)) return false;
        const auto all = moved_bytes_ + held_bytes;
        // Held bytes can become fewer than were held, as where TLS takes the frames off records.
        const auto moved = all - std::min(all, held_bytes_);
        if (moved * 1'000 < bytes_per_second_min * window_ms) return true;
        restart(next_begin_ms);
        held_bytes_ = held_bytes;
        return false;
    }

private:
    std::uint64_t begin_ms_ = 0;
    std::uint64_t moved_bytes_ = 0;
    std::uint64_t held_bytes_ = 0;  // by the system, unread, when the window began
};

}  // namespace lanewise::server
