#include "presets.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <stdexcept>

#include "program/nearest.hpp"

namespace lanewise::bench::live {
namespace {

namespace json = boost::json;

const std::vector<preset>& built_in() {
    static const std::vector<preset> all{
        {"lanewise",
         "arch",
         {"job", "instance"},
         R"(lanewise_http_requests_total{route!~"/healthz|/readyz|/metrics"})",
         R"(lanewise_http_requests_total{route!~"/healthz|/readyz|/metrics",code="5xx"})",
         R"(lanewise_http_request_duration_seconds_bucket{route!~"/healthz|/readyz|/metrics"})",
         1,
         "process_cpu_seconds_total",
         R"(lanewise_node_info{emulated="true"})"},
        // The controller counts for each backend's Service. Its own CPU time says nothing of
        // theirs.
        {"nginx-ingress",
         "service",
         {"job", "instance"},
         "nginx_ingress_controller_requests",
         R"(nginx_ingress_controller_requests{status=~"5.."})",
         "nginx_ingress_controller_request_duration_seconds_bucket",
         1,
         "",
         ""},
        // Envoy's durations are in milliseconds.
        {"envoy",
         "envoy_cluster_name",
         {"job", "instance"},
         "envoy_cluster_upstream_rq_total",
         R"(envoy_cluster_upstream_rq_xx{envoy_response_code_class="5"})",
         "envoy_cluster_upstream_rq_time_bucket",
         1e-3,
         "",
         ""},
        {"istio",
         "destination_workload",
         {"job", "instance"},
         R"(istio_requests_total{reporter="destination"})",
         R"(istio_requests_total{reporter="destination",response_code=~"5.."})",
         R"(istio_request_duration_milliseconds_bucket{reporter="destination"})",
         1e-3,
         "",
         ""},
        // The names that Go's client library is mostly used with.
        {"go",
         "arch",
         {"job", "instance"},
         "http_requests_total",
         R"(http_requests_total{code=~"5.."})",
         "http_request_duration_seconds_bucket",
         1,
         "process_cpu_seconds_total",
         ""},
    };
    return all;
}

bool is_name(std::string_view text, bool colons) {
    const auto fits = [&](char letter, bool first) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               letter == '_' || (colons && letter == ':') ||
               (!first && letter >= '0' && letter <= '9');
    };
    if (text.empty() || !fits(text.front(), true)) return false;
    return std::ranges::all_of(text, [&](char letter) { return fits(letter, false); });
}

/// The position of the brace that ends a selector: the last letter; npos where it has none.
struct selector_parts {
    std::string metric, matchers;
};

selector_parts parts_of(const std::string& selector) {
    const auto open = selector.find('{');
    selector_parts parts{selector.substr(0, open), ""};
    const bool whole = open == std::string::npos || selector.ends_with('}');
    if (!is_name(parts.metric, true) || !whole)
        throw std::invalid_argument{"\"" + selector +
                                    "\" is no selector such as http_requests_total{job=\"shop\"}"};
    if (open != std::string::npos)
        parts.matchers = selector.substr(open + 1, selector.size() - open - 2);
    return parts;
}

[[noreturn]] void complain(const std::string& file, const std::string& what) {
    throw std::invalid_argument{file + ": " + what};
}

}  // namespace

std::vector<std::string> preset_names() {
    std::vector<std::string> names;
    for (const auto& one : built_in()) names.push_back(one.name);
    return names;
}

preset preset_named(const std::string& name) {
    const auto found = std::ranges::find(built_in(), name, &preset::name);
    if (found != built_in().end()) return *found;
    auto names = preset_names();
    names.emplace_back("custom FILE");
    throw std::invalid_argument{"--preset " + name + ": there is none of that name" +
                                program::known_names(name, names)};
}

preset parse_preset(const std::string& file, std::string_view text) {
    boost::system::error_code error;
    const auto value = json::parse(text, error);
    if (error || !value.is_object()) complain(file, "is no JSON object");
    preset made;
    made.name = "custom";
    made.pool_label = "arch";
    made.target_labels = {"job", "instance"};
    for (const auto& field : value.get_object()) {
        const std::string name{field.key()};
        const auto& member = field.value();
        const auto word = [&] {
            if (!member.is_string()) complain(file, "field " + name + ": is no text");
            return std::string{member.get_string()};
        };
        const auto selector = [&] {
            auto one = word();
            try {
                if (!one.empty()) (void)parts_of(one);
            } catch (const std::invalid_argument& problem) {
                complain(file, "field " + name + ": " + problem.what());
            }
            return one;
        };
        if (name == "pool_label") {
            made.pool_label = word();
        } else if (name == "target_labels") {
            if (!member.is_array() || member.get_array().empty())
                complain(file, "field target_labels: is no list of labels");
            made.target_labels.clear();
            for (const auto& one : member.get_array()) {
                if (!one.is_string()) complain(file, "field target_labels: is no list of labels");
                made.target_labels.emplace_back(one.get_string());
            }
        } else if (name == "requests") {
            made.requests = selector();
        } else if (name == "errors") {
            made.errors = selector();
        } else if (name == "durations") {
            made.durations = selector();
        } else if (name == "duration_unit_seconds") {
            made.duration_unit_seconds = member.is_number() ? member.to_number<double>() : 0;
            if (!(made.duration_unit_seconds > 0) || made.duration_unit_seconds > 1)
                complain(file, "field duration_unit_seconds: is no number such as 0.001");
        } else if (name == "cpu") {
            made.cpu = selector();
        } else if (name == "emulated") {
            made.emulated = selector();
        } else {
            complain(file,
                     "field " + name + ": there is none of that name" +
                         program::known_names(
                             name, std::vector<std::string>{
                                       "pool_label", "target_labels", "requests", "errors",
                                       "durations", "duration_unit_seconds", "cpu", "emulated"}));
        }
    }
    if (made.requests.empty()) complain(file, "field requests: is missing");
    if (made.errors.empty()) complain(file, "field errors: is missing");
    check_label(made.pool_label);
    for (const auto& one : made.target_labels) check_label(one);
    return made;
}

std::string with_matchers(const std::string& selector, const std::string& matchers) {
    const auto parts = parts_of(selector);
    if (parts.matchers.empty() && matchers.empty()) return parts.metric;
    const bool both = !parts.matchers.empty() && !matchers.empty();
    return parts.metric + "{" + parts.matchers + (both ? "," : "") + matchers + "}";
}

void check_label(const std::string& name) {
    if (!is_name(name, false))
        throw std::invalid_argument{"\"" + name + "\" is no name of a label, such as arch"};
}

}  // namespace lanewise::bench::live
