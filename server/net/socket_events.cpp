#include "socket_events.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <limits>

namespace lanewise::server {
namespace {

using boost::system::error_code;

// After so many events the results of the compute threads and the deadlines have their turn.
constexpr std::size_t batch_max = 64;

constexpr std::uint32_t to_read = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;

[[noreturn]] void fail(const char* what) {
    throw boost::system::system_error(error_code(errno, boost::system::system_category()), what);
}

bool control(int poll, int operation, int descriptor, std::uint32_t events, socket_watcher* whom) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = whom;
    return epoll_ctl(poll, operation, descriptor, &event) == 0;
}

}  // namespace

socket_events::socket_events() : poll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (poll_ < 0) fail("epoll_create1");
    // Each write is an edge, and so is reported once: nobody has to read what was written. It is
    // nobody's socket.
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_ >= 0 && control(poll_, EPOLL_CTL_ADD, wake_, EPOLLIN | EPOLLET, nullptr)) return;
    const auto error = errno;
    if (wake_ >= 0) ::close(wake_);
    ::close(poll_);
    errno = error;
    fail("eventfd");
}

socket_events::~socket_events() {
    ::close(wake_);
    ::close(poll_);
}

bool socket_events::watch(int descriptor, socket_watcher& whom) {
    return control(poll_, EPOLL_CTL_ADD, descriptor, to_read, &whom);
}

bool socket_events::watch_room(int descriptor, socket_watcher& whom) {
    return control(poll_, EPOLL_CTL_MOD, descriptor, to_read | EPOLLOUT, &whom);
}

void socket_events::watch_backlog(int descriptor, socket_watcher& whom, bool wanted) {
    const std::uint32_t events = wanted ? std::uint32_t{EPOLLIN} : 0;
    if (control(poll_, EPOLL_CTL_MOD, descriptor, events, &whom)) return;
    if (errno != ENOENT || !control(poll_, EPOLL_CTL_ADD, descriptor, events, &whom))
        fail("epoll_ctl");
}

void socket_events::wait(std::chrono::milliseconds longest) {
    constexpr std::chrono::milliseconds::rep most = std::numeric_limits<int>::max();
    std::array<epoll_event, batch_max> events;
    const auto count = epoll_wait(poll_, events.data(), batch_max,
                                  static_cast<int>(std::clamp(longest.count(), {}, most)));
    rest_ = {events.data(), static_cast<std::size_t>(std::max(count, 0))};
    while (!rest_.empty()) {
        const auto event = rest_.front();
        rest_ = rest_.subspan(1);
        if (event.data.ptr != nullptr)
            static_cast<socket_watcher*>(event.data.ptr)->on_socket_event(event.events);
    }
}

void socket_events::wake() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

void socket_events::forget(const socket_watcher& whom) noexcept {
    for (auto& event : rest_) {
        if (event.data.ptr == &whom) event.data.ptr = nullptr;
    }
}

}  // namespace lanewise::server
