#include "healthcheck.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <vector>

#include "server/net/listening.hpp"

namespace lanewise::server {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto time_max = std::chrono::seconds(2);

// A server that listens on all addresses is asked on the loopback: on that of IPv4 too where it
// takes both, for this host may have no other.
std::vector<tcp::endpoint> where_to_ask(const config& settings) {
    std::vector<tcp::endpoint> all;
    for (const auto& [where, ipv6_only] : listening_places(settings, settings.port)) {
        const auto& address = where.address();
        if (!address.is_unspecified()) {
            all.push_back(where);
            continue;
        }
        if (address.is_v6()) all.emplace_back(asio::ip::address_v6::loopback(), where.port());
        if (!ipv6_only || address.is_v4())
            all.emplace_back(asio::ip::address_v4::loopback(), where.port());
    }
    return all;
}

std::string ask(const tcp::endpoint& where, std::chrono::steady_clock::time_point deadline) {
    asio::io_context io;
    boost::beast::tcp_stream stream(io);
    http::request<http::empty_body> request(http::verb::get, "/readyz", 11);
    request.set(http::field::host, "localhost");
    http::response<http::string_body> response;
    boost::beast::flat_buffer buffer;
    error_code error;

    stream.expires_at(deadline);
    stream.async_connect(where, [&](error_code connected) {
        if ((error = connected)) return;
        http::async_write(stream, request, [&](error_code written, std::size_t) {
            if ((error = written)) return;
            http::async_read(stream, buffer, response,
                             [&](error_code read, std::size_t) { error = read; });
        });
    });
    io.run();
    if (error == boost::beast::error::timeout) return "no answer within two seconds";
    if (error) return error.message();
    if (response.result() == http::status::ok) return {};
    return "it answers " + std::to_string(response.result_int());
}

}  // namespace

std::string why_not_ready(const config& settings) {
    const auto deadline = std::chrono::steady_clock::now() + time_max;
    std::string all;
    for (const auto& where : where_to_ask(settings)) {
        const auto why = ask(where, deadline);
        if (why.empty()) return {};
        all.append(all.empty() ? "not ready: " : "; ").append(where.address().to_string());
        all.append(" port ").append(std::to_string(where.port())).append(": ").append(why);
    }
    return all;
}

}  // namespace lanewise::server
