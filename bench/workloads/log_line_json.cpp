// Objects of any program's access log: members are found by name, wherever they are nested.
#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <span>

#include "lenient_json.hpp"
#include "log_line.hpp"
#include "request_text.hpp"

namespace lanewise::bench::workloads {
namespace {

namespace json = boost::json;
using std::string_view;

constexpr int nesting_max = 8;

/// Without what programs spell differently: case, "_", "-" and a leading ":".
std::string plain_name(string_view name) {
    std::string plain;
    for (const char letter : lower(name))
        if (letter != '_' && letter != '-' && letter != ':' && letter != '@') plain += letter;
    return plain;
}

struct member {
    std::vector<std::string> path;  ///< plain names, the outermost first
    string_view name;               ///< the last one, as it is written
    const json::value* value;
};

/// Names are nested, and programs also write "http.request.method" as one.
void append_path(std::vector<std::string>& path, string_view name) {
    for (;;) {
        const auto dot = name.find('.');
        path.push_back(plain_name(name.substr(0, dot)));
        if (dot == string_view::npos) return;
        name.remove_prefix(dot + 1);
    }
}

void flatten(const json::object& object, const std::vector<std::string>& above,
             std::vector<member>& to) {
    for (const auto& [name, value] : object) {
        auto path = above;
        append_path(path, name);
        to.push_back({path, name, &value});
        if (value.is_object() && path.size() < nesting_max) flatten(value.get_object(), path, to);
    }
}

/// null, "" and "-" are what loggers write for nothing.
std::optional<std::string> text_of(const json::value& value) {
    if (value.is_string()) {
        const string_view text = value.get_string();
        if (text.empty() || text == "-") return std::nullopt;
        return std::string{text};
    }
    if (value.is_int64() || value.is_uint64() || value.is_double()) return json::serialize(value);
    return std::nullopt;
}

std::optional<std::uint64_t> number_of(const json::value& value) {
    const auto text = text_of(value);
    if (!text) return std::nullopt;
    double number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || end != text->data() + text->size() || !(number >= 0) ||
        number > 1e15 || number != std::floor(number))
        return std::nullopt;
    return static_cast<std::uint64_t>(number);
}

class members {
public:
    explicit members(const json::object& object) { flatten(object, {}, all_); }

    /// The first name that a member has whose value `take` accepts; of several members the one that
    /// is nested least. A name "a.b" is b within a. What lies within one of `outside` is not meant.
    template <class Take>
    auto find(std::initializer_list<string_view> names, std::span<const string_view> outside,
              Take take) const -> decltype(take(std::declval<const json::value&>())) {
        for (const auto name : names) {
            std::vector<std::string> wanted;
            append_path(wanted, name);
            const member* best = nullptr;
            for (const auto& one : all_) {
                if (one.path.size() < wanted.size() ||
                    !std::equal(wanted.rbegin(), wanted.rend(), one.path.rbegin()))
                    continue;
                const auto above = one.path.size() - wanted.size();
                if (std::ranges::any_of(
                        one.path.begin(), one.path.begin() + static_cast<std::ptrdiff_t>(above),
                        [&](const auto& part) {
                            return std::ranges::find(outside, part) != outside.end();
                        }))
                    continue;
                if (!take(*one.value)) continue;
                if (!best || one.path.size() < best->path.size()) best = &one;
            }
            if (best) return take(*best->value);
        }
        return {};
    }

    [[nodiscard]] const std::vector<member>& all() const noexcept { return all_; }

private:
    std::vector<member> all_;
};

// Where a "path", a "host" or a "method" is not the request's.
constexpr std::array elsewhere{
    string_view{"response"},   string_view{"resp"},      string_view{"res"},
    string_view{"upstream"},   string_view{"file"},      string_view{"agent"},
    string_view{"kubernetes"}, string_view{"container"}, string_view{"labels"},
    string_view{"process"},    string_view{"source"},    string_view{"node"},
    string_view{"pod"},        string_view{"error"},     string_view{"tls"},
    string_view{"os"},         string_view{"service"},   string_view{"cloud"}};
// A proxy's own status is what the client got.
constexpr std::array behind_a_proxy{string_view{"upstream"}, string_view{"origin"}};

std::string header_name(string_view name) {
    std::string written;
    bool first = true;
    for (const char letter : lower(name)) {
        const char dashed = letter == '_' ? '-' : letter;
        written +=
            first && dashed >= 'a' && dashed <= 'z' ? static_cast<char>(dashed - 32) : dashed;
        first = dashed == '-';
    }
    return written;
}

/// Of the fields that a log may hold, those that decide which reply is sent, and secrets, which are
/// judged later.
bool is_wanted(string_view lower_name) {
    constexpr std::array names{string_view{"accept"},
                               string_view{"accept-encoding"},
                               string_view{"accept-language"},
                               string_view{"content-type"},
                               string_view{"range"},
                               string_view{"if-none-match"},
                               string_view{"if-match"},
                               string_view{"if-range"},
                               string_view{"if-modified-since"},
                               string_view{"if-unmodified-since"},
                               string_view{"authorization"},
                               string_view{"cookie"},
                               string_view{"x-api-key"},
                               string_view{"content-encoding"},
                               string_view{"x-auth-token"}};
    return std::ranges::find(names, lower_name) != names.end();
}

void take_header(logged_request& to, string_view name, const json::value& value) {
    const auto written = header_name(name);
    if (!is_wanted(lower(written))) return;
    const auto add = [&](const json::value& one) {
        const auto text = text_of(one);
        const auto has = std::ranges::any_of(to.headers, [&](const auto& field) {
            return field.name == written && field.value == text;
        });
        if (text && !has) to.headers.push_back({written, *text});
    };
    if (value.is_array()) {
        for (const auto& one : value.get_array()) add(one);
    } else {
        add(value);
    }
}

void take_headers(logged_request& to, const members& line) {
    const auto* fields =
        line.find({"request.headers", "req.headers", "request_headers", "headers"}, elsewhere,
                  [](const json::value& value) { return value.is_object() ? &value : nullptr; });
    if (fields) {
        for (const auto& [name, value] : fields->get_object()) take_header(to, name, value);
    }
    for (const auto& one : line.all()) {
        const auto small = lower(one.name);
        if (small.starts_with("http_")) {
            take_header(to, string_view{small}.substr(5), *one.value);  // as nginx names them
        } else if (small.starts_with("request_")) {
            take_header(to, string_view{small}.substr(8), *one.value);  // as Traefik names them
        } else if (one.path.size() == 1 && small != "range") {
            take_header(to, small, *one.value);
        }
    }
    // Without a body, a Content-Type is most likely the reply's.
    if (!to.body)
        std::erase_if(to.headers, [](const auto& field) { return field.name == "Content-Type"; });
}

std::optional<std::string> only_text(const json::value& value) {
    return value.is_string() ? text_of(value) : std::nullopt;
}

/// The line that a collector wrapped: Docker's "log", "message" of many.
std::optional<std::string> wrapped_line(const members& line) {
    return line.find({"log", "message", "msg", "textPayload", "event.original", "line"}, {},
                     only_text);
}

}  // namespace

judged_line judge_json_line(string_view line, int depth) {
    const auto parsed = parse_leniently(trimmed(line));
    if (!parsed || !parsed->value.is_object()) return "no JSON, or one that is cut off";
    const members all{parsed->value.get_object()};
    const auto stage = all.find({"stage"}, {}, only_text);
    if (stage && *stage != "access" && parsed->value.get_object().contains("level"))
        return "a line of lanewise-server that is no request";

    const auto method =
        all.find({"request_method", "http_method", "method", "verb"}, elsewhere, only_text);
    auto target = all.find({"request_uri", "x_envoy_original_path", "original_path", "url.original",
                            "request_path", "path", "target", "request_url", "url", "uri"},
                           elsewhere, only_text);
    const auto request_line = all.find({"request", "request_line"}, elsewhere, only_text);
    const auto protocol = all.find({"server_protocol", "request_protocol", "protocol", "proto"},
                                   elsewhere, only_text);

    judged_line judged = no_request{"a JSON line without a method and a path"};
    if (request_line) judged = judge_request_line(*request_line);
    if (!std::holds_alternative<logged_request>(judged) && method && target) {
        const auto query =
            all.find({"query_string", "request_query", "args", "query"}, elsewhere, only_text);
        if (query && target->find('?') == std::string::npos)
            *target += (query->starts_with('?') ? "" : "?") + *query;
        const bool other = protocol && (lower(*protocol).starts_with("rtsp") ||
                                        lower(*protocol).starts_with("sip"));
        // A blank within the target is the target's own: it has a member to itself.
        judged = other ? judge_request_line("")
                       : judge_request_line(*method + " " + *target + " HTTP/1.1");
    }
    if (!std::holds_alternative<logged_request>(judged)) {
        const auto inner = wrapped_line(all);
        constexpr int wrappers_max = 3;
        if (!request_line && !(method && target) && inner && depth < wrappers_max) {
            const auto text = trimmed(*inner);
            return text.starts_with('{') ? judge_json_line(text, depth + 1) : judge_log_line(text);
        }
        return judged;
    }

    auto& read = std::get<logged_request>(judged);
    const auto status = all.find({"status", "response_code", "status_code", "http_status",
                                  "response_status", "downstream_status", "code"},
                                 behind_a_proxy, number_of);
    if (status && *status >= 100 && *status < 1000) read.status = static_cast<int>(*status);
    if (read.status == 408) return "the client sent no whole request in time (408)";
    if (read.status == 101)
        return "another protocol took the connection over (101), such as WebSocket";
    if (read.host.empty()) {
        const auto host = all.find({"http_host", "authority", "request_host", "host", "vhost"},
                                   elsewhere, only_text);
        // It names a virtual host; a collector's "host" may be any name, but never has these.
        if (host && host->find_first_of("/ @\"<>\\") == std::string::npos && is_utf8(*host) &&
            is_field_value(*host))
            read.host = lower(*host);
    }
    read.body = all.find({"request_body", "request.body", "body.content"}, elsewhere, only_text);
    read.body_bytes = all.find({"bytes_received", "request_body_bytes", "request.body.bytes",
                                "bytes_read", "http_content_length", "content_length"},
                               elsewhere, number_of);
    take_headers(read, all);
    return judged;
}

}  // namespace lanewise::bench::workloads
