#include "request_mix.hpp"

#include <boost/beast/core/string.hpp>

namespace lanewise::bench {
namespace {

bool has_field(const prepared_request& request, std::string_view name) {
    return std::ranges::any_of(request.fields, [name](const header_field& one) {
        return boost::beast::iequals(one.name, name);
    });
}

/// Methods whose requests say how long their body is even where they have none (RFC 9110, 8.6).
bool expects_body(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

std::string in_words(const std::vector<status_range>& statuses) {
    std::string text;
    for (const auto& [first, last] : statuses) {
        text += (text.empty() ? "" : ", ") + std::to_string(first);
        if (last != first) text += "-" + std::to_string(last);
    }
    return text;
}

std::string wire_text(const prepared_request& request, std::string_view authority, bool last) {
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
    const auto add = [&](std::string_view name, std::string_view value) {
        text.append(name).append(": ").append(value).append("\r\n");
    };
    const auto add_unless_given = [&](std::string_view name, std::string_view value) {
        if (!has_field(request, name)) add(name, value);
    };
    add_unless_given("Host", authority);
    add_unless_given("User-Agent", "lanewise-bench");
    add_unless_given("Accept", "*/*");
    for (const auto& [name, value] : request.fields) add(name, value);
    if (!request.body.empty() || expects_body(request.method))
        add_unless_given("Content-Length", std::to_string(request.body.size()));
    if (last) add_unless_given("Connection", "close");
    return text + "\r\n" + request.body;
}

}  // namespace lanewise::bench
