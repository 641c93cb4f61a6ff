#include "proxies.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <cctype>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "web_challenges.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace ip = boost::asio::ip;
using error_code = boost::system::error_code;

std::string from_environment(const char* capital, const char* small) {
    for (const auto* name : {capital, small}) {
        const char* value = std::getenv(name);
        if (value && *value != '\0') return value;
    }
    return {};
}

std::string lower(std::string_view text) {
    std::string made{text};
    std::ranges::transform(made, made.begin(), [](unsigned char letter) {
        return static_cast<char>(std::tolower(letter));
    });
    return made;
}

std::string_view trimmed(std::string_view text) {
    const auto first = std::min(text.find_first_not_of(" \t"), text.size());
    text.remove_prefix(first);
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

bool in_network(const ip::address& address, const std::string& network) {
    error_code error;
    if (address.is_v4()) {
        const auto found = ip::make_network_v4(network, error);
        if (error) return false;
        const auto mask = found.netmask().to_uint();
        return (address.to_v4().to_uint() & mask) == (found.network().to_uint() & mask);
    }
    const auto found = ip::make_network_v6(network, error);
    if (error) return false;
    const auto hosts = found.hosts();
    return hosts.find(address.to_v6()) != hosts.end();
}

/// Whether an entry of NO_PROXY names the host: itself, with its port, one of its domains, or a
/// network that it is in.
bool names(std::string_view entry, const http_target& target) {
    auto one = lower(trimmed(entry));
    if (one.empty()) return false;
    if (one == "*") return true;
    const auto host = lower(target.host);
    error_code error;
    const auto address = ip::make_address(host, error);
    if (!error && one.find('/') != std::string::npos) return in_network(address, one);
    // A port behind a name or behind brackets; an IPv6 address has colons of its own.
    const auto colon = one.rfind(':');
    const bool has_port = colon != std::string::npos && one.find(':') == colon;
    if (one.starts_with('[')) {
        const auto end = one.find(']');
        if (end == std::string::npos) return false;
        if (end + 1 < one.size() && one.substr(end + 1) != ":" + target.port) return false;
        one = one.substr(1, end - 1);
    } else if (has_port) {
        if (one.substr(colon + 1) != target.port) return false;
        one.resize(colon);
    }
    if (!error) {
        error_code other;
        return ip::make_address(one, other) == address && !other;
    }
    if (one.starts_with("*.")) one.erase(0, 1);
    if (one.starts_with('.')) return host.ends_with(one);
    return host == one || host.ends_with("." + one);
}

bool is_this_machine(const std::string& host) {
    error_code error;
    const auto address = ip::make_address(host, error);
    return error ? lower(host) == "localhost" : address.is_loopback();
}

int digit_of(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
}

/// What % and two digits stand for; a name or password may hold what ends it in a URL.
std::string unescaped(std::string_view text) {
    std::string made;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
        const int low = high < 0 ? -1 : digit_of(text[i + 2]);
        if (low < 0) {
            made += text[i];
        } else {
            made += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return made;
}

}  // namespace

proxy_settings proxy_settings::of_environment() {
    return {from_environment("HTTPS_PROXY", "https_proxy"),
            from_environment("HTTP_PROXY", "http_proxy"), from_environment("NO_PROXY", "no_proxy")};
}

std::optional<web_proxy> proxy_of(const http_target& target, const proxy_settings& settings) {
    auto url = target.tls ? settings.https : settings.http;
    if (url.empty() || is_this_machine(target.host)) return std::nullopt;
    for (std::string_view rest{settings.none}; !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        if (names(rest.substr(0, comma), target)) return std::nullopt;
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    const std::string setting = target.tls ? "HTTPS_PROXY" : "HTTP_PROXY";
    if (url.find("://") == std::string::npos) url.insert(0, "http://");
    web_proxy found;
    const auto start = url.find("://") + 3;
    const auto path = std::min(url.find('/', start), url.size());
    if (const auto at = url.rfind('@', path); at != std::string::npos && at >= start) {
        const auto user = std::string_view{url}.substr(start, at - start);
        const auto colon = std::min(user.find(':'), user.size());
        found.authorization =
            "Basic " + base64_of(unescaped(user.substr(0, colon)) + ":" +
                                 unescaped(user.substr(std::min(colon + 1, user.size()))));
        url.erase(start, at + 1 - start);
    }
    try {
        found.where = parse_url(url);
    } catch (const std::invalid_argument&) {
        // The setting may hold a password, so it is not shown.
        throw std::invalid_argument{setting + " is no URL of a proxy such as http://host:3128"};
    }
    if (found.where.tls)
        throw std::invalid_argument{setting + ": a proxy is spoken to by http://, not https://"};
    return found;
}

}  // namespace lanewise::bench::cluster
