// A connected socket that never blocks: the system's calls, without an event loop's bookkeeping, in
// the clear or within TLS.
#pragma once

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <boost/system/error_code.hpp>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace lanewise::server {

class tls_channel;

class peer_socket {
public:
    peer_socket() = default;
    /// Owns the descriptor, which does not block.
    explicit peer_socket(int descriptor) : descriptor_(descriptor) {}
    peer_socket(peer_socket&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, closed)), tls_(std::move(other.tls_)) {}
    peer_socket& operator=(peer_socket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        std::swap(tls_, other.tls_);
        return *this;
    }
    ~peer_socket() { close(); }

    [[nodiscard]] bool is_open() const { return descriptor_ != closed; }
    [[nodiscard]] int descriptor() const { return descriptor_; }

    struct tls_release {
        void operator()(tls_channel* channel) const noexcept;
    };
    using tls_pointer = std::unique_ptr<tls_channel, tls_release>;

    /// What is sent and received from now on goes through this.
    void speak_tls(tls_pointer channel) { tls_ = std::move(channel); }

    /// What is sent and received from now on is clear text again.
    void speak_plainly() { tls_.reset(); }

    /// The error of a peer that speaks HTTP where TLS is spoken, in its first bytes.
    [[nodiscard]] static bool is_plain_http(const boost::system::error_code& error);

    /// Whether a TLS handshake is not done.
    [[nodiscard]] bool is_connecting() const { return tls_ && is_tls_connecting(); }

    /// What one call brought; 0 without an error is the end of what the peer sends.
    std::size_t receive(std::span<char> room, boost::system::error_code& error) {
        if (tls_) [[unlikely]]
            return receive_tls(room, error);
        return again([&] { return ::recv(descriptor_, room.data(), room.size(), 0); }, error);
    }

    /// Whether that call took all that had come: it brought so much for which there was so much
    /// room. The system reports what comes next.
    [[nodiscard]] bool took_all(std::size_t count, std::size_t room) const {
        return tls_ ? tls_took_all() : count < room;
    }

    /// Whether reading has to wait for room to write, as within a handshake.
    [[nodiscard]] bool waits_for_room() const { return tls_ && tls_waits_for_room(); }

    /// Whether these are the last bytes of a connection, whose end follows as soon as they are
    /// sent.
    enum class end { later, follows };

    /// Sends the one, then the other: how much of both the system took. After less than all, the
    /// next call has to begin with the rest. What an end follows waits for it in the system, and
    /// leaves in one segment with it.
    std::size_t send(std::string_view first, std::string_view second, end its_end,
                     boost::system::error_code& error) {
        if (tls_) [[unlikely]]
            return send_tls(first, second, its_end == end::follows, error);
        const int flags = MSG_NOSIGNAL | (its_end == end::follows ? MSG_MORE : 0);
        if (second.empty()) {
            return again([&] { return ::send(descriptor_, first.data(), first.size(), flags); },
                         error);
        }
        iovec parts[] = {{const_cast<char*>(first.data()), first.size()},
                         {const_cast<char*>(second.data()), second.size()}};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = std::size(parts);
        return again([&] { return ::sendmsg(descriptor_, &message, flags); }, error);
    }

    /// Bytes that came and are not read yet; within TLS their number as it is on the wire, or 1
    /// where nothing but what TLS holds is left.
    [[nodiscard]] std::size_t available() const {
        int count = 0;
        if (::ioctl(descriptor_, FIONREAD, &count) != 0) count = 0;
        const auto bytes = static_cast<std::size_t>(count);
        return bytes == 0 && tls_ && tls_holds_more() ? 1 : bytes;
    }

    /// Bytes that came and were not handed on: those, and parts of records.
    [[nodiscard]] std::size_t held_bytes() const {
        return available() + (tls_ ? tls_undeciphered_bytes() : 0);
    }

    /// The least that has to have come before the system reports it. Within TLS the beginning of a
    /// record may have been read already.
    void set_low_water(std::size_t bytes) {
        constexpr std::size_t record_bytes_max = 17 << 10;
        const auto least = !tls_ ? bytes : bytes > record_bytes_max ? bytes - record_bytes_max : 1;
        const int value = static_cast<int>(least);
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value);
    }

    void end_sending() {
        if (tls_) end_tls();
        ::shutdown(descriptor_, SHUT_WR);
    }

    void close() {
        if (tls_) {
            end_tls();
            tls_.reset();
        }
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

    [[nodiscard]] bool is_tls_connecting() const;
    [[nodiscard]] bool tls_took_all() const;
    [[nodiscard]] bool tls_holds_more() const;
    [[nodiscard]] bool tls_waits_for_room() const;
    [[nodiscard]] std::size_t tls_undeciphered_bytes() const;
    std::size_t receive_tls(std::span<char> room, boost::system::error_code& error);
    std::size_t send_tls(std::string_view first, std::string_view second, bool last,
                         boost::system::error_code& error);
    void end_tls() noexcept;

    int descriptor_ = closed;
    tls_pointer tls_;
};

}  // namespace lanewise::server
