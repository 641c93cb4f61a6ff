#include "healthcheck.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>

namespace lanewise::server {

bool is_ready(const config& settings) {
    namespace asio = boost::asio;
    namespace http = boost::beast::http;
    constexpr auto time_max = std::chrono::seconds(2);

    boost::system::error_code error;
    auto address = asio::ip::make_address(settings.address, error);
    if (error) return false;
    // A server that listens on all addresses is asked on the loopback.
    if (address.is_unspecified()) {
        address = address.is_v6() ? asio::ip::address(asio::ip::address_v6::loopback())
                                  : asio::ip::address(asio::ip::address_v4::loopback());
    }

    asio::io_context io;
    boost::beast::tcp_stream stream(io);
    http::request<http::empty_body> request(http::verb::get, "/readyz", 11);
    request.set(http::field::host, "localhost");
    http::response<http::string_body> response;
    boost::beast::flat_buffer buffer;
    bool ready = false;

    stream.expires_after(time_max);
    stream.async_connect(
        {address, static_cast<std::uint16_t>(settings.port)},
        [&](boost::system::error_code connected) {
            if (connected) return;
            http::async_write(stream, request, [&](boost::system::error_code written, std::size_t) {
                if (written) return;
                http::async_read(stream, buffer, response,
                                 [&](boost::system::error_code read, std::size_t) {
                                     ready = !read && response.result() == http::status::ok;
                                 });
            });
        });
    io.run();
    return ready;
}

}  // namespace lanewise::server
