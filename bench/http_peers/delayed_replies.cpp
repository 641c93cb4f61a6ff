// A server that replies to each request after a fixed time, plain or within TLS: what a load
// generator measures beyond that time is its own error. One thread; between replies it looks again
// without sleeping where the next one is due within a millisecond.
//
//   lanewise-delayed-replies PORT DELAY_MS [CERTIFICATE KEY]
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string_view>

#include "listening.hpp"

namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::string_view reply =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello world\n";
constexpr std::string_view head_end = "\r\n\r\n";

struct free_tls {
    void operator()(SSL* one) const noexcept { SSL_free(one); }
};

struct connection {
    explicit connection(int descriptor) : socket{descriptor} {}
    ~connection() { close(socket); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    int socket;
    std::unique_ptr<SSL, free_tls> tls;
    std::size_t matched = 0;  ///< octets of the end of a head, so far
};

struct due_reply {
    clock_type::time_point at;
    connection* to;
};

/// The same delay for all: replies are due in the order in which requests came.
class delaying_server {
public:
    delaying_server(std::uint16_t port, std::chrono::nanoseconds delay, SSL_CTX* tls)
        : listening_{lanewise::http_peers::listen_on(port, "lanewise-delayed-replies")},
          delay_{delay},
          tls_{tls} {
        watch(listening_, nullptr);
    }

    [[noreturn]] void run() {
        std::array<epoll_event, 512> events;
        for (;;) {
            send_due();
            const int count = epoll_wait(epoll_, events.data(), events.size(), patience_ms());
            for (int i = 0; i < count; ++i) {
                auto* const one =
                    static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr);
                if (!one) {
                    accept_all();
                } else if (!take(*one)) {
                    forget(one);
                }
            }
        }
    }

private:
    void watch(int socket, connection* one) const {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = one;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
    }

    [[nodiscard]] int patience_ms() const {
        if (due_.empty()) return -1;
        const auto left =
            std::chrono::floor<std::chrono::milliseconds>(due_.front().at - clock_type::now());
        return static_cast<int>(std::max<std::chrono::milliseconds::rep>(0, left.count()));
    }

    void accept_all() {
        for (;;) {
            const int socket = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK);
            if (socket < 0) return;
            const int on = 1;
            setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            auto* const one = new connection{socket};
            if (tls_) {
                one->tls.reset(SSL_new(tls_));
                SSL_set_fd(one->tls.get(), socket);
                SSL_set_accept_state(one->tls.get());
            }
            watch(socket, one);
        }
    }

    void forget(connection* one) {
        std::erase_if(due_, [one](const due_reply& reply_to) { return reply_to.to == one; });
        delete one;
    }

    /// Counts the heads that end in what has come; false: the peer has ended.
    bool take(connection& from) {
        std::array<char, 16 << 10> input;
        for (;;) {
            ERR_clear_error();
            const auto count = from.tls ? SSL_read(from.tls.get(), input.data(), input.size())
                                        : recv(from.socket, input.data(), input.size(), 0);
            if (count <= 0) {
                return from.tls ? SSL_get_error(from.tls.get(), static_cast<int>(count)) ==
                                      SSL_ERROR_WANT_READ
                                : count < 0 && errno == EAGAIN;
            }
            const auto at = clock_type::now() + delay_;
            for (const char letter :
                 std::string_view{input.data(), static_cast<std::size_t>(count)}) {
                from.matched = letter == head_end[from.matched] ? from.matched + 1 : letter == '\r';
                if (from.matched < head_end.size()) continue;
                from.matched = 0;
                due_.push_back({at, &from});
            }
        }
    }

    void send_due() {
        while (!due_.empty() && due_.front().at <= clock_type::now()) {
            auto* const to = due_.front().to;
            due_.pop_front();
            const auto sent = to->tls ? SSL_write(to->tls.get(), reply.data(), reply.size())
                                      : send(to->socket, reply.data(), reply.size(), MSG_NOSIGNAL);
            if (sent <= 0) forget(to);
        }
    }

    int listening_;
    int epoll_ = epoll_create1(0);
    std::chrono::nanoseconds delay_;
    SSL_CTX* tls_;
    std::deque<due_reply> due_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3 && argc != 5) {
        std::fputs("usage: lanewise-delayed-replies PORT DELAY_MS [CERTIFICATE KEY]\n", stderr);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);  // which SSL_write raises where a client hung up
    SSL_CTX* tls = nullptr;
    if (argc == 5) {
        tls = SSL_CTX_new(TLS_server_method());
        if (SSL_CTX_use_certificate_chain_file(tls, argv[3]) != 1 ||
            SSL_CTX_use_PrivateKey_file(tls, argv[4], SSL_FILETYPE_PEM) != 1) {
            std::fputs("lanewise-delayed-replies: the certificate or its key can't be used\n",
                       stderr);
            return 1;
        }
    }
    const std::chrono::duration<double, std::milli> delay{std::atof(argv[2])};
    delaying_server{static_cast<std::uint16_t>(std::atoi(argv[1])),
                    std::chrono::duration_cast<std::chrono::nanoseconds>(delay), tls}
        .run();
}
