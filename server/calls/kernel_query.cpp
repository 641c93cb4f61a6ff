#include "kernel_query.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "media_types.hpp"
#include "server/http/field_lists.hpp"
#include "server/http/negotiation.hpp"
#include "server/http/syntax.hpp"
#include "server/http/target.hpp"

namespace lanewise::server {
namespace {

problem unknown_parameter(const kernels::kernel& kernel, const std::string& name) {
    std::string known;
    for (const auto& one : kernel.parameters) known.append(one.name).append(", ");
    return {422,
            "the query names \"" + name.substr(0, 64) + "\"; " + std::string{kernel.name} +
                " knows " + known + (kernel.rows != nullptr ? "threads, " : "") + "seed, close",
            name.substr(0, 64)};
}

outcome<void> read_query(std::string_view query, kernel_query& call, std::size_t threads_max) {
    const auto& kernel = *call.kernel;
    bool seed_seen = false;
    bool threads_seen = false;
    std::string name, value;
    while (next_parameter(query, name, value)) {
        const auto known = std::ranges::find(kernel.parameters, name, &kernels::parameter::name);
        if (known != kernel.parameters.end()) {
            auto& given = call.given[static_cast<std::size_t>(known - kernel.parameters.begin())];
            if (given) return problem{422, name + " is there twice", name};
            auto number = wire::parse_parameter(*known, value);
            if (!number) return number.error();
            given = *number;
        } else if (name == "seed") {
            const kernels::parameter seed{
                "seed", {}, 0, std::numeric_limits<std::uint64_t>::max(), {}};
            if (std::exchange(seed_seen, true)) return problem{422, "seed is there twice", "seed"};
            auto number = wire::parse_parameter(seed, value);
            if (!number) return number.error();
            call.seed = *number;
        } else if (name == "threads") {
            const kernels::parameter threads{"threads", {}, 1, threads_max, {}};
            if (std::exchange(threads_seen, true))
                return problem{422, "threads is there twice", "threads"};
            auto number = wire::parse_parameter(threads, value);
            if (!number) return number.error();
            if (kernel.rows == nullptr && *number > 1) {
                return problem{422,
                               "threads is " + std::to_string(*number) + "; it has to be 1, for " +
                                   std::string{kernel.name} + " can't be split",
                               "threads"};
            }
            call.threads = *number;
        } else if (name != "close") {
            return unknown_parameter(kernel, name);
        }
    }
    return {};
}

outcome<void> read_content_type(const request& head, kernel_query& call) {
    std::string_view content_type = head.content_type;
    const auto type = next_item(content_type, ';');
    if (syntax::equal_ignoring_case(type, octets_type)) {
        call.from = kernel_query::input::octets;
    } else if (syntax::equal_ignoring_case(type, json_type)) {
        call.from = kernel_query::input::json;
    } else {
        return problem{415,
                       "the Content-Type has to be application/octet-stream or application/json",
                       {},
                       "Accept: application/octet-stream, application/json\r\n"};
    }
    auto codings = head.content_encoding.text();
    for (auto coding = next_element(codings); !coding.empty(); coding = next_element(codings)) {
        if (syntax::equal_ignoring_case(coding, "identity")) continue;
        return problem{415,
                       "no Content-Encoding is read here: send the body as it is",
                       {},
                       "Accept-Encoding: identity\r\n"};
    }
    return {};
}

}  // namespace

outcome<kernel_query> read_kernel_query(const kernels::kernel& kernel, const request& head,
                                        std::size_t threads_max) {
    kernel_query call;
    call.kernel = &kernel;
    call.given.resize(kernel.parameters.size());
    if (auto read = read_query(head.query, call, threads_max); !read) return read.error();

    constexpr std::string_view offers[] = {json_type, octets_type};
    const auto accept = head.accept.text();
    call.takes_json = best_media_type(accept, {offers, 1}) == 0;
    call.takes_octets = best_media_type(accept, {offers + 1, 1}) == 0;
    call.prefers_octets = call.takes_octets && best_media_type(accept, offers) == 1;
    if (!call.takes_json && !call.takes_octets) {
        return problem{406, "results come as application/json or application/octet-stream"};
    }

    if (head.method == method::post) {
        if (head.body == framing::none)
            return problem{411, "a POST to a kernel needs a body with its inputs"};
        if (auto read = read_content_type(head, call); !read) return read.error();
    } else if (auto sizes = wire::complete(kernel, call.given); !sizes) {
        return sizes.error();
    }
    return call;
}

}  // namespace lanewise::server
