#include "handlers.hpp"

#include "routes.hpp"
#include "server/http/negotiation.hpp"
#include "server/http/target.hpp"

namespace lanewise::server::handlers {

outcome<answer> hello(const request& head, const fixed_replies& replies) {
    const resource* offers[] = {&replies.hello_text, &replies.hello_json,
                                &replies.page.for_client(head)};
    static_assert(std::size(offers) == std::size(hello_answers));
    const auto best = best_media_type(head.accept.text(), hello_answers);
    if (best < 0) {
        std::string offered;
        for (const auto type : hello_answers)
            offered.append(offered.empty() ? "" : ", ").append(type);
        return problem{406, "this page comes as one of: " + offered};
    }
    return fixed_answer{offers[best], {}, false};
}

outcome<answer> kernel(const request& head, const token_gate& token, std::size_t threads_max) {
    if (!token.admits(head.authorization)) {
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
    auto query = read_kernel_query(*which, head, threads_max);
    if (!query) return query.error();
    return std::move(*query);
}

outcome<answer> readiness(bool ready, const fixed_replies& replies) {
    if (!ready) return problem{503, "this server is stopping"};
    return fixed_answer{&replies.ready, {}, false};
}

outcome<answer> metrics(const request& head, const exposition_sources& from) {
    reply made;
    const auto format = exposition_format_for(head.accept.text());
    made.content_type = format == exposition_format::open_metrics
                            ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                            : "text/plain; version=0.0.4; charset=utf-8";
    made.fields = std::string{vary_by_accept} + "Cache-Control: no-store\r\n";
    made.text = exposition(from, format);
    return made;
}

outcome<answer> report(const request& head, const report_file& file) {
    auto latest = file.get();
    if (!latest) return problem{404, "this server was started without --report FILE"};
    return fixed_answer{&latest->for_client(head), latest, false};
}

}  // namespace lanewise::server::handlers
