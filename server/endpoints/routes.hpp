// Which paths there are, and what each takes and shows. A table: what an endpoint answers is in
// handlers.cpp, and decide.cpp joins the two.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lanewise::server {

/// What a path leads to. decide.cpp has a case for each.
enum class endpoint : std::uint8_t {
    hello,
    identity,
    kernels,
    kernel,
    health,
    readiness,
    metrics,
    openapi,
    report,
};

/// Which endpoints a port shows: all, all but the metrics because they have a port of their own, or
/// those of that port.
enum class exposure : std::uint8_t { all, without_metrics, operations };

struct route {
    std::string_view path;  // a path that ends with a slash, and is longer than that slash, stands
                            // for all names below it
    endpoint leads_to;
    std::string_view summary;
    std::span<const std::string_view> answers;  // media types, best first
    bool takes_post;
    bool operational;  // for those who run the server: shown on the port of the metrics too
    std::string_view vary = {};  // the line that names the fields which choose among its answers
};

[[nodiscard]] std::span<const route> all_routes();

/// What GET / offers, best first: its handler has an answer for each.
inline constexpr std::string_view hello_answers[] = {"text/plain", "application/json", "text/html"};

/// The routes' paths, as the metrics name them; the last stands for requests that have no route.
[[nodiscard]] std::span<const std::string_view> route_names();

/// Index in all_routes() of the route that a path leads to, percent-encoded as the client sent it;
/// their number where there is no route, or where the port doesn't show it.
[[nodiscard]] std::size_t find_route(std::string_view encoded_path, exposure shown);

/// Which fields of a request choose among the answers of a resource, as a line of each of them.
inline constexpr std::string_view vary_by_accept = "Vary: Accept\r\n";
inline constexpr std::string_view vary_by_accept_and_encoding = "Vary: Accept, Accept-Encoding\r\n";

/// Path of the kernels; a kernel's name follows it.
inline constexpr std::string_view kernels_path = "/v1/kernels/";

/// Path of the report that --report names.
inline constexpr std::string_view report_path = "/report";

}  // namespace lanewise::server
