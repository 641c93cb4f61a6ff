#include "listening.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>

#include "server/http/syntax.hpp"

namespace lanewise::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

asio::ip::address address_of(std::string_view text, const config& settings) {
    auto bare = text;
    if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
    boost::system::error_code error;
    auto address = asio::ip::make_address(std::string{bare}, error);
    const bool bracketed_ipv4 = !error && address.is_v4() && bare.size() < text.size();
    if (!error && !bracketed_ipv4) {
        const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
        if (!mapped) return address;
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    const bool with_port = text.starts_with('[') && text.find("]:") != text.npos;
    const auto* const why = with_port ? "holds a port, which --port says"
                                      : "is no IPv4 or IPv6 address; names are not looked up";
    throw usage_error(settings.source_of("address") + ": \"" + std::string(text) + "\" " + why +
                      ": it has to be such as 0.0.0.0, ::1 or [::1]");
}

void check(int result, const char* what) {
    if (result >= 0) return;
    throw boost::system::system_error({errno, boost::system::system_category()}, what);
}

void set(int socket, int level, int option, int value, const char* what) {
    check(setsockopt(socket, level, option, &value, sizeof value), what);
}

int open_bound(const listening_place& place, bool shared) {
    const int socket =
        ::socket(place.where.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check(socket, "socket");
    try {
        set(socket, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
        if (shared) set(socket, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
        // The system's own default (net.ipv6.bindv6only) may be either.
        if (place.where.address().is_v6())
            set(socket, IPPROTO_IPV6, IPV6_V6ONLY, place.ipv6_only ? 1 : 0, "IPV6_V6ONLY");
        set(socket, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
        check(bind(socket, place.where.data(), static_cast<socklen_t>(place.where.size())), "bind");
    } catch (...) {
        ::close(socket);
        throw;
    }
    return socket;
}

}  // namespace

bool kernel_has_ipv6() {
    const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return false;
    ::close(socket);
    return true;
}

std::vector<listening_place> listening_places(const config& settings, std::uint64_t port,
                                              bool has_ipv6) {
    const bool by_default =
        settings.address == every_address && !settings.sources.contains("address");
    std::vector<listening_place> places;
    for (auto rest = by_default && !has_ipv6 ? std::string_view("0.0.0.0")
                                             : std::string_view(settings.address);
         ;) {
        const auto text = syntax::trimmed(rest.substr(0, rest.find(',')));
        const tcp::endpoint where(address_of(text, settings), static_cast<std::uint16_t>(port));
        if (std::ranges::find(places, where, &listening_place::where) == places.end())
            places.push_back({where});
        if (rest.find(',') == rest.npos) break;
        rest.remove_prefix(rest.find(',') + 1);
    }
    const bool names_ipv4 = std::ranges::any_of(
        places, [](const listening_place& one) { return one.where.address().is_v4(); });
    for (auto& one : places) one.ipv6_only = names_ipv4;
    return places;
}

std::string shown(const std::vector<listening_place>& places) {
    std::string all;
    for (const auto& one : places)
        all.append(all.empty() ? "" : ", ").append(one.where.address().to_string());
    return all;
}

int open_listener(const listening_place& place, bool shared) {
    const int socket = open_bound(place, shared);
    if (listen(socket, SOMAXCONN) != 0) {
        const boost::system::error_code error(errno, boost::system::system_category());
        ::close(socket);
        throw boost::system::system_error(error, "listen");
    }
    return socket;
}

held_port::held_port(listening_place& place) : socket_(open_bound(place, true)) {
    auto size = static_cast<socklen_t>(place.where.capacity());
    getsockname(socket_, place.where.data(), &size);
}

held_port::~held_port() {
    if (socket_ >= 0) ::close(socket_);
}

}  // namespace lanewise::server
