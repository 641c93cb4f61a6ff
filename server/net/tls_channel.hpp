// TLS on a connected socket that never blocks: what peer_socket does, in records of OpenSSL.
//
// OpenSSL reads straight from the socket. What it writes is gathered in memory that a thread's
// connections share, and leaves in one call of the system: a reply of 64 KiB is five records, and a
// handshake's tickets go with the first reply.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <boost/intrusive/list.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "server/endpoints/metrics.hpp"
#include "server/http/body_pool.hpp"

namespace lanewise::server {

struct tls_workspace;

class tls_channel : public boost::intrusive::list_base_hook<
                        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    /// A new server's side of a connection. Throws std::bad_alloc. Where the thread has as many
    /// handshakes under way as it may, the one that began first is given up.
    tls_channel(SSL_CTX& context, int descriptor, tls_workspace& shared);
    ~tls_channel();
    tls_channel(const tls_channel&) = delete;
    tls_channel& operator=(const tls_channel&) = delete;

    /// The error of a peer that speaks HTTP where it should begin a handshake.
    static const boost::system::error_code plain_http;

    /// What one record brought; 0 without an error is the end of what the peer sends, with or
    /// without its close_notify: an HTTP request says itself where it ends. Would_block stands for
    /// either direction.
    std::size_t receive(std::span<char> room, boost::system::error_code& error);

    /// Whether all that had come was taken: the system reports what comes next.
    [[nodiscard]] bool took_all() const {
        return broken_ || (socket_is_empty_ && SSL_has_pending(ssl_) == 0);
    }

    /// Whether records came that nobody has deciphered yet, or not all of one.
    [[nodiscard]] bool holds_more() const {
        return !broken_ && !starved_ && SSL_has_pending(ssl_) != 0;
    }

    /// Whether the next step waits for room to write, whoever asked for it.
    [[nodiscard]] bool waits_for_room() const { return pending_.size() > 0; }

    /// Sends the one, then the other; one of them holds something. Returns how much has left, in
    /// clear text: whoever is told less than all has to go on with the rest of the same bytes.
    /// Where these are the last ones, their end (close_notify) is sent with them.
    std::size_t send(std::string_view first, std::string_view second, bool last,
                     boost::system::error_code& error);

    /// The handshake is not done.
    [[nodiscard]] bool is_connecting() const { return connecting_; }

    /// Bytes that came and did not become clear text yet: parts of a record.
    [[nodiscard]] std::size_t undeciphered_bytes() const { return raw_bytes_; }

    /// Says that nothing more will come (close_notify), unless a record was cut short.
    void end_sending() noexcept;

private:
    struct outcome_of_call {
        std::size_t count;
        int error;  // of SSL_get_error
    };
    template <class Call>
    outcome_of_call call(Call what);
    static BIO_METHOD* socket_method();
    int read_raw(BIO* bio, char* into, int size);
    int write_raw(BIO* bio, const char* from, int size);
    bool flush(boost::system::error_code& error);
    bool send_pending(std::size_t& left, boost::system::error_code& error);
    std::size_t send_raw(std::string_view bytes, boost::system::error_code& error);
    bool keep(std::string_view records);
    void keep_for_reply(boost::system::error_code& error);
    boost::system::error_code failed(int error);
    void say_end() noexcept;
    void note_handshake();
    void give_up() noexcept;

    tls_workspace& shared_;
    SSL* ssl_;
    const int descriptor_;
    bool connecting_ = true;
    bool socket_is_empty_ = false;
    bool starved_ = true;  // what came is deciphered, up to the beginning of a record
    bool peer_ended_ = false;
    bool ended_ = false;   // what is to be sent
    bool last_ = false;    // the end of the connection follows what is sent
    bool broken_ = false;  // nothing can be said any more
    bool speaks_http_ = false;
    int socket_error_ = 0;
    std::size_t raw_bytes_ = 0;    // read since clear text came last
    std::size_t taken_ahead_ = 0;  // clear text whose records are pending, and not reported as sent
    body_buffer pending_;          // records that the socket would not take
    std::size_t pending_at_ = 0;
};

/// What a thread's TLS connections share.
struct tls_workspace {
    tls_workspace(body_pool& pool, thread_metrics& counted, std::uint64_t most)
        : waiting(pool), metrics(counted), handshakes_most(most) {}

    // Four records of 16 KiB and what they add; more do not make a call of the system cheaper.
    std::array<char, 72 << 10> out;
    std::size_t out_bytes = 0;
    body_pool& waiting;  // where records that a socket would not take are kept
    thread_metrics& metrics;

    // Under way, in the order in which they began.
    boost::intrusive::list<tls_channel, boost::intrusive::constant_time_size<false>> handshakes;
    std::uint64_t handshakes_open = 0;
    const std::uint64_t handshakes_most;
};

}  // namespace lanewise::server
