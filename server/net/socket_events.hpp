// Which of a thread's sockets can be read, written again or accepted from: one epoll, in which the
// thread waits.
//
// Asio's own way to a read is to try it first. After a reply nothing has come yet, so that each
// request costs one recv that fails, 7 % of it. Here a read is tried once the system has reported
// something, edge by edge, and a batch of connections costs one call of the system.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <span>

namespace lanewise::server {

/// Whom events are reported to, while its socket is open.
class socket_watcher {
public:
    /// The socket can be read, or written again, or a connection waits in its backlog; the events
    /// are those of epoll. It may end itself, and others, which tell socket_events::forget.
    virtual void on_socket_event(std::uint32_t events) noexcept = 0;

protected:
    ~socket_watcher() = default;
};

class socket_events {
public:
    /// Throws boost::system::system_error.
    socket_events();
    ~socket_events();
    socket_events(socket_events&&) = delete;
    socket_events& operator=(socket_events&&) = delete;

    /// Reports from the next batch on until the descriptor is closed. False where the system has no
    /// memory for it.
    bool watch(int descriptor, socket_watcher& whom);

    /// Reports also when there is room to write again.
    bool watch_room(int descriptor, socket_watcher& whom);

    /// Reports a listening socket in every batch while connections wait in its backlog; without
    /// `wanted` not at all. Throws boost::system::system_error where the system has no memory for a
    /// socket that was not watched before.
    void watch_backlog(int descriptor, socket_watcher& whom, bool wanted);

    /// Waits for the next batch, for so long at most, and reports it.
    void wait(std::chrono::milliseconds longest);

    /// From any thread: ends the wait that is on, or else the next one.
    void wake() noexcept;

    /// A watcher that ends tells it here: one connection may end another (one that gives way), and
    /// the batch that is being reported may still name it.
    void forget(const socket_watcher& whom) noexcept;

private:
    int poll_ = -1;
    int wake_ = -1;                // an eventfd
    std::span<epoll_event> rest_;  // of the batch that is being reported
};

}  // namespace lanewise::server
