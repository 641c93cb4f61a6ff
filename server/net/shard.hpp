// One thread of the server: its event loop, its listening socket, its connections, and the one
// timer for all deadlines.
#pragma once

#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "at_place.hpp"
#include "connection_places.hpp"
#include "event_loop.hpp"
#include "listening.hpp"
#include "server/endpoints/app.hpp"
#include "session.hpp"
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
    // What waits for connections at a place; outlives the loop, whose handlers set it and lie in
    // it.
    struct waiting_place {
        bool waits = false;
        alignas(std::max_align_t) std::array<std::byte, at_place<char>::bytes_max> memory{};
    };
    using acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                        boost::asio::io_context::executor_type>;
    using timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          boost::asio::io_context::executor_type>;

    enum class backlog : std::uint8_t { empty, more, stuck };

    void accept();
    void accept(std::size_t place);
    backlog take_backlog(std::size_t place, std::uint64_t connections_most);
    void close_listener(acceptor& one);
    [[nodiscard]] bool listens() const;
    void close_all();
    void admit(peer_socket socket);
    void schedule_sweep();
    void sweep();

    std::vector<waiting_place> waiting_;
    std::unique_ptr<tls_workspace> tls_;  // outlives all sessions; null where no place speaks TLS
    event_loop loop_;
    std::vector<acceptor> acceptors_;              // one for each place
    std::vector<const tls_identity*> identities_;  // null where HTTP is spoken in the clear
    timer timer_;
    bool draining_ = false;
    std::uint64_t stops_listening_ms_ = 0;  // while draining
    bool sweep_scheduled_ = false;
    boost::intrusive::list<session, boost::intrusive::constant_time_size<false>> sessions_;
};

}  // namespace lanewise::server
