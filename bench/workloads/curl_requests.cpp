// What a command of curl sends: a request for each of its URLs, with the fields that curl adds.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "curl_command.hpp"
#include "curl_files.hpp"
#include "curl_globs.hpp"
#include "request_text.hpp"
#include "secrets.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

constexpr std::size_t urls_max = 10'000;

/// A fragment is never sent; this # is data.
std::string without_hash(std::string_view target) {
    std::string encoded;
    for (const char letter : target) encoded += letter == '#' ? "%23" : std::string{letter};
    return encoded;
}

/// RFC 3986, 5.2.4: as curl does it before it sends.
std::string without_dot_segments(const std::string& target) {
    const auto query = std::min(target.find('?'), target.size());
    const string_view path{target.data(), query};
    std::vector<string_view> segments;
    bool slash_at_end = false;
    for (std::size_t at = 1; at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto segment = path.substr(at, end - at);
        const auto small = lower(segment);
        slash_at_end = false;
        if (small == "." || small == "%2e") {
            slash_at_end = true;
        } else if (small == ".." || small == ".%2e" || small == "%2e." || small == "%2e%2e") {
            if (!segments.empty()) segments.pop_back();
            slash_at_end = true;
        } else {
            segments.push_back(segment);
        }
        at = end + 1;
    }
    std::string shorter;
    for (const auto segment : segments) shorter += "/" + std::string{segment};
    if (slash_at_end || shorter.empty()) shorter += '/';
    return shorter + target.substr(query);
}

class request_maker {
public:
    explicit request_maker(gathering& to) : to_{to} {}

    void count(const std::vector<curl_group>& groups) {
        std::size_t urls = 0;
        for (const auto& one : groups) urls += one.urls.size();
        if (urls == 0) throw refused{"it has no URL"};
        // All are judged before one is counted: a command is taken whole or not at all.
        std::vector<std::pair<request, std::string>> all;
        for (const auto& one : groups) requests_of(one, all);
        for (auto& [what, origin] : all) to_.count(std::move(what), origin, std::nullopt);
    }

private:
    void requests_of(const curl_group& from, std::vector<std::pair<request, std::string>>& all) {
        if (from.has_data && !from.get &&
            (from.head || !from.form.empty() || !from.uploads.empty()))
            throw refused{"two of --data, --form, --upload-file and --head exclude each other"};
        if (!from.form.empty() && (from.head || !from.uploads.empty()))
            throw refused{"two of --data, --form, --upload-file and --head exclude each other"};
        for (std::size_t i = 0; i < from.urls.size(); ++i) {
            const auto urls = from.globs ? expand_globs(from.urls[i], urls_max)
                                         : std::optional{std::vector{from.urls[i]}};
            if (!urls)
                throw refused{
                    "the brackets or braces in its URL are no pattern of curl, or stand "
                    "for more than 10000 URLs; --globoff takes them as they are"};
            for (const auto& url : *urls) {
                if (all.size() >= urls_max) throw refused{"it has more than 10000 URLs"};
                all.push_back(request_of(
                    from, url, i < from.uploads.size() ? from.uploads[i] : std::string{}));
                bytes_ += all.back().first.body.size() + all.back().first.path.size();
                if (bytes_ > bytes_max)
                    throw refused{"its requests take more than 64 MiB together"};
            }
        }
    }

    static url_parts url_of(const curl_group& from, std::string text) {
        if (text.find_first_of(" \t\r\n") != std::string::npos)
            throw refused{"its URL holds a blank, which curl refuses: write %20"};
        const auto colon = text.find(':');
        const auto scheme = lower(text.substr(0, colon == std::string::npos ? 0 : colon));
        if (text.find("://") == std::string::npos && (scheme == "http" || scheme == "https") &&
            text[colon + 1] == '/') {
            text.insert(colon + 1, "/");  // curl takes one slash for two
        } else if (text.find("://") == std::string::npos ||
                   text.find("://") > text.find_first_of("/?#")) {
            text.insert(0, from.proto_default + "://");
        }
        auto url = split_url(text);
        if (!url) throw refused{"its URL is none such as https://host:port/path"};
        if (url->scheme != "http" && url->scheme != "https")
            throw refused{"the scheme of its URL is neither http nor https"};
        return *url;
    }

    std::pair<request, std::string> request_of(const curl_group& from, const std::string& text,
                                               const std::string& upload) {
        auto url = url_of(from, text);
        request what;
        what.path = from.path_as_is ? url.target : without_dot_segments(url.target);
        std::string content_type;
        fill_body(from, upload, what, content_type);
        auto extra = from.query;
        if (from.get && from.has_data) extra.push_back(from.data);
        for (const auto& one : extra) {
            const auto mark = what.path.find('?');
            if (mark == std::string::npos) {
                what.path += '?';
            } else if (mark + 1 < what.path.size()) {
                what.path += '&';
            }
            what.path += without_hash(encoded_target(one));
        }
        if (!from.request_target.empty())
            what.path = without_hash(encoded_target(from.request_target));
        if (!what.path.starts_with('/') && what.path != "*")
            throw refused{"its --request-target is no path"};
        if (!from.method.empty()) what.method = from.method;
        if (!is_token(what.method) || what.method == "CONNECT")
            throw refused{"its --request is no method that can be sent"};
        to_.judge_target(what.path);
        fill_headers(from, url, content_type, what);
        return {std::move(what), url.origin()};
    }

    static void fill_body(const curl_group& from, const std::string& upload, request& what,
                          std::string& content_type) {
        if (from.head) {
            what.method = "HEAD";
        } else if (!upload.empty()) {
            what.method = "PUT";
            what.body = file_content(upload);
            what.has_body = true;
            if (const auto query = std::min(what.path.find('?'), what.path.size());
                what.path.substr(0, query).ends_with('/'))
                what.path.insert(
                    query, percent_encoded(upload.substr(upload.find_last_of('/') + 1), false));
        } else if (!from.form.empty()) {
            what.method = "POST";
            for (const auto& field : from.headers)
                if (equal_without_case(field.name, "content-type")) content_type = field.value;
            what.body = multipart_body(from.form, content_type);
            what.has_body = true;
        } else if (from.has_data && !from.get) {
            what.method = "POST";
            what.body = from.data;
            what.has_body = true;
            content_type = from.is_json ? "application/json" : "application/x-www-form-urlencoded";
        }
    }

    void fill_headers(const curl_group& from, const url_parts& url, const std::string& content_type,
                      request& what) {
        const auto is_given = [&](string_view name) {
            return std::ranges::any_of(from.headers, [&](const auto& field) {
                return equal_without_case(field.name, name);
            });
        };
        // What curl sends by itself, unless a header of the same name is given or taken away.
        const auto add = [&](string_view name, string_view value) {
            if (is_given(name) ||
                std::ranges::find(from.removed, lower(name)) != from.removed.end())
                return;
            to_.add_header(what, name, value);
        };
        if (from.user_agent && !from.user_agent->empty()) add("User-Agent", *from.user_agent);
        add("Accept", from.is_json ? "application/json" : "*/*");
        if (from.compressed) add("Accept-Encoding", "deflate, gzip");
        if (from.referer && !from.referer->empty())
            add("Referer", from.referer->substr(0, from.referer->find(";auto")));
        if (from.range) add("Range", "bytes=" + *from.range);
        if (!content_type.empty() && (from.form.empty() || !is_given("Content-Type")))
            add("Content-Type", content_type);
        if (!from.cookies.empty()) add("Cookie", from.cookies);
        add_authorization(from, url, is_given("Authorization"), what);
        bool of_connection = false;
        for (const auto& field : from.headers) {
            const bool replaced =
                !from.form.empty() && equal_without_case(field.name, "Content-Type");
            if (equal_without_case(field.name, "Host") && is_field_value(field.value) &&
                is_utf8(field.value)) {
                what.headers.push_back(field);
            } else {
                of_connection = of_connection || is_of_connection(lower(field.name));
                to_.add_header(what, field.name, replaced ? content_type : field.value);
            }
        }
        if (of_connection)
            to_.remark(
                "headers that follow from the connection and the body, such as "
                "Content-Length, are left out");
    }

    void add_authorization(const curl_group& from, const url_parts& url, bool is_given,
                           request& what) {
        if (is_given) return;
        std::string value;
        if (from.bearer) {
            value = "Bearer " + *from.bearer;
        } else if (from.user || !url.user_info.empty()) {
            auto user = from.user ? *from.user : percent_decoded(url.user_info);
            if (from.other_authentication) {
                if (to_.keeps_secrets())
                    throw refused{
                        "its authentication is neither Basic nor Bearer, which needs more "
                        "than one request"};
                return to_.drop("Authorization");
            }
            if (user.find(':') == std::string::npos) user += ':';
            value = "Basic " + to_base64(user);
        } else {
            return;
        }
        to_.add_header(what, "Authorization", value);
    }

    static constexpr std::size_t bytes_max = std::size_t{64} << 20;
    gathering& to_;
    std::size_t bytes_ = 0;
};

}  // namespace

void count_requests_of(const std::vector<curl_group>& groups, gathering& to) {
    request_maker{to}.count(groups);
}

}  // namespace lanewise::bench::workloads
