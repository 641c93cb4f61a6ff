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
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "at_place.hpp"
#include "connection_places.hpp"
#include "known_answers.hpp"
#include "listening.hpp"
#include "readiness.hpp"
#include "server/endpoints/app.hpp"
#include "server/log/log.hpp"
#include "session.hpp"

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

    /// From any thread: take the last connections off the backlog, stop listening, hang up on the
    /// idle, answer the rest.
    void drain();

    /// From any thread: hang up on all.
    void cut_off();

    // For sessions, on this thread:
    app& shared;
    thread_metrics& metrics;
    const exposure shown;

private:
    // What waits for connections at a place; outlives io, whose handlers set it and lie in it.
    struct waiting_place {
        bool waits = false;
        alignas(std::max_align_t) std::array<std::byte, at_place<char>::bytes_max> memory{};
    };
    std::vector<waiting_place> waiting_;

public:
    // Sockets and timers belong to this thread alone and need no locks; what others post does, and
    // has one.
    boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    readiness ready{io};
    std::string out;  // replies of the session that is at work, until it writes them
    std::array<char, input_buffer::shared_bytes> received;  // of the session that reads
    known_answers known;
    std::vector<std::size_t> answered;  // the routes of those replies
    answered_requests access_lines;     // and what the log will say of them
    std::uint64_t now_ms = 0;           // steady; as old as one period at most
    std::uint64_t period_ms;            // of the sweep
    bool draining = false;
    [[nodiscard]] std::string_view date() const { return {date_.data(), date_.size()}; }

private:
    using acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                        boost::asio::io_context::executor_type>;
    using timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          boost::asio::io_context::executor_type>;

    enum class backlog : std::uint8_t { empty, more, stuck };

    void accept();
    void accept(std::size_t place);
    backlog take_backlog(acceptor& from, std::uint64_t connections_most);
    void close_listener(acceptor& one);
    [[nodiscard]] bool listens() const;
    void close_all();
    void admit(peer_socket socket);
    void schedule_sweep();
    void sweep();
    void read_clocks();

    std::vector<acceptor> acceptors_;  // one for each place
    timer timer_;
    std::uint64_t stops_listening_ms_ = 0;  // while draining
    bool sweep_scheduled_ = false;
    connection_places& connections_;
    std::array<char, date_bytes> date_{};
    std::uint64_t date_second_ = 0;
    boost::intrusive::list<session, boost::intrusive::constant_time_size<false>> sessions_;
    friend session;
};

}  // namespace lanewise::server
