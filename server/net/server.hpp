// The server: one shard a thread on one address, from listening to drained.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "connection_places.hpp"
#include "server/endpoints/app.hpp"

namespace lanewise::server {

class shard;
class tls_identity;

class http_server {
public:
    /// Listens. Throws std::runtime_error, which names the address and the port that can't be had.
    explicit http_server(app& shared);

    /// Cuts off what is still open.
    ~http_server();

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// The port that speaks TLS; 0 without one.
    [[nodiscard]] std::uint16_t tls_port() const { return tls_port_; }

    /// Who this is on that port; null without one.
    [[nodiscard]] tls_identity* identity() const { return identity_.get(); }

    /// Reads certificate and key again if they have changed, and logs it. Call from one thread.
    void refresh_identity();

    /// The addresses that it listens on, as text.
    [[nodiscard]] const std::string& addresses() const { return addresses_; }

    /// Connections that are open, on all ports.
    [[nodiscard]] std::uint64_t open_connections() const {
        return connections_.open + operations_connections_.open;
    }

    /// Starts to serve, on threads of its own.
    void start();

    /// From now on each reply says that it is its connection's last.
    void end_connections() { shared_.stopping = true; }

    /// The same; takes the last connections off the backlog, stops listening, lets requests in
    /// flight end. Idle connections wait for their next request for as long as this, for one that
    /// is just on its way when they are closed would be lost.
    void drain(std::chrono::milliseconds idle_time);

    /// Waits for the end of the drain; false if it did not come in time.
    bool wait_drained(std::chrono::milliseconds time);

private:
    app& shared_;
    std::uint16_t port_ = 0, tls_port_ = 0;
    std::string addresses_;
    connection_places connections_, operations_connections_;
    std::unique_ptr<tls_identity> identity_;
    std::vector<std::unique_ptr<shard>> shards_;
    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::condition_variable ended_;
    std::size_t running_ = 0;
};

}  // namespace lanewise::server
