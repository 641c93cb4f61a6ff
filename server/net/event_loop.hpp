// One thread's loop, and what its connections share: they take turns, so that none of it needs a
// lock.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

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

    // What is posted holds connections: these outlive it.
    pending_memory pending;
    socket_events events;
    bool bodies_short = false;  // a body was refused for want of memory, in the last period
    std::array<char, input_buffer::shared_bytes> received;  // of the connection that reads
    known_answers known;
    reply_batch gathered;
    std::uint64_t idle_ends_ms = UINT64_MAX;  // from then on idle connections are closed

    /// From any thread: calls the function on the loop's own, after the batch of events that is
    /// being reported. Throws std::bad_alloc, unless the function brings memory of its own.
    template <class Function>
    void post(Function&& function) {
        boost::asio::post(posted_, std::forward<Function>(function));
        if (!any_posted_.exchange(true)) events.wake();
    }

    /// A turn: waits for events, for so long at most, reports them and calls what was posted.
    void turn(std::chrono::milliseconds longest);

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
    boost::asio::io_context posted_{1};  // which has neither sockets nor timers
    std::atomic<bool> any_posted_ = false;
    std::uint64_t now_ms_ = 0;
    std::uint64_t refusals_ = 0;  // of bodies, at the last look
    std::array<char, date_bytes> date_{};
    std::uint64_t date_second_ = 0;
};

}  // namespace lanewise::server
