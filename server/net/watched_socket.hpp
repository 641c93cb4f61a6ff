// A connection's socket, and what its thread's loop has reported of it: whether there may be
// something to read, whether the peer has ended, from how many bytes on the system reports.
#pragma once

#include <sys/epoll.h>

#include <boost/asio/error.hpp>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "peer_socket.hpp"
#include "socket_events.hpp"

namespace lanewise::server {

class watched_socket {
public:
    explicit watched_socket(peer_socket socket) : socket_(std::move(socket)) {}

    /// False where the system has no memory for it.
    [[nodiscard]] bool watch(socket_events& by, socket_watcher& whom) {
        return by.watch(socket_.descriptor(), whom);
    }

    /// The same for room to write, from the first call on.
    [[nodiscard]] bool watch_room(socket_events& by, socket_watcher& whom) {
        return std::exchange(watches_room_, true) || by.watch_room(socket_.descriptor(), whom);
    }

    /// What was reported: events of epoll.
    void note(std::uint32_t events) {
        if ((events & ~(EPOLLIN | EPOLLOUT)) != 0) reads_until_empty_ = true;
        if ((events & ~EPOLLOUT) != 0 || socket_.waits_for_room()) readable_ = true;
    }

    [[nodiscard]] bool is_open() const { return socket_.is_open(); }
    [[nodiscard]] bool is_readable() const { return readable_; }

    /// Whether reading has to wait for room to write, as within a TLS handshake.
    [[nodiscard]] bool waits_for_room() const { return socket_.waits_for_room(); }

    /// Whether a TLS handshake is not done.
    [[nodiscard]] bool is_connecting() const { return socket_.is_connecting(); }

    /// What is sent and received from now on is clear text.
    void speak_plainly() { socket_.speak_plainly(); }

    /// Whether the peer will send no more.
    [[nodiscard]] bool has_ended() const { return ended_; }

    /// What one call brought; would_block where nothing is there.
    std::size_t receive(std::span<char> room, boost::system::error_code& error) {
        const auto count = socket_.receive(room, error);
        // What comes after all that had come is reported.
        if (socket_.took_all(count, room.size())) readable_ = reads_until_empty_;
        // Where nothing was read because records wait for room, TLS may hold what nobody reports.
        if (error == boost::asio::error::would_block) readable_ = socket_.waits_for_room();
        ended_ = !error && count == 0;
        return count;
    }

    /// Sends the one, then the other: how much of both the system took.
    std::size_t send(std::string_view first, std::string_view second, peer_socket::end end,
                     boost::system::error_code& error) {
        return socket_.send(first, second, end, error);
    }

    /// Bytes that came and are not read yet.
    [[nodiscard]] std::size_t available() const { return socket_.available(); }

    /// The same, and those that TLS holds.
    [[nodiscard]] std::size_t held_bytes() const { return socket_.held_bytes(); }

    /// The least that has to have come before the system reports it.
    void set_low_water(std::size_t bytes) {
        if (bytes == low_water_) return;
        // What had come below a higher mark was not reported.
        if (bytes < low_water_) readable_ = true;
        low_water_ = static_cast<std::uint32_t>(bytes);
        socket_.set_low_water(bytes);
    }

    void end_sending() { socket_.end_sending(); }
    void close() { socket_.close(); }

private:
    peer_socket socket_;
    std::uint32_t low_water_ = 1;
    bool readable_ = false;           // there may be something to read
    bool reads_until_empty_ = false;  // a short read is not the last: an end or urgent data follows
    bool watches_room_ = false;
    bool ended_ = false;
};

}  // namespace lanewise::server
