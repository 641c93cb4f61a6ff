#include "handlers.hpp"

#include "server/http/negotiation.hpp"
#include "server/http/target.hpp"

namespace lanewise::server::handlers {

outcome<answer> hello(const request& head, const app& shared) {
    const resource* offers[] = {&shared.fixed.hello_text, &shared.fixed.hello_json,
                                &shared.fixed.page.for_client(head)};
    constexpr std::string_view types[] = {"text/plain", "application/json", "text/html"};
    const auto best = best_media_type(head.accept.text(), types);
    if (best < 0)
        return problem{406, "this page comes as text/plain, application/json or text/html"};
    return fixed_answer{offers[best], {}, false};
}

outcome<answer> identity(const request&, const app& shared) {
    return fixed_answer{&shared.fixed.identity, {}, false};
}

outcome<answer> kernels(const request&, const app& shared) {
    return fixed_answer{&shared.fixed.kernels, {}, false};
}

outcome<answer> kernel(const request& head, const app& shared) {
    if (!shared.token.admits(head.authorization)) {
        return problem{401,
                       "kernels ask for a bearer token here",
                       {},
                       "WWW-Authenticate: Bearer realm=\"lanewise\"\r\n"};
    }
    std::string storage;
    const auto name = normal_path(head.path, storage).substr(kernels_path.size());
    const auto* which = lanewise::kernels::find_kernel(name);
    if (which == nullptr) {
        std::string known;
        for (const auto& row : lanewise::kernels::catalogue()) {
            known.append(known.empty() ? "" : ", ").append(row.name);
        }
        return problem{404, "there is no kernel of this name; there are " + known};
    }
    auto query = read_kernel_query(*which, head, shared.settings.compute_threads);
    if (!query) return query.error();
    return std::move(*query);
}

outcome<answer> health(const request&, const app& shared) {
    return fixed_answer{&shared.fixed.healthy, {}, false};
}

outcome<answer> readiness(const request&, const app& shared) {
    if (!shared.ready) return problem{503, "this server is stopping"};
    return fixed_answer{&shared.fixed.ready, {}, false};
}

outcome<answer> metrics(const request&, const app& shared) {
    reply made;
    made.content_type = "text/plain; version=0.0.4; charset=utf-8";
    made.fields = "Cache-Control: no-store\r\n";
    made.text = exposition(shared);
    return made;
}

outcome<answer> openapi(const request&, const app& shared) {
    return fixed_answer{&shared.fixed.openapi, {}, false};
}

outcome<answer> report(const request& head, const app& shared) {
    auto latest = shared.report.get();
    if (!latest) return problem{404, "this server was started without --report FILE"};
    return fixed_answer{&latest->for_client(head), latest, false};
}

}  // namespace lanewise::server::handlers
