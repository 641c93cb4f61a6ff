// One connection of a client, plain or TLS: it opens, carries a request at a time, and ends. Who
// uses it learns of each by a call; nothing here waits.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http_reply_reader.hpp"
#include "tls_client.hpp"

namespace lanewise::bench {

class http_connection;

/// Why a connection or a reply came to nothing.
struct load_failure {
    std::string what;       ///< in the words of a report: "connection refused"
    bool own_lack = false;  ///< this machine lacked descriptors, memory or ports: not the server
};

/// Called from the thread that runs the connection's io_context, never from within a call to the
/// connection.
class connection_user {
public:
    virtual void on_open(http_connection& which) = 0;
    /// A whole reply: which.reader() has it. The next request may be sent where which.reusable().
    virtual void on_reply(http_connection& which) = 0;
    /// It is over: before it was open, in the middle of a reply, or while nothing was asked.
    virtual void on_broken(http_connection& which, const load_failure& why) = 0;

protected:
    ~connection_user() = default;
};

class http_connection
    : public boost::intrusive_ref_counter<http_connection, boost::thread_unsafe_counter> {
public:
    using tcp = boost::asio::ip::tcp;
    using clock = std::chrono::steady_clock;
    enum class state : std::uint8_t { opening, idle, busy, ending, over };

    /// `tls` may be null, for plain HTTP; so may `sessions`, where none is to be resumed. `number`
    /// is the user's own.
    http_connection(boost::asio::io_context& io, connection_user& user, tls_client* tls,
                    tls_sessions* sessions, std::size_t number = 0);

    void open(const tcp::endpoint& to);

    /// Only where idle. The bytes stay where they are until the reply is there.
    void send(std::string_view request, bool to_head);

    /// No more requests: waits until the server has ended it too, where it can be expected to, so
    /// that the port that rests afterwards is the server's.
    void finish();

    /// Drops it at once. Nobody is told.
    void abort();

    [[nodiscard]] std::size_t number() const noexcept { return number_; }
    [[nodiscard]] state where() const noexcept { return state_; }
    [[nodiscard]] bool reusable() const noexcept {
        return state_ == state::idle && !reader_.closes() && !reader_.surplus() && !writing_;
    }
    [[nodiscard]] http_reply_reader& reader() noexcept { return reader_; }
    /// When it began to open, or to end.
    [[nodiscard]] clock::time_point since() const noexcept { return since_; }
    [[nodiscard]] bool was_open() const noexcept { return was_open_; }
    [[nodiscard]] std::uint64_t replies() const noexcept { return replies_; }
    [[nodiscard]] std::uint64_t reply_bytes() const noexcept { return reply_bytes_; }
    [[nodiscard]] bool resumed();
    /// "TLSv1.3, TLS_AES_256_GCM_SHA384"; empty for plain HTTP.
    [[nodiscard]] std::string protection();

private:
    using error_code = boost::system::error_code;
    using self_ptr = boost::intrusive_ptr<http_connection>;

    void on_connect(const error_code& error);
    void opened();
    void read();
    void on_read(error_code error, std::size_t count);
    void on_read_while_ending(const error_code& error);
    void write_rest(std::string_view rest);
    void breaks(load_failure why);
    [[nodiscard]] load_failure failure(const error_code& error);

    connection_user& user_;
    tls_client* tls_client_;
    tls_sessions* sessions_;
    tcp::socket socket_;
    std::optional<boost::asio::ssl::stream<tcp::socket&>> tls_;
    http_reply_reader reader_;
    std::size_t number_;
    clock::time_point since_;
    std::uint64_t replies_ = 0;
    std::uint64_t reply_bytes_ = 0;
    state state_ = state::opening;
    bool writing_ = false;
    bool peer_ended_ = false;
    bool was_open_ = false;
    std::array<char, 16 << 10> buffer_;
};

/// The failure of a socket's operation.
[[nodiscard]] load_failure failure_of(const boost::system::error_code& error);

/// As failures say it: "2.0 s".
[[nodiscard]] std::string in_seconds(std::chrono::duration<double> span);

}  // namespace lanewise::bench
