// A connected socket that never blocks: the system's calls, without an event loop's bookkeeping.
#pragma once

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <boost/system/error_code.hpp>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace lanewise::server {

class peer_socket {
public:
    peer_socket() = default;
    /// Owns the descriptor, which does not block.
    explicit peer_socket(int descriptor) : descriptor_(descriptor) {}
    peer_socket(peer_socket&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, closed)) {}
    peer_socket& operator=(peer_socket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~peer_socket() { close(); }

    [[nodiscard]] bool is_open() const { return descriptor_ != closed; }
    [[nodiscard]] int descriptor() const { return descriptor_; }

    /// What one call brought; 0 without an error is the end of what the peer sends.
    std::size_t receive(std::span<char> room, boost::system::error_code& error) {
        return again([&] { return ::recv(descriptor_, room.data(), room.size(), 0); }, error);
    }

    /// Sends the one, then the other: how much of both the system took.
    std::size_t send(std::string_view first, std::string_view second,
                     boost::system::error_code& error) {
        if (second.empty()) {
            return again(
                [&] { return ::send(descriptor_, first.data(), first.size(), MSG_NOSIGNAL); },
                error);
        }
        iovec parts[] = {{const_cast<char*>(first.data()), first.size()},
                         {const_cast<char*>(second.data()), second.size()}};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = std::size(parts);
        return again([&] { return ::sendmsg(descriptor_, &message, MSG_NOSIGNAL); }, error);
    }

    /// Bytes that came and are not read yet.
    [[nodiscard]] std::size_t available() const {
        int bytes = 0;
        return ::ioctl(descriptor_, FIONREAD, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
    }

    /// The least that has to have come before the system reports it.
    void set_low_water(std::size_t bytes) {
        const int value = static_cast<int>(bytes);
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value);
    }

    void end_sending() { ::shutdown(descriptor_, SHUT_WR); }

    void close() {
        if (is_open()) ::close(std::exchange(descriptor_, closed));
    }

private:
    static constexpr int closed = -1;

    template <class Call>
    std::size_t again(Call call, boost::system::error_code& error) {
        for (;;) {
            const auto count = call();
            if (count >= 0) return static_cast<std::size_t>(count);
            if (errno == EINTR) continue;
            error.assign(errno, boost::system::system_category());
            return 0;
        }
    }

    int descriptor_ = closed;
};

}  // namespace lanewise::server
