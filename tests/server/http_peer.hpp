// A server in this process and a raw socket to it: tests say bytes, and wait for bytes with a
// deadline.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/endpoints/app.hpp"
#include "server/net/server.hpp"
#include "tls_client.hpp"

namespace lanewise::server {

/// Settings for tests: a free port on loopback, one thread of each kind, no waiting at the end.
config test_settings();

/// A machine that is none of those that the tests run on.
machine::facts test_machine();

/// In a suite over TLS (tls_client.hpp) it has a TLS port, whose number port() is.
struct running_server {
    explicit running_server(config settings = test_settings())
        : shared(with_suites_tls(std::move(settings)), test_machine()), here(shared) {
        here.start();
        if (suites_over_tls()) tls.emplace(here.tls_port());
    }
    [[nodiscard]] std::uint16_t port() const {
        return suites_over_tls() ? here.tls_port() : here.port();
    }
    app shared;
    class http_server here;
    std::optional<tls_expected> tls;
};

struct received_reply {
    int status = 0;
    std::map<std::string, std::string> fields;  // names in lower case
    std::string body;
    std::string head;
};

/// A port that was free a moment ago.
std::uint16_t free_port();

/// Whether this comes true within ten seconds.
bool eventually(const std::function<bool()>& condition);

/// One connection of a client, which speaks TLS where the port does (tls_expected). Every wait
/// ends after ten seconds, as a failure.
class peer {
public:
    explicit peer(std::uint16_t port, int receive_buffer_bytes = 0,
                  const char* address = "127.0.0.1");
    ~peer();
    peer(peer&& other) noexcept;
    peer(const peer&) = delete;
    peer& operator=(peer&& other) noexcept;

    /// Sends all of it, and reads meanwhile what comes where the sockets are full: receive() has
    /// it. A server that hangs up is no failure: what it said is.
    void send(std::string_view bytes);

    /// Sends what the sockets between us take without anyone reading; returns how much that was.
    std::size_t send_some(std::string_view bytes);

    /// Sends one byte out of band, which is not part of the stream.
    void send_urgent(char byte);

    /// Within TLS it says so first (close_notify).
    void half_close();
    void reset();

    /// Speaks TLS from now on, whatever the port is known for. `prepare` may change what is
    /// offered.
    tls_client& begin_tls(const std::function<void(SSL_CTX*)>& prepare = {},
                          SSL_SESSION* resume = nullptr);

    /// Ends the handshake; false where the server refuses it.
    bool shake_hands();

    /// The socket below, for what no client does.
    [[nodiscard]] int descriptor() const { return socket_; }

    /// The next reply; its body too, unless it answers a HEAD.
    received_reply receive(bool has_body = true);
    received_reply ask(std::string_view bytes, bool has_body = true);

    /// Whether the server ends the connection, properly, having sent nothing more.
    bool is_closed();

    /// Whether the server has ended the connection already, with nothing left to read. Does not
    /// wait.
    [[nodiscard]] bool has_ended() const;

    /// All bytes up to the end of the connection, and whether that was a proper one.
    std::string receive_all();
    [[nodiscard]] bool was_reset() const { return reset_; }

private:
    ssize_t read_some();
    bool read_more();
    void wait_for(short events) const;
    ssize_t send_now(std::string_view bytes);
    ssize_t receive_now(std::span<char> room);

    int socket_ = -1;
    std::unique_ptr<tls_client> tls_;  // null: in the clear
    std::string input_;
    bool reset_ = false;
};

std::string get(std::string_view target, std::string_view fields = {});
std::string post(std::string_view target, std::string_view type, std::string_view body,
                 std::string_view fields = {});

}  // namespace lanewise::server
