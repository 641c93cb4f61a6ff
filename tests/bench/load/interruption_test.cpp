// Ctrl-C ends every wait. A process of its own: what was pressed stays pressed.
#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "bench/load/http_generator.hpp"
#include "bench/machine/progress.hpp"

using namespace lanewise::bench;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

TEST_CASE("Ctrl-C ends a step that waits for replies, and what comes after it does not begin") {
    catch_interruption();
    asio::io_context io;
    tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    load_destination to;
    to.endpoints = {acceptor.local_endpoint()};
    to.target = parse_url("http://127.0.0.1:" + std::to_string(to.endpoints.front().port()));
    std::jthread user{[&] {
        tcp::socket socket{io};
        acceptor.accept(socket);
        std::array<char, 100> some;
        socket.read_some(asio::buffer(some));  // a request is there; no reply ever will be
        std::raise(SIGINT);
        boost::system::error_code error;
        while (!error) socket.read_some(asio::buffer(some), error);
    }};
    request_mix mix;
    mix.requests.emplace_back();
    load_options options;
    options.connections = 1;
    options.rate = 100;
    options.seconds = 100;  // less than the test may take, were it not for the signal
    options.give_up_seconds = 1000;
    const auto counts = generate_load(to, mix, options);
    CHECK(interrupted());
    CHECK(counts.latency.maximum() < 50'000'000'000);
    user.join();
    CHECK(fetch(to, {}).failure == "interrupted");
    CHECK_THROWS_WITH_AS(static_cast<void>(find_destination(to.target, {})),
                         doctest::Contains("interrupted"), std::runtime_error);
    static_cast<void>(generate_load(to, mix, options));
}
