// A server in this process and a raw socket to it: tests say bytes, and wait for bytes with a
// deadline.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "server/endpoints/app.hpp"
#include "server/net/server.hpp"

namespace lanewise::server {

/// Settings for tests: a free port on loopback, one thread of each kind, no waiting at the end.
config test_settings();

/// A machine that is none of those that the tests run on.
machine::facts test_machine();

struct running_server {
    explicit running_server(config settings = test_settings())
        : shared(std::move(settings), test_machine()), here(shared) {
        here.start();
    }
    [[nodiscard]] std::uint16_t port() const { return here.port(); }
    app shared;
    class http_server here;
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

/// One connection of a client. Every wait ends after ten seconds, as a failure.
class peer {
public:
    explicit peer(std::uint16_t port, int receive_buffer_bytes = 0,
                  const char* address = "127.0.0.1");
    ~peer();
    peer(peer&& other) noexcept;
    peer(const peer&) = delete;
    peer& operator=(peer&& other) noexcept;

    /// Sends all of it. A server that hangs up meanwhile is no failure: what it said is.
    void send(std::string_view bytes);

    /// Sends what the sockets between us take without anyone reading; returns how much that was.
    std::size_t send_some(std::string_view bytes);

    /// Sends one byte out of band, which is not part of the stream.
    void send_urgent(char byte);

    void half_close();
    void reset();

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
    bool read_more();

    int socket_ = -1;
    std::string input_;
    bool reset_ = false;
};

std::string get(std::string_view target, std::string_view fields = {});
std::string post(std::string_view target, std::string_view type, std::string_view body,
                 std::string_view fields = {});

}  // namespace lanewise::server
