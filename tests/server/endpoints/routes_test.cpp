// Which path leads where, on which port.
#include "server/endpoints/routes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

using namespace lanewise::server;

namespace {

std::optional<endpoint> leads_to(std::string_view path, exposure shown = exposure::all) {
    const auto index = find_route(path, shown);
    if (index == all_routes().size()) return {};
    return all_routes()[index].leads_to;
}

}  // namespace

TEST_CASE("each route is found by its own path, and its name is that path") {
    std::set<endpoint> found;
    for (std::size_t i = 0; i < all_routes().size(); ++i) {
        const auto& row = all_routes()[i];
        CAPTURE(row.path);
        CHECK(route_names()[i] == row.path);
        CHECK(found.insert(row.leads_to).second);
        CHECK_FALSE(row.summary.empty());
        CHECK_FALSE(row.answers.empty());
        const bool of_names_below = row.path.size() > 1 && row.path.ends_with('/');
        CHECK(find_route(std::string{row.path} + (of_names_below ? "name" : ""), exposure::all) ==
              i);
    }
    CHECK(route_names().size() == all_routes().size() + 1);
    CHECK(route_names().back() == "other");
}

TEST_CASE("a path that names the same resource leads to the same route (RFC 3986, 6.2.2)") {
    CHECK(leads_to("/") == endpoint::hello);
    CHECK(leads_to("/%68ealthz") == endpoint::health);
    CHECK(leads_to("/v1/./identity") == endpoint::identity);
    CHECK(leads_to("/v1/kernels/../identity") == endpoint::identity);
    CHECK(leads_to("/../metrics") == endpoint::metrics);
    CHECK(leads_to("/v1/kernels") == endpoint::kernels);
    CHECK(leads_to("/v1/kernels/sum_f32") == endpoint::kernel);
}

TEST_CASE("a path that is only like a route leads nowhere") {
    for (const char* path : {"", "//", "/healthz/", "/Healthz", "/healthz%2F", "/health",
                             "/healthzz", "/v1", "/v1/", "/v1/identity/", "/v1/kernels/sum_f32/",
                             "/v1/kernels/a/b", "/metrics/x", "/openapi", "/report/"}) {
        CAPTURE(path);
        CHECK_FALSE(leads_to(path).has_value());
    }
}

TEST_CASE("the port of the metrics shows what those who run the server ask, and nothing else") {
    for (const auto& row : all_routes()) {
        CAPTURE(row.path);
        const auto path = std::string{row.path} + (row.path == kernels_path ? "sum_f32" : "");
        const bool on_metrics_port = row.leads_to == endpoint::health ||
                                     row.leads_to == endpoint::readiness ||
                                     row.leads_to == endpoint::metrics;
        CHECK(leads_to(path, exposure::operations).has_value() == on_metrics_port);
        CHECK(leads_to(path, exposure::without_metrics).has_value() ==
              (row.leads_to != endpoint::metrics));
    }
}
