// Which of a thread's connections can be read or written again. An epoll of our own, which the
// thread's event loop watches as one descriptor.
//
// Asio's own way to a read is to try it first. After a reply nothing has come yet, so that each
// request costs one recv that fails, 7 % of it. Here a read is tried once the system has reported
// something, edge by edge, and a whole batch of connections costs the event loop one turn.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

#include "at_place.hpp"

namespace lanewise::server {

/// Whom events are reported to, while its socket is open.
class socket_watcher {
public:
    /// The socket can be read, or written again; the events are those of epoll. It may end itself,
    /// and others, which tell socket_events::forget.
    virtual void on_socket_event(std::uint32_t events) noexcept = 0;

protected:
    ~socket_watcher() = default;
};

class socket_events {
public:
    /// Throws boost::system::system_error.
    explicit socket_events(boost::asio::io_context& io);

    /// Reports from the next turn of the loop until the descriptor is closed. False where the
    /// system has no memory for it.
    bool watch(int descriptor, socket_watcher& whom);

    /// Reports also when there is room to write again.
    bool watch_room(int descriptor, socket_watcher& whom);

    /// Waits for the next batch, unless it waits already.
    void wait();

    /// Lets the event loop run out of work.
    void stop();

    /// A watcher that ends tells it here: one connection may end another (one that gives way), and
    /// the batch that is being reported may still name it.
    void forget(const socket_watcher& whom) noexcept;

private:
    std::size_t take_batch();

    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> poll_;
    std::span<epoll_event> rest_;  // of the batch that is being reported
    bool waiting_ = false;
    alignas(std::max_align_t) std::array<std::byte, at_place<char>::bytes_max> place_{};
};

}  // namespace lanewise::server
