#include "routes.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "server/http/negotiation.hpp"
#include "server/http/target.hpp"
#include "server/log/utf8_text.hpp"

namespace lanewise::server {
namespace {

constexpr std::string_view metrics_path = "/metrics";

constexpr route routes[] = {
    {"/", "Says who answered.", "text/plain, application/json, text/html", false, false,
     handlers::hello, vary_by_accept_and_encoding},
    {"/v1/identity", "What this node is.", "application/json", false, false, handlers::identity},
    {"/v1/kernels", "The kernels and their variants.", "application/json", false, false,
     handlers::kernels},
    {kernels_path, "Runs a kernel.", "application/json, application/octet-stream", true, false,
     handlers::kernel, vary_by_accept},
    {"/healthz", "Whether the server lives.", "text/plain", false, true, handlers::health},
    {"/readyz", "Whether it is ready for traffic.", "text/plain", false, true, handlers::readiness},
    {metrics_path, "Metrics in Prometheus' text format.", "text/plain", false, true,
     handlers::metrics},
    {"/openapi.json", "This description.", "application/json", false, false, handlers::openapi},
    {report_path, "The report of the bench, where --report names one.", "text/html", false, false,
     handlers::report, vary_by_accept_and_encoding},
};

constexpr auto names = [] {
    std::array<std::string_view, std::size(routes) + 1> all{};
    for (std::size_t i = 0; i < std::size(routes); ++i) all[i] = routes[i].path;
    all.back() = "other";
    return all;
}();

bool is_shown(const route& row, exposure shown) {
    if (shown == exposure::operations) return row.operational;
    return shown == exposure::all || row.path != metrics_path;
}

bool matches(const route& row, std::string_view path) {
    if (row.path.size() > 1 && row.path.ends_with('/')) {
        return path.starts_with(row.path) &&
               path.find('/', row.path.size()) == std::string_view::npos;
    }
    return row.path == path;
}

const route* find_route(std::string_view encoded_path, exposure shown) {
    std::string storage;
    const auto path = normal_path(encoded_path, storage);
    for (const auto& row : routes) {
        if (matches(row, path)) return is_shown(row, shown) ? &row : nullptr;
    }
    return nullptr;
}

std::string allow_line(bool takes_post) {
    return takes_post ? "Allow: GET, HEAD, POST, OPTIONS\r\n" : "Allow: GET, HEAD, OPTIONS\r\n";
}

reply options_reply(bool takes_post, const app& shared) {
    reply result;
    result.status = 204;
    result.fields = allow_line(takes_post) + cors_fields(shared.settings);
    if (!shared.settings.cors_origin.empty()) {
        result.fields +=
            "Access-Control-Allow-Methods: GET, HEAD, POST\r\n"
            "Access-Control-Allow-Headers: Authorization, Content-Type, traceparent, tracestate\r\n"
            "Access-Control-Max-Age: 600\r\n";
    }
    return result;
}

bool asks_to_close(std::string_view query) {
    std::string name, value;
    while (next_parameter(query, name, value)) {
        if (name == "close" && value == "1") return true;
    }
    return false;
}

}  // namespace

std::span<const route> all_routes() {
    return routes;
}

std::span<const std::string_view> route_names() {
    return names;
}

decision decide(const request& head, const app& shared, exposure shown) {
    decision result;
    result.route = std::size(routes);
    if (head.path == "*") {
        result.what = options_reply(true, shared);
        return result;
    }
    const auto* row = find_route(head.path, shown);
    if (row == nullptr) {
        result.what = to_reply({404, "there is nothing at this path"}, shared, result.route);
        return result;
    }
    result.route = static_cast<std::size_t>(row - routes);
    if (head.method == method::options) {
        result.what = options_reply(row->takes_post, shared);
        return result;
    }
    if (head.method == method::known || (head.method == method::post && !row->takes_post)) {
        result.what =
            to_reply({405, "this path does not take this method", {}, allow_line(row->takes_post)},
                     shared, result.route);
        return result;
    }
    if (!head.query.empty() && head.method != method::post)
        result.close = asks_to_close(head.query);

    auto answered = row->handle(head, shared);
    if (!answered) {
        result.what = to_reply(answered.error(), shared, result.route);
        return result;
    }
    result.what = std::move(*answered);
    auto* const fixed = std::get_if<fixed_answer>(&result.what);
    if (fixed == nullptr) return result;
    // What may be replaced while we run is held by the reply that was decided for.
    result.by_head_alone = !row->operational && fixed->held == nullptr;
    const auto& tag = fixed->what->tag;
    if (head.if_match.present() && !names_tag_strongly(head.if_match.text(), tag)) {
        result.by_head_alone = false;
        result.what = to_reply({412, "none of the entity tags in If-Match is the current one"},
                               shared, result.route);
        return result;
    }
    fixed->not_modified =
        head.if_none_match.present() && !tag.empty() && names_tag(head.if_none_match.text(), tag);
    return result;
}

reply to_reply(problem what, const app& shared, std::size_t route) {
    boost::json::object body;
    body["type"] = "about:blank";
    body["title"] = reason_of(what.status);
    body["status"] = what.status;
    // A detail may quote what a client sent, or a part of it.
    body["detail"] = in_utf8(what.detail);
    if (!what.pointer.empty()) body["pointer"] = in_utf8(what.pointer);

    reply result;
    result.status = what.status;
    result.content_type = "application/problem+json";
    result.fields = std::move(what.fields) + cors_fields(shared.settings);
    if (route < std::size(routes)) result.fields += routes[route].vary;
    if (what.status == 503)
        result.fields += "Retry-After: 1\r\n";  // all that is short here frees up soon
    result.text = boost::json::serialize(body) + "\n";
    return result;
}

}  // namespace lanewise::server
