// Which handler answers which method and path, and how a problem becomes a reply.
#pragma once

#include <span>

#include "app.hpp"
#include "handlers.hpp"

namespace lanewise::server {

/// Which endpoints a port shows: all, all but the metrics because they have a port of their own, or
/// those of that port.
enum class exposure : std::uint8_t { all, without_metrics, operations };

struct route {
    std::string_view path;  // one that ends with a slash, and is more than that, stands for all
                            // names below it
    std::string_view summary;
    std::string_view answers;  // media types, best first, separated by ", "
    bool takes_post;
    bool operational;  // for those who run the server: shown on the port of the metrics too
    outcome<answer> (*handle)(const request&, const app&);
    std::string_view vary = {};  // the line that names the fields which choose among its answers
};

[[nodiscard]] std::span<const route> all_routes();

/// The routes' paths, as the metrics name them; the last stands for requests that have none.
[[nodiscard]] std::span<const std::string_view> route_names();

/// What to do about a request, its head being all that has been read.
struct decision {
    answer what;
    bool by_head_alone = false;  // the same head has the same answer as long as we run
    bool close = false;          // the client asked by ?close=1
    std::size_t route = 0;       // among route_names()
};

[[nodiscard]] decision decide(const request& head, const app& shared, exposure shown);

/// The one place where a problem becomes HTTP: application/problem+json (RFC 9457). `route`, among
/// route_names(), is what the request asked for.
[[nodiscard]] reply to_reply(problem what, const app& shared, std::size_t route);

}  // namespace lanewise::server
