// The proxy by which a URL is asked, by HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as container tools
// read them.
#pragma once

#include <optional>
#include <string>

#include "bench/load/http_target.hpp"

namespace lanewise::bench::cluster {

struct proxy_settings {
    std::string https, http;  ///< URLs; a host and port alone speak HTTP
    std::string none;         ///< hosts that are asked directly, with commas between

    /// Capital names win over small ones.
    [[nodiscard]] static proxy_settings of_environment();
};

struct web_proxy {
    http_target where;
    std::string authorization;  ///< for Proxy-Authorization; empty: none
};

/// None where the URL is asked directly: this machine's own names and addresses always are. Throws
/// std::invalid_argument where the setting is no proxy that can be spoken to.
[[nodiscard]] std::optional<web_proxy> proxy_of(const http_target& target,
                                                const proxy_settings& settings);

}  // namespace lanewise::bench::cluster
