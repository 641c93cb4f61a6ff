// One thread's loop, and what its connections share: they take turns, so that none of it needs a
// lock.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <string_view>

#include "connection_places.hpp"
#include "input_buffer.hpp"
#include "known_answers.hpp"
#include "pending_memory.hpp"
#include "reply_batch.hpp"
#include "server/endpoints/metrics.hpp"
#include "server/endpoints/routes.hpp"
#include "socket_events.hpp"

namespace lanewise::server {

struct app;

class event_loop {
public:
    event_loop(app& of_all, thread_metrics& counted, exposure of_routes, connection_places& at);

    app& shared;
    thread_metrics& metrics;
    const exposure shown;
    connection_places& places;

    pending_memory pending;     // outlives io, whose handlers hold connections
    bool bodies_short = false;  // a body was refused for want of memory, in the last period

    // Sockets and timers belong to this thread alone and need no locks; what others post needs a
    // lock, and has it.
    boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    socket_events events{io};
    std::array<char, input_buffer::shared_bytes> received;  // of the connection that reads
    known_answers known;
    reply_batch gathered;
    std::uint64_t idle_ends_ms = UINT64_MAX;  // from then on idle connections are closed

    /// Milliseconds of a steady clock, as old as one period of the sweep at most.
    [[nodiscard]] std::uint64_t now_ms() const { return now_ms_; }

    /// Begins what has a deadline: later by that period, so that no deadline comes early.
    [[nodiscard]] std::uint64_t begin_ms() const { return now_ms_ + period_ms; }

    /// Now, as the replies' field has it.
    [[nodiscard]] std::string_view date() const { return {date_.data(), date_.size()}; }

    /// Before each sweep of the deadlines, every period_ms.
    void read_clocks();
    std::uint64_t period_ms;

private:
    std::uint64_t now_ms_ = 0;
    std::uint64_t refusals_ = 0;  // of bodies, at the last look
    std::array<char, date_bytes> date_{};
    std::uint64_t date_second_ = 0;
};

}  // namespace lanewise::server
