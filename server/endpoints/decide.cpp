#include "decide.hpp"

#include <string>
#include <utility>

#include "app.hpp"
#include "cross_origin.hpp"
#include "problem_reply.hpp"
#include "server/http/negotiation.hpp"
#include "server/http/target.hpp"

namespace lanewise::server {
namespace {

outcome<answer> handle(endpoint asked, const request& head, const app& shared) {
    const auto fixed = [](const resource& what) { return fixed_answer{&what, {}, false}; };
    switch (asked) {
        case endpoint::hello:
            return handlers::hello(head, shared.fixed);
        case endpoint::identity:
            return fixed(shared.fixed.identity);
        case endpoint::kernels:
            return fixed(shared.fixed.kernels);
        case endpoint::kernel:
            return handlers::kernel(head, shared.token, shared.settings.compute_threads);
        case endpoint::health:
            return fixed(shared.fixed.healthy);
        case endpoint::readiness:
            return handlers::readiness(shared.ready, shared.fixed);
        case endpoint::metrics:
            return handlers::metrics(
                head, {shared.metrics, shared.settings, shared.machine, shared.log, shared.bodies,
                       shared.compute, shared.ready, shared.started_seconds,
                       shared.certificate_expires_seconds});
        case endpoint::openapi:
            return fixed(shared.fixed.openapi);
        case endpoint::report:
            break;
    }
    return handlers::report(head, shared.report);
}

std::string allow_line(bool takes_post) {
    return takes_post ? "Allow: GET, HEAD, POST, OPTIONS\r\n" : "Allow: GET, HEAD, OPTIONS\r\n";
}

reply options_reply(bool takes_post, const config& settings) {
    reply result;
    result.status = 204;
    result.fields = allow_line(takes_post) + cors_fields(settings) + preflight_fields(settings);
    return result;
}

bool asks_to_close(std::string_view query) {
    std::string name, value;
    while (next_parameter(query, name, value)) {
        if (name == "close" && value == "1") return true;
    }
    return false;
}

// What the conditions of a request (RFC 9110, 13) make of a reply that has an entity tag.
void apply_conditions(const request& head, decision& decided, const config& settings) {
    auto& fixed = std::get<fixed_answer>(decided.what);
    const auto& tag = fixed.what->tag;
    if (head.if_match.present() && !names_tag_strongly(head.if_match.text(), tag)) {
        decided.by_head_alone = false;
        decided.what = to_reply({412, "none of the entity tags in If-Match is the current one"},
                                settings, decided.route);
        return;
    }
    fixed.not_modified =
        head.if_none_match.present() && !tag.empty() && names_tag(head.if_none_match.text(), tag);
}

}  // namespace

decision decide(const request& head, const app& shared, exposure shown) {
    const auto& settings = shared.settings;
    decision result;
    if (head.path == "*") {
        result.route = all_routes().size();
        result.what = options_reply(true, settings);
        return result;
    }
    result.route = find_route(head.path, shown);
    if (result.route == all_routes().size()) {
        result.what = to_reply({404, "there is nothing at this path"}, settings, result.route);
        return result;
    }
    const auto& row = all_routes()[result.route];
    if (head.method == method::options) {
        result.what = options_reply(row.takes_post, settings);
        return result;
    }
    if (head.method == method::known || (head.method == method::post && !row.takes_post)) {
        result.what =
            to_reply({405, "this path does not take this method", {}, allow_line(row.takes_post)},
                     settings, result.route);
        return result;
    }
    if (!head.query.empty() && head.method != method::post)
        result.close = asks_to_close(head.query);

    auto answered = handle(row.leads_to, head, shared);
    if (!answered) {
        result.what = to_reply(answered.error(), settings, result.route);
        return result;
    }
    result.what = std::move(*answered);
    if (const auto* const fixed = std::get_if<fixed_answer>(&result.what)) {
        // What may be replaced while we run is held by the reply that was decided for.
        result.by_head_alone = !row.operational && fixed->held == nullptr;
        apply_conditions(head, result, settings);
    }
    return result;
}

}  // namespace lanewise::server
