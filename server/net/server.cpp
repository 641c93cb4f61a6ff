#include "server.hpp"

#include <boost/asio/ip/address.hpp>
#include <stdexcept>

#include "shard.hpp"

namespace lanewise::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Of the port of the metrics: a few scrapers and probes, and as many that were forgotten.
constexpr std::uint64_t operations_connections_max = 64;

tcp::endpoint endpoint_of(const config& settings) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(settings.address, error);
    if (error) {
        throw usage_error("--address: \"" + settings.address +
                          "\" is no IPv4 or IPv6 address, such as 0.0.0.0 or ::");
    }
    return {address, static_cast<std::uint16_t>(settings.port)};
}

// SO_REUSEPORT would let us share a port with another server of this user: one bind without it
// tells.
void check_free(const tcp::endpoint& where) {
    asio::io_context io;
    tcp::acceptor probe(io);
    probe.open(where.protocol());
    probe.set_option(asio::socket_base::reuse_address(true));
    probe.bind(where);
    probe.listen();
}

}  // namespace

http_server::http_server(app& shared)
    : shared_(shared),
      connections_{shared.settings.connections_max,
                   "there are as many connections as there may be (--connections-max)"},
      operations_connections_{operations_connections_max,
                              "there are as many connections as this port takes (64)"} {
    auto where = endpoint_of(shared.settings);
    const auto shown =
        shared.settings.metrics_port == 0 ? exposure::all : exposure::without_metrics;
    if (where.port() != 0) check_free(where);
    for (std::uint64_t i = 0; i < shared.settings.threads; ++i) {
        shards_.push_back(
            std::make_unique<shard>(shared, where, connections_, *shared.metrics[i], shown));
        where = shards_.front()->where();  // where port 0 was asked: the port that the first got
    }
    port_ = where.port();
    if (shared.settings.metrics_port != 0) {
        // A thread and places of its own: scrapes and probes are answered while all others are busy
        // or taken.
        where.port(static_cast<std::uint16_t>(shared.settings.metrics_port));
        check_free(where);
        shards_.push_back(std::make_unique<shard>(shared, where, operations_connections_,
                                                  *shared.metrics.back(), exposure::operations));
    }
}

http_server::~http_server() {
    for (const auto& one : shards_) one->cut_off();
    for (auto& thread : threads_) thread.join();
    shared_.compute.stop();  // its jobs hold sessions, which end before their shards
}

void http_server::start() {
    running_ = shards_.size();
    for (const auto& one : shards_) {
        threads_.emplace_back([this, &home = *one] {
            home.run();
            const std::lock_guard lock(mutex_);
            --running_;
            ended_.notify_all();
        });
    }
    shared_.ready = true;
}

void http_server::drain() {
    for (const auto& one : shards_) one->drain();
}

bool http_server::wait_drained(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, time, [this] { return running_ == 0; });
}

}  // namespace lanewise::server
