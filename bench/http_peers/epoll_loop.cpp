// The least that a server on one thread can do: a raw epoll loop that counts the ends of heads and
// sends as many copies of one reply. No parsing, no limits, no deadlines: the floor under any
// server.
//
//   lanewise-epoll-loop PORT REPLY_FILE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "listening.hpp"

namespace {

constexpr std::size_t replies_max = 64;  // of one read

void watch(int epoll, int socket) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

void accept_all(int epoll, int listening) {
    for (;;) {
        const int socket = accept4(listening, nullptr, nullptr, SOCK_NONBLOCK);
        if (socket < 0) return;
        const int on = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(epoll, socket);
    }
}

std::size_t heads_in(std::string_view bytes) {
    std::size_t heads = 0;
    for (auto at = bytes.find("\r\n\r\n"); at != std::string_view::npos;
         at = bytes.find("\r\n\r\n", at + 4)) {
        ++heads;
    }
    return heads;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: lanewise-epoll-loop PORT REPLY_FILE\n", stderr);
        return 2;
    }
    std::ifstream file(argv[2], std::ios::binary);
    const std::string reply{std::istreambuf_iterator<char>(file), {}};
    std::string replies;
    for (std::size_t i = 0; i < replies_max; ++i) replies += reply;

    const int listening = lanewise::http_peers::listen_on(
        static_cast<std::uint16_t>(std::atoi(argv[1])), "lanewise-epoll-loop");
    const int epoll = epoll_create1(0);
    watch(epoll, listening);
    std::array<epoll_event, 512> events;
    std::array<char, 64 << 10> input;
    for (;;) {
        const int count = epoll_wait(epoll, events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            const int socket = events[static_cast<std::size_t>(i)].data.fd;
            if (socket == listening) {
                accept_all(epoll, listening);
                continue;
            }
            const auto received = recv(socket, input.data(), input.size(), 0);
            if (received < 0 && errno == EAGAIN) continue;
            if (received <= 0) {
                close(socket);
                continue;
            }
            const auto heads =
                std::min(heads_in({input.data(), static_cast<std::size_t>(received)}), replies_max);
            if (heads > 0 && send(socket, replies.data(), heads * reply.size(), MSG_NOSIGNAL) < 0) {
                close(socket);
            }
        }
    }
}
