#include "prometheus.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <set>

#include "bench/cluster/web_client.hpp"
#include "bench/load/http_target.hpp"

namespace lanewise::bench::live {
namespace {

namespace json = boost::json;

constexpr std::size_t said_bytes_max = 300;  // of a server's own words
constexpr std::size_t warnings_max = 20;

[[noreturn]] void fail(const std::string& what) {
    throw prometheus_failure{"the Prometheus " + what};
}

std::string shortened(std::string_view text) {
    return std::string{text.substr(0, said_bytes_max)} +
           (text.size() > said_bytes_max ? " ..." : "");
}

std::string text_of(const json::object& from, std::string_view name) {
    const auto* field = from.if_contains(name);
    return field && field->is_string() ? std::string{field->get_string()} : std::string{};
}

/// A value is a string: a number, "NaN", "+Inf" or "-Inf"; anything else is no value.
std::optional<double> value_of(const json::value& from) {
    const auto* text = from.if_string();
    if (!text) return std::nullopt;
    std::string_view digits{text->data(), text->size()};
    if (digits.starts_with('+')) digits.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range) return HUGE_VAL;
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

std::vector<std::string> warnings_of(const json::object& reply) {
    std::vector<std::string> found;
    const auto* list = reply.if_contains("warnings");
    if (!list || !list->is_array()) return found;
    for (const auto& one : list->get_array()) {
        if (one.is_string() && found.size() < warnings_max)
            found.push_back(shortened(one.get_string()));
    }
    return found;
}

void read_values(const json::array& from, time_series& to, range_answer& made) {
    for (const auto& pair : from) {
        const auto* both = pair.if_array();
        if (!both || both->size() != 2 || !(*both)[0].is_number())
            fail("sent a value that is none");
        const auto value = value_of((*both)[1]);
        if (!value) fail("sent a value that is no number");
        if (!std::isfinite(*value)) {
            ++made.not_finite;
            continue;
        }
        const double time = (*both)[0].to_number<double>();
        if (!to.values.empty() && time <= to.values.back().first)
            fail("sent values that are not in the order of time");
        to.values.emplace_back(time, *value);
    }
}

/// The URL's root: no query, no slash at the end, and no user before an @, which would be a secret.
std::string base_of(const std::string& url) {
    (void)parse_url(url);
    if (url.find_first_of("?#") != std::string::npos)
        throw std::invalid_argument{"--prometheus " + url +
                                    ": give the root of the Prometheus, without a query"};
    auto base = url;
    while (base.ends_with('/')) base.pop_back();
    for (const std::string_view tail : {"/api/v1", "/graph", "/query"}) {
        if (base.ends_with(tail)) base.resize(base.size() - tail.size());
    }
    return base;
}

}  // namespace

range_answer read_range_answer(std::string_view body) {
    boost::system::error_code error;
    json::parse_options limits;
    limits.max_depth = 8;
    const auto value = json::parse(body, error, {}, limits);
    const auto* reply = error ? nullptr : value.if_object();
    if (!reply) fail("sent no JSON: is the address that of its root?");
    const auto status = text_of(*reply, "status");
    if (status == "error") {
        fail("refused the question (" + shortened(text_of(*reply, "errorType")) +
             "): " + shortened(text_of(*reply, "error")));
    }
    const auto* data = reply->if_contains("data");
    if (status != "success" || !data || !data->is_object())
        fail("sent JSON that is no answer to a query");
    const auto& content = data->get_object();
    if (text_of(content, "resultType") != "matrix")
        fail("sent another kind of result than a matrix");
    const auto* result = content.if_contains("result");
    if (!result || !result->is_array()) fail("sent a result that is no list");

    range_answer made;
    made.warnings = warnings_of(*reply);
    std::set<std::map<std::string, std::string>> seen;
    for (const auto& one : result->get_array()) {
        const auto* fields = one.if_object();
        const auto* metric = fields ? fields->if_contains("metric") : nullptr;
        if (!metric || !metric->is_object()) fail("sent a series without labels");
        time_series series;
        for (const auto& [name, label] : metric->get_object()) {
            if (!label.is_string()) fail("sent a label that is no text");
            series.labels.emplace(std::string{name}, std::string{label.get_string()});
        }
        if (fields->contains("histograms")) ++made.native_histograms;
        const auto* values = fields->if_contains("values");
        if (!values) continue;
        if (!values->is_array()) fail("sent a series without values");
        if (!seen.insert(series.labels).second) {
            ++made.duplicates;
            continue;
        }
        read_values(values->get_array(), series, made);
        if (!series.values.empty()) made.series.push_back(std::move(series));
    }
    return made;
}

prometheus::prometheus(prometheus_options options)
    : options_{std::move(options)}, base_{base_of(options_.url)} {
    (void)tls_client{options_.tls, "prometheus"};  // certificates that can't be used: bad usage
    deadline_ = std::chrono::steady_clock::now() +
                std::chrono::duration_cast<std::chrono::steady_clock::duration>(options_.patience);
}

range_answer prometheus::range(const std::string& promql, const time_range& over) {
    const auto seconds = [](double value) {
        char text[32];
        const auto end =
            std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 3);
        return std::string{text, end.ptr};
    };
    const auto url = base_ + "/api/v1/query_range?query=" + percent_encoded(promql) +
                     "&start=" + seconds(over.start) + "&end=" + seconds(over.end) +
                     "&step=" + seconds(over.step);
    cluster::web_client web{options_.tls, deadline_};
    cluster::web_reply reply;
    try {
        reply = web.ask({url, "application/json", options_.authorization, ""});
    } catch (const cluster::web_failure& failure) {
        throw prometheus_failure{base_ + ": " + failure.what()};
    }
    if (reply.status == 401 || reply.status == 403)
        throw prometheus_failure{base_ + ": status " + std::to_string(reply.status) +
                                 ": it asks for an account (--token-file)"};
    // A refused question has status 400 or 422 and says why; what is no JSON says nothing.
    if (reply.status != 200 && reply.body.find("\"status\"") == std::string::npos)
        throw prometheus_failure{base_ + ": status " + std::to_string(reply.status)};
    try {
        return read_range_answer(reply.body);
    } catch (const prometheus_failure& failure) {
        throw prometheus_failure{base_ + ": " + failure.what() + " [" + shortened(promql) + "]"};
    }
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string made;
    for (const char letter : text) {
        if (plain.find(letter) != std::string_view::npos) {
            made += letter;
        } else {
            const auto octet = static_cast<unsigned char>(letter);
            made += '%';
            made += hex[octet >> 4];
            made += hex[octet & 15];
        }
    }
    return made;
}

}  // namespace lanewise::bench::live
