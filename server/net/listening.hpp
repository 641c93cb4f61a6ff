// Where a server listens: addresses as an operator names them, and sockets that are bound to them.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/settings/config.hpp"

namespace lanewise::server {

class tls_identity;

struct listening_place {
    boost::asio::ip::tcp::endpoint where;
    bool ipv6_only = false;             // of ::, where IPv4 addresses are named beside it
    const tls_identity* tls = nullptr;  // null: connections speak HTTP in the clear
};

/// Whether the kernel has IPv6 sockets at all.
[[nodiscard]] bool kernel_has_ipv6();

/// The addresses of the settings, each once, with this port. Throws usage_error for what is no
/// address. Where none is named and the system has no IPv6, that is every IPv4 address.
[[nodiscard]] std::vector<listening_place> listening_places(const config& settings,
                                                            std::uint64_t port,
                                                            bool has_ipv6 = kernel_has_ipv6());

/// As "127.0.0.1, ::1".
[[nodiscard]] std::string shown(const std::vector<listening_place>& places);

/// Listens, without blocking, on a socket that may share its place with others of ours; else throws
/// boost::system::system_error. Whoever accepts gets sockets that send small segments at once.
[[nodiscard]] int open_listener(const listening_place& place, bool shared);

/// A free port of the system's choice, which goes to no other server while this exists: between two
/// binds another server may take a free port, and SO_REUSEPORT would hide that.
class held_port {
public:
    /// Writes the port into the place. Throws boost::system::system_error.
    explicit held_port(listening_place& place);
    ~held_port();
    held_port(held_port&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
    held_port& operator=(held_port&&) = delete;

private:
    int socket_;
};

}  // namespace lanewise::server
