// A server in this process and a raw socket to it: tests say bytes, and wait for bytes with a
// deadline.
#pragma once

#include <doctest/doctest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "server/app.hpp"
#include "server/server.hpp"

namespace lanewise::server {

/// Settings for tests: a free port on loopback, one thread of each kind, no waiting at the end.
inline config test_settings() {
    config settings;
    settings.address = "127.0.0.1";
    settings.port = 0;
    settings.threads = 1;
    settings.compute_threads = 1;
    settings.node = "node-a";
    settings.pod = "pod-1";
    settings.instance = "m7g.large";
    return settings;
}

inline machine::facts test_machine() {
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

struct running_server {
    explicit running_server(config settings = test_settings())
        : shared(std::move(settings), test_machine()), here(shared) {
        here.start();
    }
    app shared;
    class http_server here;
};

struct received_reply {
    int status = 0;
    std::map<std::string, std::string> fields;  // names in lower case
    std::string body;
    std::string head;
};

/// One connection of a client. Every wait ends after ten seconds, as a failure.
class peer {
public:
    explicit peer(std::uint16_t port) : socket_(io_) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }

    void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
    void half_close() { socket_.shutdown(socket_.shutdown_send); }
    void reset() {
        socket_.set_option(boost::asio::socket_base::linger(true, 0));
        socket_.close();
    }
    boost::asio::ip::tcp::socket& socket() { return socket_; }

    /// The next reply; its body too, unless it answers a HEAD.
    received_reply receive(bool has_body = true) {
        received_reply reply;
        const auto end = wait_for([this] { return input_.find("\r\n\r\n"); });
        if (end == std::string::npos) {
            FAIL("the connection ended before a whole reply came: \"" << input_ << "\"");
        }
        reply.head = input_.substr(0, end + 4);
        input_.erase(0, end + 4);
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
            wait_for([&] { return input_.size() >= length ? 0 : std::string::npos; });
            REQUIRE(input_.size() >= length);
            reply.body = input_.substr(0, length);
            input_.erase(0, length);
        }
        return reply;
    }

    received_reply ask(std::string_view bytes, bool has_body = true) {
        send(bytes);
        return receive(has_body);
    }

    /// Whether the server ends the connection, properly, having sent nothing more.
    bool is_closed() {
        wait_for([] { return std::string::npos; });
        return input_.empty() && last_error_ == boost::asio::error::eof;
    }

    /// All bytes up to the end of the connection.
    std::string receive_all() {
        wait_for([] { return std::string::npos; });
        return std::exchange(input_, {});
    }

    boost::system::error_code last_error() const { return last_error_; }

private:
    // Reads until `found` returns a position, or the connection ends (npos).
    template <class Found>
    std::size_t wait_for(Found found) {
        for (;;) {
            if (const auto at = found(); at != std::string::npos) return at;
            std::array<char, 16 << 10> buffer;
            std::optional<std::size_t> count;
            socket_.async_read_some(boost::asio::buffer(buffer),
                                    [&](boost::system::error_code error, std::size_t read) {
                                        last_error_ = error;
                                        count = read;
                                    });
            io_.restart();
            io_.run_for(std::chrono::seconds(10));
            if (!count) {
                socket_.cancel();
                io_.restart();
                io_.run();
                FAIL("nothing came within ten seconds; so far: \"" << input_.substr(0, 500)
                                                                   << "\"");
            }
            if (last_error_) return std::string::npos;
            input_.append(buffer.data(), *count);
        }
    }

    boost::asio::io_context io_;
    boost::asio::ip::tcp::socket socket_;
    std::string input_;
    boost::system::error_code last_error_;
};

inline std::string get(std::string_view target, std::string_view fields = {}) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(fields) +
           "\r\n";
}

inline std::string post(std::string_view target, std::string_view type, std::string_view body,
                        std::string_view fields = {}) {
    return "POST " + std::string(target) +
           " HTTP/1.1\r\nHost: test\r\nContent-Type: " + std::string(type) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(fields) +
           "\r\n" + std::string(body);
}

}  // namespace lanewise::server
