// Where load goes: the addresses of a URL's host that answer, and single requests that ask who is
// there. Every wait has an end, and Ctrl-C ends it sooner.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http_target.hpp"
#include "request_mix.hpp"
#include "tls_client.hpp"

namespace lanewise::bench {

struct load_destination {
    using endpoint = boost::asio::ip::tcp::endpoint;
    struct left_out {
        endpoint where;
        std::string why;
    };

    http_target target;
    std::vector<endpoint> endpoints;         ///< connections take turns among them; at least one
    std::vector<left_out> silent_endpoints;  ///< of the same name, but no connection came about
    std::shared_ptr<tls_client> tls;         ///< null for plain HTTP
    bool local = false;                      ///< the first one is of this machine itself
};

/// Looks the name up and connects to each address once. Throws std::runtime_error that says what
/// came where no address answers.
[[nodiscard]] load_destination find_destination(const http_target& target,
                                                const tls_options& options);

struct http_reply {
    int status;
    std::string body;        ///< its beginning, as much as was asked for
    std::string protection;  ///< "TLSv1.3, TLS_AES_256_GCM_SHA384"; empty for plain HTTP
};

struct fetched {
    std::optional<http_reply> reply;
    std::string failure;  ///< what came instead: "connection refused", "no reply within 5.0 s"
};

/// One request on a connection of its own.
[[nodiscard]] fetched fetch(const load_destination& destination, const prepared_request& request,
                            std::chrono::duration<double> patience = std::chrono::seconds{5},
                            std::size_t body_bytes_max = 1 << 20);

}  // namespace lanewise::bench
