// The rest of session.hpp: bytes in and out of the socket, the end of a connection, and its
// deadlines.
#include <algorithm>
#include <boost/asio/error.hpp>

#include "session.hpp"
#include "shard.hpp"

namespace lanewise::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// The kernel wakes us for a large body once this much has come: fewer wake-ups, and it fits the L2
// cache.
constexpr std::uint64_t low_water_max = 1 << 20;

// A body below this comes in one or two reads anyway: setting the mark would cost more than it
// saves.
constexpr std::uint64_t low_water_body_bytes_min = 64 << 10;

// After a last reply: how long and how much is still read, so that the peer reads the reply and not
// a reset.
constexpr std::uint64_t linger_ms = 5'000;
constexpr std::uint64_t linger_bytes_max = 64 << 20;

// While draining: a connection that came last has this long to send the request that it came for.
constexpr std::uint64_t drain_first_request_ms = 1'000;

std::string_view text_of(const body_buffer& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

// Reads once, if that is wanted and something has come; false otherwise.
bool session::receive() {
    if (!wants_input_ || !socket_.is_open()) return false;
    if (peer_done_) {
        wants_input_ = false;
        // A whole request has had its answer; the beginning of one is told why it has none.
        const bool answered = stage_ == stage::head && body_rest_ > 0;
        if (answered || stage_ == stage::lingering || (stage_ == stage::head && input_.empty())) {
            close();
        } else {
            refuse_rest({400, "the connection ended in the middle of a request"});
        }
        return true;
    }
    const bool into_body = wants_body() && !chunks_ && input_.empty();
    if (into_body && body_rest_ > low_water_body_bytes_min)
        set_low_water(std::min(body_rest_, low_water_max));
    if (!readable_) return false;
    std::span<char> room;
    if (into_body) {
        room = {reinterpret_cast<char*>(body_.data()) + body_.size(), body_rest_};
    } else {
        const auto found = input_.room();
        if (!found) {
            wants_input_ = false;
            refuse_rest(found.error());
            return true;
        }
        room = *found;
    }
    error_code error;
    const auto count = socket_.receive(room, error);
    // Less than there was room for was all: what comes later is reported.
    if (count < room.size()) readable_ = reads_until_empty_;
    if (error == asio::error::would_block) {
        readable_ = false;
        return false;
    }
    if (error) {  // the peer left
        close();
        return false;
    }
    if (count == 0) {
        peer_done_ = true;
        return true;
    }
    take_received(count, into_body);
    return true;
}

// The reply to a request that will not come whole.
void session::refuse_rest(problem why) {
    stage_ == stage::head ? refuse_head(std::move(why)) : refuse(std::move(why));
    if (flush()) linger();
}

void session::take_received(std::size_t count, bool into_body) {
    home_.metrics.received_bytes.add(count);
    arrived_ = std::chrono::steady_clock::now();
    wants_input_ = false;
    if (stage_ == stage::lingering) {
        wants_input_ = true;
        moved_bytes_ += count;
        if (moved_bytes_ > linger_bytes_max) close();
    } else if (into_body) {
        body_.resize(body_.size() + count);
        body_rest_ -= count;
        moved_bytes_ += count;
        if (body_rest_ > 0 && body_rest_ < low_water_) set_low_water(body_rest_);
    } else {
        // The time for a head runs from its first byte.
        if (stage_ == stage::head && input_.empty()) restart_clock();
        input_.commit(count);
    }
}

// Writes what was gathered; false if the socket would not take all, or is gone: then the rest goes
// on by itself.
bool session::flush() {
    if (writing_) return false;
    auto& out = home_.out;
    if (out.empty() && unsent_body_.size() == 0) return socket_.is_open();
    note_durations();
    error_code error;
    const auto count = socket_.send(out, text_of(unsent_body_), error);
    if (error && error != asio::error::would_block) {
        out.clear();
        close();
        return false;
    }
    home_.metrics.sent_bytes.add(count);
    if (count == out.size() + unsent_body_.size()) {
        out.clear();
        unsent_body_ = {};
        return true;
    }
    if (const auto rest = std::string_view(out).substr(std::min(count, out.size()));
        !rest.empty()) {
        auto memory = shared_.bodies.take(rest.size());
        if (!memory) {
            shared_.log.error("write", "out of memory for a slow reader: it was dropped", number_);
            out.clear();
            close();
            return false;
        }
        std::ranges::copy(rest, reinterpret_cast<char*>(memory->data()));
        unsent_ = std::move(*memory);
    }
    unsent_at_ = 0;
    unsent_body_at_ = count > out.size() ? count - out.size() : 0;
    out.clear();
    restart_clock();
    writing_ = true;
    if (!std::exchange(watches_room_, true) &&
        !home_.ready.watch_room(socket_.descriptor(), *this)) {
        shared_.log.error("write", "out of memory for a slow reader: it was dropped", number_);
        close();
    }
    return false;
}

// There is room again. Where all has gone, writing_ is false.
void session::send_rest() {
    while (writing_) {
        error_code error;
        const auto count = socket_.send(text_of(unsent_).substr(unsent_at_),
                                        text_of(unsent_body_).substr(unsent_body_at_), error);
        if (error == asio::error::would_block) return;
        if (error) {
            writing_ = false;
            return close();
        }
        moved_bytes_ += count;
        home_.metrics.sent_bytes.add(count);
        const auto of_text = std::min(count, unsent_.size() - unsent_at_);
        unsent_at_ += of_text;
        unsent_body_at_ += count - of_text;
        writing_ = unsent_at_ < unsent_.size() || unsent_body_at_ < unsent_body_.size();
    }
    unsent_ = {};
    unsent_body_ = {};
    restart_clock();
}

// Closing with unread bytes makes the system send a reset, which can overtake the reply: say that
// we are done, and read on, within bounds, until the peer is done too.
void session::linger() {
    if (peer_done_ || (!must_linger_ && input_.empty())) return close();
    socket_.end_sending();
    stage_ = stage::lingering;
    input_.clear();
    body_ = {};
    set_low_water(1);
    restart_clock();
    wants_input_ = true;
}

// The last thing that a session does, unless somebody else still holds it.
void session::close() {
    socket_.close();
    const auto last = std::move(self_);
}

// The least that has to have come before the system wakes us.
void session::set_low_water(std::size_t bytes) {
    if (bytes == low_water_) return;
    // What had come below a higher mark was not reported.
    if (bytes < low_water_) readable_ = true;
    low_water_ = bytes;
    socket_.set_low_water(bytes);
}

// ---- deadlines ----

void session::restart_clock() {
    // The clock is as old as one period at most: adding that, no deadline comes early.
    since_ms_ = home_.now_ms + home_.period_ms;
    moved_bytes_ = held_bytes_ = 0;
}

bool session::overdue(std::uint64_t limit_ms) const {
    return home_.now_ms > since_ms_ + limit_ms;
}

// At the end of each window: whether less moved in it than the lowest rate that is put up with.
// What the system holds unread has moved too, but for what it held when the window began.
bool session::too_slow(std::uint64_t window_ms, std::uint64_t held_bytes) {
    if (!overdue(window_ms)) return false;
    const auto moved = moved_bytes_ + held_bytes - held_bytes_;
    if (moved * 1'000 < shared_.settings.body_rate_min * window_ms) return true;
    restart_clock();
    held_bytes_ = held_bytes;
    return false;
}

void session::sweep() {
    const auto self = shared_from_this();
    const auto& settings = shared_.settings;
    if (!socket_.is_open()) return;
    if (writing_) {
        if (too_slow(settings.write_timeout_ms, 0)) close();
        return;
    }
    switch (stage_) {
        case stage::computing:
            return;
        case stage::lingering:
            if (overdue(linger_ms)) close();
            return;
        case stage::body:
            break;
        case stage::head:
            if (body_rest_ > 0) break;
            if (!input_.empty()) {
                if (!overdue(settings.header_timeout_ms)) return;
                refuse_head({408, "the head of the request did not come within " +
                                      std::to_string(settings.header_timeout_ms) +
                                      " ms (--header-timeout-ms)"});
                proceed();
                return;
            }
            if (overdue(!home_.draining ? settings.idle_timeout_ms
                        : requests_ > 0 ? 0
                                        : drain_first_request_ms)) {
                if (socket_.available() == 0) close();
            }
            return;
    }
    // The low-water mark keeps a slow body's bytes in the system: they have come all the same.
    if (!too_slow(settings.header_timeout_ms, socket_.available())) return;
    if (stage_ == stage::head) return close();  // its request was answered
    refuse({408, "the body comes at less than " + std::to_string(settings.body_rate_min) +
                     " bytes per second (--body-rate-min)"});
    proceed();
}
}  // namespace lanewise::server
