#include "tls_channel.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace lanewise::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t record_bytes_max = 16 << 10;

// What OpenSSL adds to a record at most: its header, nonce, padding and tag.
constexpr std::size_t record_overhead_bytes = 256;

// A handshake has a few KiB, of which keys that resist quantum computers are the largest part. This
// much that brings no clear text is none, nor a stream of renegotiations or changes of keys.
constexpr std::size_t raw_bytes_max = 64 << 10;

error_code system_error(int number) {
    return {number, boost::system::system_category()};
}

// The first byte of a handshake is 22; a request begins with a method.
bool begins_request(char first) {
    return first >= 'A' && first <= 'Z';
}

}  // namespace

const error_code tls_channel::plain_http = system_error(EPROTONOSUPPORT);

tls_channel::tls_channel(SSL_CTX& context, int descriptor, tls_workspace& shared)
    : shared_(shared), ssl_(SSL_new(&context)), descriptor_(descriptor) {
    BIO* const bio = ssl_ == nullptr ? nullptr : BIO_new(socket_method());
    if (bio == nullptr) {
        SSL_free(ssl_);
        ERR_clear_error();
        throw std::bad_alloc();
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_accept_state(ssl_);
    while (shared_.handshakes_open >= shared_.handshakes_most && !shared_.handshakes.empty())
        shared_.handshakes.front().give_up();
    shared_.handshakes.push_back(*this);
    ++shared_.handshakes_open;
}

tls_channel::~tls_channel() {
    if (connecting_ && !broken_) shared_.metrics.tls_handshakes_failed.add(1);
    if (is_linked()) --shared_.handshakes_open;
    SSL_free(ssl_);
}

// Whoever waits for this socket is told of its end.
void tls_channel::give_up() noexcept {
    --shared_.handshakes_open;
    unlink();
    shared_.metrics.tls_handshakes_failed.add(1);
    SSL_free(std::exchange(ssl_, nullptr));
    broken_ = true;
    ::shutdown(descriptor_, SHUT_RDWR);
}

void tls_channel::note_handshake() {
    if (!connecting_ || SSL_is_init_finished(ssl_) == 0) return;
    connecting_ = false;
    unlink();
    --shared_.handshakes_open;
    auto& metrics = shared_.metrics;
    (SSL_session_reused(ssl_) != 0 ? metrics.tls_handshakes_resumed : metrics.tls_handshakes_full)
        .add(1);
}

// ---- the socket, as OpenSSL sees it ----

BIO_METHOD* tls_channel::socket_method() {
    static BIO_METHOD* const method = [] {
        auto* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lanewise");
        if (made == nullptr) throw std::bad_alloc();
        BIO_meth_set_read(made, [](BIO* bio, char* into, int size) {
            return static_cast<tls_channel*>(BIO_get_data(bio))->read_raw(bio, into, size);
        });
        BIO_meth_set_write(made, [](BIO* bio, const char* from, int size) {
            return static_cast<tls_channel*>(BIO_get_data(bio))->write_raw(bio, from, size);
        });
        BIO_meth_set_ctrl(made, [](BIO* bio, int what, long, void*) -> long {
            if (what == BIO_CTRL_FLUSH) return 1;
            if (what != BIO_CTRL_EOF) return 0;
            return static_cast<tls_channel*>(BIO_get_data(bio))->peer_ended_ ? 1 : 0;
        });
        return made;
    }();
    return method;
}

int tls_channel::read_raw(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    if (raw_bytes_ >= raw_bytes_max) {
        socket_error_ = EPROTO;
        return -1;
    }
    const auto room = static_cast<std::size_t>(size);
    ssize_t count = 0;
    do {
        count = ::recv(descriptor_, into, room, 0);
    } while (count < 0 && errno == EINTR);
    if (count > 0) {
        const bool is_first = connecting_ && raw_bytes_ == 0;
        raw_bytes_ += static_cast<std::size_t>(count);
        socket_is_empty_ = static_cast<std::size_t>(count) < room;
        speaks_http_ = is_first && begins_request(into[0]);
        return speaks_http_ ? -1 : static_cast<int>(count);
    }
    if (count == 0) {
        peer_ended_ = true;
        return 0;
    }
    if (errno != EAGAIN) {
        socket_error_ = errno;
        return -1;
    }
    socket_is_empty_ = true;
    BIO_set_retry_read(bio);
    return -1;
}

int tls_channel::write_raw(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    const auto count =
        std::min(static_cast<std::size_t>(size), shared_.out.size() - shared_.out_bytes);
    if (count == 0) {
        BIO_set_retry_write(bio);
        return -1;
    }
    std::memcpy(shared_.out.data() + shared_.out_bytes, from, count);
    shared_.out_bytes += count;
    return static_cast<int>(count);
}

// ---- records out ----

std::size_t tls_channel::send_raw(std::string_view bytes, error_code& error) {
    for (;;) {
        const auto count =
            ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | (last_ ? MSG_MORE : 0));
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno == EINTR) continue;
        if (errno != EAGAIN) error = system_error(errno);
        return 0;
    }
}

// False where something stays pending, or with an error.
bool tls_channel::send_pending(std::size_t& left, error_code& error) {
    if (pending_.size() == 0) return true;
    left = send_raw(pending_.text().substr(pending_at_), error);
    pending_at_ += left;
    if (pending_at_ < pending_.size()) return false;
    pending_ = {};
    pending_at_ = 0;
    return true;
}

// Sends what was gathered; what the socket does not take becomes pending. False where something
// does, or with an error.
bool tls_channel::flush(error_code& error) {
    const std::string_view all(shared_.out.data(), shared_.out_bytes);
    if (all.empty()) return pending_.size() == 0;
    const auto left = send_raw(all, error);
    if (error || left == all.size()) {
        shared_.out_bytes = 0;
        return !error;
    }
    if (!keep(all.substr(left))) error = asio::error::no_memory;
    shared_.out_bytes = 0;
    return false;
}

// These records wait for room. Another connection may have to give way for it, and says its end in
// the same shared memory, behind what is there.
bool tls_channel::keep(std::string_view records) {
    auto memory = shared_.waiting.take(records.size());
    if (!memory) return false;
    std::memcpy(memory->data(), records.data(), records.size());
    pending_ = std::move(*memory);
    pending_at_ = 0;
    return true;
}

// Tickets and the like wait for the reply that is about to be written, which saves a call.
void tls_channel::keep_for_reply(error_code& error) {
    if (shared_.out_bytes == 0) return;
    if (keep({shared_.out.data(), shared_.out_bytes})) {
        shared_.out_bytes = 0;
    } else {
        flush(error);
    }
}

template <class Call>
tls_channel::outcome_of_call tls_channel::call(Call what) {
    ERR_clear_error();
    outcome_of_call outcome{0, SSL_ERROR_NONE};
    const int result = what(outcome.count);
    if (result <= 0) {
        outcome.count = 0;
        outcome.error = SSL_get_error(ssl_, result);
    }
    note_handshake();
    return outcome;
}

// The connection is at its end; the peer is told why, where the protocol has words for it.
error_code tls_channel::failed(int error) {
    const bool may_say_why = error == SSL_ERROR_SSL && !speaks_http_;
    ERR_clear_error();
    error_code ignored;
    if (may_say_why && pending_.size() == 0) flush(ignored);
    shared_.out_bytes = 0;
    if (connecting_ && !std::exchange(broken_, true)) shared_.metrics.tls_handshakes_failed.add(1);
    broken_ = true;
    if (speaks_http_) return plain_http;
    if (socket_error_ != 0) return system_error(socket_error_);
    return asio::error::connection_aborted;
}

std::size_t tls_channel::receive(std::span<char> room, error_code& error) {
    if (broken_) {
        error = asio::error::connection_aborted;
        return 0;
    }
    // What this call does not see for itself may have come since: it was reported once.
    socket_is_empty_ = false;
    // As with replies: nothing is read from a peer that does not take what is there for it.
    std::size_t left = 0;
    if (!send_pending(left, error)) {
        if (!error) error = asio::error::would_block;
        return 0;
    }
    for (;;) {
        const auto brought = call([&](std::size_t& count) {
            return SSL_read_ex(ssl_, room.data(), room.size(), &count);
        });
        switch (brought.error) {
            case SSL_ERROR_NONE:
                raw_bytes_ = 0;
                starved_ = false;
                keep_for_reply(error);
                if (error) broken_ = true;
                return error ? 0 : brought.count;
            case SSL_ERROR_ZERO_RETURN:
                socket_is_empty_ = true;
                flush(error);
                return 0;
            case SSL_ERROR_WANT_WRITE:
                if (flush(error)) continue;
                if (!error) error = asio::error::would_block;
                return 0;
            case SSL_ERROR_WANT_READ:
                starved_ = true;
                flush(error);
                if (!error) error = asio::error::would_block;
                return 0;
            default:
                error = failed(brought.error);
                return 0;
        }
    }
}

std::size_t tls_channel::send(std::string_view first, std::string_view second, bool last,
                              error_code& error) {
    if (broken_) {
        error = asio::error::connection_aborted;
        return 0;
    }
    last_ = last;
    std::size_t sent = 0;  // of the clear text of this call
    if (pending_.size() > 0 && taken_ahead_ == 0 && pending_at_ == 0 &&
        pending_.size() <= record_bytes_max / 2) {
        std::memcpy(shared_.out.data(), pending_.data(), pending_.size());
        shared_.out_bytes = pending_.size();
        pending_ = {};
    } else {
        std::size_t left = 0;
        const bool all = send_pending(left, error);
        if (error) return 0;
        sent = all ? taken_ahead_
                   : std::min(left, taken_ahead_ - std::min<std::size_t>(taken_ahead_, 1));
        taken_ahead_ -= sent;
        if (!all) {
            if (sent == 0) error = asio::error::would_block;
            return sent;
        }
    }
    const auto all = first.size() + second.size();
    assert(all > 0);  // what was pending leaves with it
    const auto rest_after = [&](std::size_t at) {
        return at < first.size() ? first.substr(at) : second.substr(at - first.size());
    };
    while (sent < all) {
        std::size_t taken = 0;
        bool waits = false;
        while (sent + taken < all &&
               shared_.out.size() - shared_.out_bytes >= record_bytes_max + record_overhead_bytes) {
            const auto part = rest_after(sent + taken).substr(0, record_bytes_max);
            const auto written = call([&](std::size_t& count) {
                return SSL_write_ex(ssl_, part.data(), part.size(), &count);
            });
            taken += written.count;
            if (written.error == SSL_ERROR_NONE) continue;
            waits = written.error == SSL_ERROR_WANT_READ;
            if (waits || written.error == SSL_ERROR_WANT_WRITE) break;
            error = failed(written.error);
            return 0;
        }
        const bool room = shared_.out.size() - shared_.out_bytes >= record_overhead_bytes;
        if (last && sent + taken == all && room) say_end();
        const auto gathered = shared_.out_bytes;
        if (!flush(error)) {
            if (error) {
                broken_ = true;
                return 0;
            }
            // As much of it has left as of its records, but for the last byte.
            const auto left = gathered - pending_.size();
            const auto now = std::min(left, taken - std::min<std::size_t>(taken, 1));
            taken_ahead_ = taken - now;
            sent += now;
            if (sent == 0) error = asio::error::would_block;
            return sent;
        }
        sent += taken;
        if (waits) {  // for the handshake
            if (sent == 0) error = asio::error::would_block;
            return sent;
        }
    }
    return sent;
}

void tls_channel::say_end() noexcept {
    ended_ = true;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
}

void tls_channel::end_sending() noexcept {
    if (broken_ || connecting_ || ended_) return;
    last_ = true;
    error_code ignored;
    std::size_t left = 0;
    if (!send_pending(left, ignored)) return;
    const auto others = shared_.out_bytes;  // of a connection for which this one gives way
    say_end();
    send_raw({shared_.out.data() + others, shared_.out_bytes - others}, ignored);
    shared_.out_bytes = others;
}

}  // namespace lanewise::server
