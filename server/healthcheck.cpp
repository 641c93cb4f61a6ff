#include "healthcheck.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <iomanip>
#include <string>
#include <vector>

#include "server/net/listening.hpp"

namespace lanewise::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto time_max = std::chrono::seconds(2);

// A server that listens on all addresses is asked on the loopback: on that of IPv4 too where it
// takes both, for this host may have no other.
std::vector<tcp::endpoint> where_to_ask(const config& settings) {
    std::vector<tcp::endpoint> all;
    for (const auto& place : listening_places(settings, settings.port)) {
        const auto& where = place.where;
        const auto address = where.address();
        if (!address.is_unspecified()) {
            all.push_back(where);
            continue;
        }
        if (address.is_v6()) all.emplace_back(asio::ip::address_v6::loopback(), where.port());
        if (!place.ipv6_only || address.is_v4())
            all.emplace_back(asio::ip::address_v4::loopback(), where.port());
    }
    return all;
}

// Why the server at this place is not ready; empty if it is.
std::string ask(const tcp::endpoint& where, std::chrono::steady_clock::time_point deadline) {
    tcp::iostream stream;
    stream.expires_at(deadline);
    stream.connect(where);
    stream << "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" << std::flush;
    constexpr int version_bytes_max = 16;
    std::string version;
    int status = 0;
    if (stream >> std::setw(version_bytes_max) >> version >> status &&
        version.starts_with("HTTP/1.")) {
        return status == 200 ? std::string{} : "it answers " + std::to_string(status);
    }
    if (stream.error() == asio::error::timed_out ||
        stream.error() == asio::error::operation_aborted) {
        return "no answer within two seconds";
    }
    if (stream.error() && stream.error() != asio::error::eof) return stream.error().message();
    return version.empty() ? "the connection ended without an answer"
                           : "what answers there does not speak HTTP";
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
