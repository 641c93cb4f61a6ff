// One thread of the server: its event loop, its listening sockets, its connections, and the sweep
// that sees all their deadlines.
#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <span>

#include "connection_places.hpp"
#include "event_loop.hpp"
#include "listening.hpp"
#include "server/endpoints/app.hpp"
#include "session.hpp"
#include "socket_events.hpp"
#include "tls_channel.hpp"
#include "tls_identity.hpp"

namespace lanewise::server {

class shard {
public:
    /// Listens at each place beside the other shards (SO_REUSEPORT). Throws
    /// boost::system::system_error.
    shard(app& shared, std::span<const listening_place> places, connection_places& connections,
          thread_metrics& metrics, exposure shown);
    ~shard();

    /// Serves until drained.
    void run();

    /// From any thread: take the last connections off the backlog, stop listening, end when all
    /// connections have. Those that idle for as long as this are closed.
    void drain(std::chrono::milliseconds idle_time);

    /// From any thread: hang up on all.
    void cut_off();

private:
    // One of the places, while it is open.
    struct listener final : socket_watcher {
        listener(shard& of, const listening_place& place);
        ~listener() { close(); }
        listener(listener&&) = delete;
        listener& operator=(listener&&) = delete;
        [[nodiscard]] bool is_open() const { return descriptor != closed; }
        void close();
        void on_socket_event(std::uint32_t events) noexcept override;

        static constexpr int closed = -1;
        shard& all;
        int descriptor;
        const tls_identity* identity;  // null where HTTP is spoken in the clear
        bool rests = true;             // its backlog is left alone until the next sweep
    };
    enum class backlog : std::uint8_t { empty, more, stuck };

    void accept_again();
    void accept(listener& at);
    void rest(listener& at, bool rests);
    [[nodiscard]] std::uint64_t connections_most() const;
    backlog take_backlog(listener& at, std::uint64_t count_max);
    [[nodiscard]] bool listens() const;
    void close_all();
    void admit(peer_socket socket);
    [[nodiscard]] bool is_over() const;
    void sweep();

    std::unique_ptr<tls_workspace> tls_;  // outlives all sessions; null where no place speaks TLS
    event_loop loop_;
    std::deque<listener> listeners_;  // which stay where they are
    std::chrono::steady_clock::time_point sweeps_at_;
    bool draining_ = false;
    std::uint64_t stops_listening_ms_ = 0;  // while draining
    boost::intrusive::list<session, boost::intrusive::constant_time_size<false>> sessions_;
};

}  // namespace lanewise::server
