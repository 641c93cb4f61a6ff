#include "socket_events.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <boost/asio/bind_allocator.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>

namespace lanewise::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t batch_max = 64;

// Under load there is always a next batch. After so many events accepts, timers and results of the
// compute threads have their turn; until then a batch costs one call of the system.
constexpr std::size_t events_in_a_row_max = 256;

constexpr std::uint32_t to_read = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;

int new_poll() {
    const int descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0) {
        throw boost::system::system_error(error_code(errno, boost::system::system_category()),
                                          "epoll_create1");
    }
    return descriptor;
}

bool control(int poll, int operation, int descriptor, std::uint32_t events, socket_watcher& whom) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &whom;
    return epoll_ctl(poll, operation, descriptor, &event) == 0;
}

}  // namespace

socket_events::socket_events(asio::io_context& io) : poll_(io, new_poll()) {}

bool socket_events::watch(int descriptor, socket_watcher& whom) {
    return control(poll_.native_handle(), EPOLL_CTL_ADD, descriptor, to_read, whom);
}

bool socket_events::watch_room(int descriptor, socket_watcher& whom) {
    return control(poll_.native_handle(), EPOLL_CTL_MOD, descriptor, to_read | EPOLLOUT, whom);
}

void socket_events::wait() {
    if (waiting_ || !poll_.is_open()) return;
    waiting_ = true;
    // No memory is asked for: without this wait all connections would stand still.
    poll_.async_wait(decltype(poll_)::wait_read,
                     asio::bind_allocator(at_place<char>(place_.data()), [this](error_code error) {
                         waiting_ = false;
                         if (error) return;
                         for (std::size_t taken = 0; taken < events_in_a_row_max;) {
                             const auto count = take_batch();
                             if (count == 0) break;
                             taken += count;
                         }
                         wait();
                     }));
}

std::size_t socket_events::take_batch() {
    std::array<epoll_event, batch_max> events;
    const auto count = epoll_wait(poll_.native_handle(), events.data(), batch_max, 0);
    rest_ = {events.data(), static_cast<std::size_t>(std::max(count, 0))};
    while (!rest_.empty()) {
        const auto event = rest_.front();
        rest_ = rest_.subspan(1);
        if (event.data.ptr != nullptr)
            static_cast<socket_watcher*>(event.data.ptr)->on_socket_event(event.events);
    }
    return static_cast<std::size_t>(std::max(count, 0));
}

void socket_events::forget(const socket_watcher& whom) noexcept {
    for (auto& event : rest_) {
        if (event.data.ptr == &whom) event.data.ptr = nullptr;
    }
}

void socket_events::stop() {
    error_code ignored;
    poll_.close(ignored);
}

}  // namespace lanewise::server
