#include "routes.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "server/http/target.hpp"

namespace lanewise::server {
namespace {

constexpr std::string_view text[] = {"text/plain"};
constexpr std::string_view metrics_text[] = {"text/plain", "application/openmetrics-text"};
constexpr std::string_view html[] = {"text/html"};
constexpr std::string_view json[] = {"application/json"};
constexpr std::string_view json_or_octets[] = {"application/json", "application/octet-stream"};

constexpr route routes[] = {
    {"/", endpoint::hello, "Says who answered.", hello_answers, false, false,
     vary_by_accept_and_encoding},
    {"/v1/identity", endpoint::identity, "What this node is.", json, false, false},
    {"/v1/kernels", endpoint::kernels, "The kernels and their variants.", json, false, false},
    {kernels_path, endpoint::kernel, "Runs a kernel.", json_or_octets, true, false, vary_by_accept},
    {"/healthz", endpoint::health, "Whether the server lives.", text, false, true},
    {"/readyz", endpoint::readiness, "Whether it is ready for traffic.", text, false, true},
    {"/metrics", endpoint::metrics, "Metrics for Prometheus.", metrics_text, false, true,
     vary_by_accept},
    {"/openapi.json", endpoint::openapi, "This description.", json, false, false},
    {report_path, endpoint::report, "The report of the bench, where --report names one.", html,
     false, false, vary_by_accept_and_encoding},
};

constexpr auto names = [] {
    std::array<std::string_view, std::size(routes) + 1> all{};
    for (std::size_t i = 0; i < std::size(routes); ++i) all[i] = routes[i].path;
    all.back() = "other";
    return all;
}();

bool is_shown(const route& row, exposure shown) {
    if (shown == exposure::operations) return row.operational;
    return shown == exposure::all || row.leads_to != endpoint::metrics;
}

bool matches(const route& row, std::string_view path) {
    if (row.path.size() > 1 && row.path.ends_with('/')) {
        return path.starts_with(row.path) &&
               path.find('/', row.path.size()) == std::string_view::npos;
    }
    return row.path == path;
}

}  // namespace

std::span<const route> all_routes() {
    return routes;
}

std::span<const std::string_view> route_names() {
    return names;
}

std::size_t find_route(std::string_view encoded_path, exposure shown) {
    std::string storage;
    const auto path = normal_path(encoded_path, storage);
    for (std::size_t i = 0; i < std::size(routes); ++i) {
        if (matches(routes[i], path)) return is_shown(routes[i], shown) ? i : std::size(routes);
    }
    return std::size(routes);
}

}  // namespace lanewise::server
