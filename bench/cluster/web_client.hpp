// Single requests of small answers, plain or TLS: redirects are followed, and every answer has a
// largest size and a latest time.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/destination.hpp"
#include "bench/load/tls_client.hpp"
#include "proxies.hpp"

namespace lanewise::bench::cluster {

struct web_request {
    std::string url;
    std::string accept;
    std::string authorization;  ///< goes to the URL's own origin alone, not where a redirect leads
    std::string form;           ///< posted where it is not empty
    std::vector<std::pair<std::string, std::string>> fields{};  ///< more of the head; as above
};

struct web_reply {
    int status = 0;
    std::string body;
    std::string type;  ///< Content-Type
    std::string location;
    std::vector<std::string> challenges;  ///< the values of WWW-Authenticate
};

/// No whole answer came: why not, in words.
struct web_failure : std::runtime_error {
    explicit web_failure(const std::string& why, bool speaks_plain = false)
        : std::runtime_error{why}, plain{speaks_plain} {}
    bool plain;  ///< what was taken for TLS is plain HTTP
};

class web_client {
public:
    using clock = std::chrono::steady_clock;

    web_client(tls_options tls, clock::time_point deadline,
               proxy_settings proxies = proxy_settings::of_environment())
        : tls_{std::move(tls)}, deadline_{deadline}, proxies_{std::move(proxies)} {}

    /// The last answer of a chain of redirects. Throws web_failure.
    [[nodiscard]] web_reply ask(web_request request);

private:
    /// Where a URL's bytes go: to its host, or to a proxy.
    struct way {
        load_destination to;  ///< the proxy's address, where there is one, and the host's TLS
        std::optional<web_proxy> proxy;
    };
    [[nodiscard]] web_reply ask_once(const web_request& request, const http_target& target);
    [[nodiscard]] const way& way_to(const http_target& target);

    tls_options tls_;
    clock::time_point deadline_;
    proxy_settings proxies_;
    std::map<std::string, way> known_;  ///< by origin
};

/// Where a Location leads from a URL; empty where that can't be said.
[[nodiscard]] std::string redirected(const std::string& from, std::string_view location);

}  // namespace lanewise::bench::cluster
