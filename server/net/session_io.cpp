// The rest of session.hpp: bytes in and out of the socket, the end of a connection, and its
// deadlines.
#include <algorithm>
#include <boost/asio/error.hpp>
#include <utility>

#include "server/endpoints/app.hpp"
#include "session.hpp"

namespace lanewise::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// After a last reply: how long and how much is still read, so that the peer reads the reply and not
// a reset.
constexpr std::uint64_t linger_ms = 5'000;
constexpr std::uint64_t linger_bytes_max = 64 << 20;

// While bodies are refused for want of memory: a reader of a large result has to move so often.
constexpr std::uint64_t short_write_ms = 2'000;

}  // namespace

// ---- bytes in ----

// Reads once, if that is wanted and something has come; false otherwise.
bool session::receive() {
    if (!wants_input_ || !socket_.is_open()) return false;
    if (socket_.has_ended()) {
        wants_input_ = false;
        take_end();
        return true;
    }
    auto room = input_.empty() ? intake_.room() : std::span<char>{};
    const bool straight = !room.empty();
    if (straight) socket_.set_low_water(intake_.low_water());
    if (!socket_.is_readable()) return false;
    if (!straight) {
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
    if (error) return take_error(error);
    if (count > 0) take_received(count, straight);
    return true;
}

// True where there is something to go on with.
bool session::take_error(error_code error) {
    if (error == asio::error::would_block) {
        if (socket_.waits_for_room() && !socket_.watch_room(home_.events, *this)) drop("read");
        return false;
    }
    if (!peer_socket::is_plain_http(error)) {  // the peer left
        close();
        return false;
    }
    wants_input_ = false;
    socket_.speak_plainly();
    refuse_rest({400, "this port speaks TLS: ask it by https"});
    return true;
}

void session::take_received(std::size_t count, bool straight) {
    home_.metrics.received_bytes.add(count);
    arrived_ = std::chrono::steady_clock::now();
    wants_input_ = false;
    if (stage_ == stage::lingering) {
        wants_input_ = true;
        window_.add(count);
        if (window_.moved_bytes() > linger_bytes_max) close();
    } else if (straight) {
        intake_.received(count);
        window_.add(count);
    } else {
        // The time for a head runs from its first byte.
        if (stage_ == stage::head && input_.empty()) restart_clock();
        input_.commit(count);
    }
}

// The peer will send no more. A whole request has had its answer; a part of a request is told
// why it has none.
void session::take_end() {
    const bool answered = stage_ == stage::head && (input_.empty() || intake_.expects_more());
    if (answered || stage_ == stage::lingering) return close();
    refuse_rest({400, "the connection ended in the middle of a request"});
}

// ---- bytes out ----

// Writes what was gathered; false if the socket would not take all, or is gone: then the rest goes
// on by itself.
bool session::flush() {
    if (outbox_.waits()) return false;
    if (outbox_.empty()) return socket_.is_open();
    home_.gathered.note_written(std::chrono::steady_clock::now() - arrived_, number_, home_.metrics,
                                shared_.log);
    return send_unsent();
}

// Sends until all has gone, or the socket is full: then the rest waits for room. False if so, or if
// the peer left.
bool session::send_unsent() {
    const bool waited = outbox_.waits();
    do {
        const auto [first, second] = outbox_.unsent();
        error_code error;
        const auto end = hang_up_ ? peer_socket::end::follows : peer_socket::end::later;
        const auto count = socket_.send(first, second, end, error);
        if (error) {
            error == asio::error::would_block ? wait_for_room() : close();
            return false;
        }
        home_.metrics.sent_bytes.add(count);
        if (waited) window_.add(count);
        outbox_.sent(count);
    } while (!outbox_.empty());
    if (waited) restart_clock();
    return true;
}

void session::wait_for_room() {
    if (outbox_.waits()) return;
    const auto kept = outbox_.wait(home_.pending.pool());
    restart_clock();
    if (!kept || !socket_.watch_room(home_.events, *this)) drop("write");
}

// ---- end ----

// Closing with unread bytes makes the system send a reset, which can overtake the reply: say that
// we are done, and read on, within bounds, until the peer is done too.
void session::linger() {
    if (socket_.has_ended() || (!must_linger_ && input_.empty())) return close();
    socket_.end_sending();
    stage_ = stage::lingering;
    input_.clear();
    intake_.clear();
    socket_.set_low_water(1);
    restart_clock();
    wants_input_ = true;
}

// Memory is used up: nothing more can be done for this connection.
void session::drop(const char* during) {
    shared_.log.error(during, "out of memory: the connection was dropped", number_);
    close();
}

// The last thing that a session does, unless somebody else still holds it.
void session::close() {
    home_.events.forget(*this);
    outbox_.clear();
    socket_.close();
    const auto last = std::move(self_);
}

// ---- deadlines ----

void session::restart_clock() {
    window_.restart(home_.begin_ms());
}

bool session::overdue(std::uint64_t limit_ms) const {
    return window_.overdue(home_.now_ms(), limit_ms);
}

// In the last moments of a drain: who asks nothing, or has been told to close, is closed.
bool session::ends_idle() const {
    return home_.now_ms() >= home_.idle_ends_ms;
}

bool session::too_slow(std::uint64_t window_ms, std::uint64_t held_bytes) {
    return window_.too_slow(home_.now_ms(), window_ms, shared_.settings.body_rate_min, held_bytes,
                            home_.begin_ms());
}

void session::sweep() {
    const auto self = shared_from_this();
    const auto& settings = shared_.settings;
    if (!socket_.is_open()) return;
    if (socket_.is_connecting() && overdue(settings.header_timeout_ms)) return close();
    if (outbox_.waits()) {
        // Results that are not read hold memory that bodies are refused for.
        const bool wanted = home_.bodies_short && outbox_.has_body();
        const auto window = wanted ? std::min(settings.write_timeout_ms, short_write_ms)
                                   : settings.write_timeout_ms;
        if (too_slow(window, 0)) close();
        return;
    }
    switch (stage_) {
        case stage::computing:
            return;
        case stage::lingering:
            if (overdue(linger_ms) || ends_idle()) close();
            return;
        case stage::body:
            break;
        case stage::head:
            if (intake_.expects_more()) break;
            if (!input_.empty()) {
                if (!overdue(settings.header_timeout_ms)) return;
                refuse_head({408, "the head of the request did not come within " +
                                      std::to_string(settings.header_timeout_ms) +
                                      " ms (--header-timeout-ms)"});
                proceed();
                return;
            }
            if (overdue(settings.idle_timeout_ms) || ends_idle()) {
                if (socket_.available() == 0) close();
            }
            return;
    }
    // The low-water mark keeps a slow body's bytes in the system: they have come all the same.
    if (!too_slow(settings.header_timeout_ms, socket_.held_bytes())) return;
    if (stage_ == stage::head) return close();  // its request was answered
    refuse({408, "the body comes at less than " + std::to_string(settings.body_rate_min) +
                     " bytes per second (--body-rate-min)"});
    proceed();
}

}  // namespace lanewise::server
