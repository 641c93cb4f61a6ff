#include "http_target.hpp"

#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <chrono>
#include <functional>
#include <stdexcept>

#include "http_reply_reader.hpp"

namespace lanewise::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using error_code = boost::system::error_code;

constexpr auto fetch_timeout = std::chrono::seconds{5};

}  // namespace

http_target parse_url(const std::string& url) {
    constexpr std::string_view scheme = "http://";
    const auto wrong = [&](const char* what) {
        return std::invalid_argument{"\"" + url + "\" " + what +
                                     "; a URL looks like http://host:8080/path"};
    };
    if (!url.starts_with(scheme)) throw wrong("does not start with http://");
    const auto slash = std::min(url.find('/', scheme.size()), url.size());
    auto authority = url.substr(scheme.size(), slash - scheme.size());
    http_target target{authority, "80", slash < url.size() ? url.substr(slash) : "/", url};
    const auto colon = authority.rfind(':');
    const auto bracket = authority.rfind(']');
    if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
        target.host = authority.substr(0, colon);
        target.port = authority.substr(colon + 1);
    }
    if (target.host.starts_with('[') && target.host.ends_with(']'))
        target.host = target.host.substr(1, target.host.size() - 2);
    if (target.host.empty()) throw wrong("names no host");
    const bool digits =
        !target.port.empty() && target.port.size() <= 5 &&
        std::ranges::all_of(target.port, [](char one) { return one >= '0' && one <= '9'; });
    if (!digits || std::stoi(target.port) < 1 || std::stoi(target.port) > 65535)
        throw wrong("names no port from 1 to 65535");
    if (std::ranges::any_of(target.path,
                            [](unsigned char one) { return one <= ' ' || one > '~'; })) {
        throw wrong("has a character that must be percent-encoded");
    }
    return target;
}

std::string request_text(const http_target& target, std::string_view path,
                         std::string_view fields) {
    const bool v6 = target.host.find(':') != std::string::npos;
    const auto host = v6 ? "[" + target.host + "]" : target.host;
    return "GET " + std::string{path} + " HTTP/1.1\r\nHost: " + host + ":" + target.port +
           "\r\nUser-Agent: lanewise-bench\r\nAccept: */*\r\n" + std::string{fields} + "\r\n";
}

tcp::resolver::results_type resolve(const http_target& target) {
    asio::io_context io;
    error_code error;
    auto found = tcp::resolver{io}.resolve(target.host, target.port, error);
    if (error)
        throw std::runtime_error{target.url + ": " + target.host +
                                 " can't be resolved: " + error.message()};
    return found;
}

std::optional<http_reply> fetch(const http_target& target, std::string_view path) {
    asio::io_context io;
    tcp::socket socket{io};
    http_reply_reader reader;
    reader.keep_body(true);
    std::array<char, 16 << 10> buffer;
    const auto request = request_text(target, path, "Connection: close\r\n");
    bool complete = false;
    std::function<void()> read = [&] {
        socket.async_read_some(asio::buffer(buffer), [&](error_code error, std::size_t count) {
            const auto state = reader.take({buffer.data(), count});
            complete = state == http_reply_reader::state::complete;
            if (!error && state == http_reply_reader::state::incomplete) read();
        });
    };
    asio::async_connect(socket, resolve(target), [&](error_code error, const tcp::endpoint&) {
        if (error) return;
        asio::async_write(socket, asio::buffer(request), [&](error_code failed, std::size_t) {
            if (!failed) read();
        });
    });
    io.run_for(fetch_timeout);
    if (!complete) return std::nullopt;
    return http_reply{reader.status(), reader.body()};
}

bool is_local(const http_target& target) {
    asio::io_context io;
    tcp::socket socket{io};
    error_code error;
    asio::connect(socket, resolve(target), error);
    if (error) return false;
    const auto mine = socket.local_endpoint(error).address();
    return !error && mine == socket.remote_endpoint(error).address() && !error;
}

}  // namespace lanewise::bench
