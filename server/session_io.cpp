// The rest of session.hpp: bytes in and out of the socket, the end of a connection, and its
// deadlines.
#include <array>
#include <boost/asio/buffer.hpp>

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

}  // namespace

void session::read() {
    if (reading_) return;
    if (peer_done_) {
        // A whole request has had its answer; the beginning of one is told why it has none.
        const bool answered = stage_ == stage::head && (chunks_ || body_rest_ > 0);
        if (answered || (stage_ == stage::head && input_.empty())) return close();
        return refuse_rest({400, "the connection ended in the middle of a request"});
    }
    into_body_ = keep_body_ && !chunks_ && input_.empty();
    asio::mutable_buffer room;
    if (into_body_) {
        if (body_rest_ > low_water_body_bytes_min)
            set_low_water(std::min(body_rest_, low_water_max));
        room = asio::buffer(body_.data() + body_.size(), body_rest_);
    } else {
        const auto found = input_.room();
        if (!found) return refuse_rest(found.error());
        room = asio::buffer(found->data(), found->size());
    }
    reading_ = true;
    socket_.async_read_some(room, [self = shared_from_this()](error_code error, std::size_t count) {
        self->on_read(error, count);
    });
}

// The reply to a request that will not come whole.
void session::refuse_rest(problem why) {
    stage_ == stage::head ? refuse_head(std::move(why)) : refuse(std::move(why));
    if (flush()) linger();
}

void session::on_read(error_code error, std::size_t count) {
    reading_ = false;
    if (!socket_.is_open()) return;
    if (error == asio::error::eof) {
        peer_done_ = true;
        if (stage_ == stage::lingering) return close();
        return read();
    }
    if (error) return close();  // the peer left
    home_.metrics.received_bytes.add(count);
    arrived_ = std::chrono::steady_clock::now();
    if (stage_ == stage::lingering) {
        moved_bytes_ += count;
        if (moved_bytes_ > linger_bytes_max) return close();
        return read();
    }
    if (into_body_) {
        body_.resize(body_.size() + count);
        body_rest_ -= count;
        moved_bytes_ += count;
        if (body_rest_ > 0) {
            if (low_water_ > body_rest_) set_low_water(body_rest_);
            return read();
        }
    } else {
        // The time for a head runs from its first byte.
        if (stage_ == stage::head && input_.empty()) restart_clock();
        input_.commit(count);
    }
    proceed();
}

// Writes what was gathered; false if the socket would not take all, or is gone: then the rest goes
// on by itself.
bool session::flush() {
    if (writing_) return false;
    auto& out = home_.out;
    if (out.empty() && unsent_body_.size() == 0) return socket_.is_open();
    note_durations();
    const std::array<asio::const_buffer, 2> buffers{
        asio::buffer(out), asio::buffer(unsent_body_.data(), unsent_body_.size())};
    error_code error;
    auto count = unsent_body_.size() > 0 ? socket_.write_some(buffers, error)
                                         : socket_.write_some(buffers[0], error);
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
    write();
    return false;
}

void session::write() {
    writing_ = true;
    const std::array<asio::const_buffer, 2> buffers{
        asio::buffer(unsent_.data(), unsent_.size()) + unsent_at_,
        asio::buffer(unsent_body_.data(), unsent_body_.size()) + unsent_body_at_};
    socket_.async_write_some(buffers,
                             [self = shared_from_this()](error_code error, std::size_t count) {
                                 self->on_written(error, count);
                             });
}

void session::on_written(error_code error, std::size_t count) {
    writing_ = false;
    if (error) return close();
    moved_bytes_ += count;
    home_.metrics.sent_bytes.add(count);
    const auto of_text = std::min(count, unsent_.size() - unsent_at_);
    unsent_at_ += of_text;
    unsent_body_at_ += count - of_text;
    if (unsent_at_ < unsent_.size() || unsent_body_at_ < unsent_body_.size()) return write();
    unsent_ = {};
    unsent_body_ = {};
    restart_clock();
    if (computed_) return on_computed(std::move(*std::exchange(computed_, std::nullopt)));
    proceed();
}

// Closing with unread bytes makes the system send a reset, which can overtake the reply: say that
// we are done, and read on, within bounds, until the peer is done too.
void session::linger() {
    if (peer_done_ || (!must_linger_ && input_.empty())) return close();
    error_code ignored;
    socket_.shutdown(tcp_socket::shutdown_send, ignored);
    stage_ = stage::lingering;
    if (!reading_) {  // into one of these
        input_.clear();
        body_ = {};
    }
    set_low_water(1);
    restart_clock();
    read();
}

void session::close() {
    error_code ignored;
    socket_.close(ignored);
}

// The least that has to have come before the system wakes us.
void session::set_low_water(std::size_t bytes) {
    if (bytes == low_water_) return;
    low_water_ = bytes;
    error_code ignored;
    socket_.set_option(asio::socket_base::receive_low_watermark(static_cast<int>(bytes)), ignored);
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
            if (chunks_ || body_rest_ > 0) break;
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
                error_code ignored;
                if (socket_.available(ignored) == 0) close();
            }
            return;
    }
    // The low-water mark keeps a slow body's bytes in the system: they have come all the same.
    error_code ignored;
    if (!too_slow(settings.header_timeout_ms, socket_.available(ignored))) return;
    if (!keep_body_) return close();
    refuse({408, "the body comes at less than " + std::to_string(settings.body_rate_min) +
                     " bytes per second (--body-rate-min)"});
    proceed();
}
}  // namespace lanewise::server
