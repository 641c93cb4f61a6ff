#include "multipart.hpp"

#include <algorithm>

#include "request_text.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

std::string given_boundary(string_view content_type) {
    const auto at = lower(content_type).find("boundary=");
    if (at == std::string::npos) return {};
    auto value = content_type.substr(at + 9);
    if (value.starts_with('"')) {
        value.remove_prefix(1);
        return std::string{value.substr(0, value.find('"'))};
    }
    return std::string{trimmed(value.substr(0, value.find(';')))};
}

/// As browsers escape within quotes.
std::string escaped(string_view text) {
    std::string safe;
    for (const char letter : text)
        safe += letter == '"'    ? "%22"
                : letter == '\r' ? "%0D"
                : letter == '\n' ? "%0A"
                                 : std::string{letter};
    return safe;
}

/// One that stands in no part.
std::string new_boundary(const std::vector<form_part>& parts) {
    for (int number = 1;; ++number) {
        auto boundary = "------------------------" + std::to_string(number);
        if (std::ranges::none_of(parts, [&](const auto& part) {
                return part.content.find(boundary) != std::string::npos;
            }))
            return boundary;
    }
}

}  // namespace

std::string multipart_body(const std::vector<form_part>& parts, std::string& content_type) {
    auto boundary = given_boundary(content_type);
    if (boundary.empty()) {
        boundary = new_boundary(parts);
        if (content_type.empty()) content_type = "multipart/form-data";
        content_type += "; boundary=" + boundary;
    }
    std::string body;
    for (const auto& part : parts) {
        body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" +
                escaped(part.name) + '"';
        if (part.file_name) body += "; filename=\"" + escaped(*part.file_name) + '"';
        body += "\r\n";
        if (!part.content_type.empty()) body += "Content-Type: " + part.content_type + "\r\n";
        for (const auto& field : part.headers) body += field.name + ": " + field.value + "\r\n";
        body += "\r\n" + part.content + "\r\n";
    }
    return body + "--" + boundary + "--\r\n";
}

}  // namespace lanewise::bench::workloads
