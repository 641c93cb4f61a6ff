#include "http_peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include "options.hpp"

namespace lanewise::server {
namespace {

constexpr auto patience = std::chrono::seconds(10);

// Waits until the socket can be read or written, and returns which.
short wait_until(int socket, short events) {
    pollfd one{socket, events, 0};
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
    if (poll(&one, 1, static_cast<int>(milliseconds.count())) == 0)
        throw std::runtime_error((events & POLLOUT) != 0
                                     ? "the server took nothing more within ten seconds"
                                     : "nothing came from the server within ten seconds");
    return one.revents;
}

}  // namespace

config test_settings() {
    config settings;
    settings.address = "127.0.0.1";
    settings.port = 0;
    settings.threads = 1;
    settings.compute_threads = 1;
    settings.node = "node-a";
    settings.pod = "pod-1";
    settings.instance = "m7g.large";
    turn_options_on(settings);
    if (options_on()) settings.metrics_port = free_port();
    return settings;
}

machine::facts test_machine() {
    machine::facts facts;
    facts.architecture = "arm64";
    facts.machine = "aarch64";
    facts.cpu_model = "Neoverse-V1";
    facts.cores = 2;
    facts.threads = 2;
    facts.threads_per_core = 1;
    facts.emulated = false;
    return facts;
}

// Below those that the system gives to outgoing connections (from 32768 on): of those, a connection
// might take one between the look and its use.
std::uint16_t free_port() {
    std::random_device random;
    std::uniform_int_distribution<std::uint16_t> some{15'000, 31'999};
    for (int attempt = 0; attempt < 100; ++attempt) {
        const auto port = some(random);
        const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        where.sin_port = htons(port);
        const bool free =
            ::bind(probe, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
        ::close(probe);
        if (free) return port;
    }
    FAIL("no free port was found");
    return 0;
}

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

peer::peer(std::uint16_t port, int receive_buffer_bytes, const char* address)
    : socket_(socket(std::strchr(address, ':') != nullptr ? AF_INET6 : AF_INET,
                     SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) throw std::runtime_error("socket: " + std::string{std::strerror(errno)});
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer_bytes > 0) {
        setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                   sizeof receive_buffer_bytes);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    sockaddr_in6 to_ipv6{};
    to_ipv6.sin6_family = AF_INET6;
    to_ipv6.sin6_port = htons(port);
    const bool is_ipv4 = inet_pton(AF_INET, address, &to.sin_addr) == 1;
    if (!is_ipv4) inet_pton(AF_INET6, address, &to_ipv6.sin6_addr);
    const auto* const where = is_ipv4 ? reinterpret_cast<const sockaddr*>(&to)
                                      : reinterpret_cast<const sockaddr*>(&to_ipv6);
    if (connect(socket_, where, is_ipv4 ? sizeof to : sizeof to_ipv6) != 0) {
        const std::string why = std::strerror(errno);
        close(socket_);
        throw std::runtime_error("connect: " + why);
    }
    if (speaks_tls(port)) tls_ = std::make_unique<tls_client>(socket_);
}

peer::peer(peer&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      tls_(std::move(other.tls_)),
      input_(std::move(other.input_)),
      reset_(other.reset_) {}

peer& peer::operator=(peer&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(tls_, other.tls_);
    std::swap(input_, other.input_);
    std::swap(reset_, other.reset_);
    return *this;
}

bool peer::has_ended() const {
    if (tls_) return input_.empty() && tls_->has_ended();
    char byte = 0;
    const auto count = recv(socket_, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    return input_.empty() && (count == 0 || (count < 0 && errno != EAGAIN));
}

peer::~peer() {
    tls_.reset();
    if (socket_ >= 0) close(socket_);
}

// As the system's calls that do not wait.
ssize_t peer::send_now(std::string_view bytes) {
    if (tls_) return tls_->send(bytes);
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t peer::receive_now(std::span<char> room) {
    if (tls_) return tls_->receive(room);
    return recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
}

void peer::wait_for(short events) const {
    wait_until(socket_, tls_ ? tls_->waits_for() : events);
}

std::size_t peer::send_some(std::string_view bytes) {
    if (tls_ && !shake_hands()) return 0;
    const auto count = send_now(bytes);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

void peer::send(std::string_view bytes) {
    std::string with_options;
    bytes = with_token(bytes, with_options);
    while (!bytes.empty()) {
        const auto count = send_now(bytes);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            // The server reads on once its replies are read: how much the sockets between us hold
            // is the system's choice.
            const short room = tls_ ? tls_->waits_for() : short{POLLOUT};
            const short ready = wait_until(socket_, static_cast<short>(room | POLLIN));
            if ((ready & POLLIN) != 0 && read_some() == 0) return;
        } else if (errno != EINTR) {
            return;
        }
    }
}

void peer::send_urgent(char byte) {
    REQUIRE(::send(socket_, &byte, 1, MSG_OOB | MSG_NOSIGNAL) == 1);
}

tls_client& peer::begin_tls(const std::function<void(SSL_CTX*)>& prepare, SSL_SESSION* resume) {
    tls_ = std::make_unique<tls_client>(socket_, prepare, resume);
    return *tls_;
}

bool peer::shake_hands() {
    for (;;) {
        const auto result = tls_->shake_hands();
        if (result >= 0) return true;
        if (errno != EAGAIN) return false;
        wait_for(POLLIN);
    }
}

void peer::half_close() {
    if (tls_ && shake_hands()) tls_->end_sending();
    shutdown(socket_, SHUT_WR);
}

void peer::reset() {
    const linger at_once{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    tls_.reset();
    close(std::exchange(socket_, -1));
}

// What is there already, as the system's calls that do not wait.
ssize_t peer::read_some() {
    std::array<char, 64 << 10> buffer;
    const auto count = receive_now(buffer);
    if (count > 0) input_.append(buffer.data(), static_cast<std::size_t>(count));
    return count;
}

// False at the end of the connection.
bool peer::read_more() {
    for (;;) {
        const auto count = read_some();
        if (count >= 0) return count > 0;
        if (errno == EAGAIN) {
            wait_for(POLLIN);
        } else if (errno != EINTR) {
            reset_ = true;
            return false;
        }
    }
}

received_reply peer::receive(bool has_body) {
    received_reply reply;
    while (input_.find("\r\n\r\n") == std::string::npos) {
        if (!read_more()) {
            throw std::runtime_error((reset_ ? "reset" : "end of the connection") +
                                     std::string{" before a whole reply came: \"" + input_ + "\""});
        }
    }
    const auto end = input_.find("\r\n\r\n") + 4;
    reply.head = input_.substr(0, end);
    input_.erase(0, end);
    REQUIRE(reply.head.starts_with("HTTP/1.1 "));
    std::from_chars(reply.head.data() + 9, reply.head.data() + 12, reply.status);
    for (std::size_t at = reply.head.find("\r\n") + 2; at < reply.head.size() - 2;) {
        const auto line = reply.head.substr(at, reply.head.find("\r\n", at) - at);
        const auto colon = line.find(": ");
        std::string name = line.substr(0, colon);
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        CHECK_MESSAGE(!reply.fields.contains(name), name << " is there twice");
        reply.fields[name] = line.substr(colon + 2);
        at += line.size() + 2;
    }
    if (has_body && reply.fields.contains("content-length")) {
        const auto length = std::stoull(reply.fields["content-length"]);
        while (input_.size() < length) {
            if (!read_more()) throw std::runtime_error("the reply's body was cut off");
        }
        reply.body = input_.substr(0, length);
        input_.erase(0, length);
    }
    return reply;
}

received_reply peer::ask(std::string_view bytes, bool has_body) {
    send(bytes);
    return receive(has_body);
}

bool peer::is_closed() {
    return receive_all().empty() && !reset_;
}

std::string peer::receive_all() {
    while (read_more()) {
    }
    return std::exchange(input_, {});
}

std::string get(std::string_view target, std::string_view fields) {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: test\r\n" + std::string{fields} +
           "\r\n";
}

std::string post(std::string_view target, std::string_view type, std::string_view body,
                 std::string_view fields) {
    return "POST " + std::string{target} +
           " HTTP/1.1\r\nHost: test\r\nContent-Type: " + std::string{type} +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string{fields} +
           "\r\n" + std::string{body};
}

}  // namespace lanewise::server
