#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <map>

#include "json_entries.hpp"
#include "readers.hpp"

namespace lanewise::bench::price_lists {
namespace {

namespace json = boost::json;

using labels = std::map<std::string, std::string>;

std::string provider_of(const labels& of) {
    const auto id = of.find("provider_id");
    if (id == of.end()) return {};
    if (id->second.starts_with("aws:") || id->second.starts_with("i-")) return "aws";
    if (id->second.starts_with("azure:")) return "azure";
    if (id->second.starts_with("gce:")) return "gcp";
    if (id->second.starts_with("ocid1.") || id->second.starts_with("oci:")) return "oci";
    return {};
}

void add(const labels& of, double dollars, std::int64_t instant, const entry_context& at,
         gathered_offers& into) {
    const auto label = [&](const char* name) {
        const auto found = of.find(name);
        return found == of.end() ? std::string{} : found->second;
    };
    if (label("__name__") != "node_total_hourly_cost")
        return into.leave_out("it is no node_total_hourly_cost", at.place);
    if (!std::isfinite(dollars) || dollars <= 0)
        return into.leave_out("its value must be a number above 0", at.place);
    offer made;
    made.provider = provider_of(of);
    made.region = label("region");
    made.instance = label("instance_type");
    if (made.instance.empty() || made.instance == "unknown")
        return into.leave_out("instance_type is missing", at.place);
    if (instant > at.now)
        return into.leave_out("its price holds only from a later day on", at.place);
    made.usd_per_hour = dollars;
    made.date = instant > 0 ? day_of(instant) : at.day;
    made.source = "OpenCost, node_total_hourly_cost: " + at.file;
    const auto node = label("node");
    made.place = at.place + (node.empty() ? "" : " (node " + node + ")");
    made.shape = shape_of(*at.known, made.instance);
    if (!made.shape) made.shape.emplace();
    if (const auto arch = label("arch"); arch == "amd64" || arch == "arm64")
        made.shape->architecture = arch;
    into.offers.push_back(std::move(made));
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// name{a="b",...} of a sample; false where it is none. What is behind it stays in `line`.
bool take_labels(std::string_view& line, labels& of) {
    const auto name_end = line.find_first_of("{ \t");
    if (name_end == 0 || name_end == std::string_view::npos) return false;
    of["__name__"] = line.substr(0, name_end);
    line = trimmed(line.substr(name_end));
    if (!line.starts_with('{')) return true;
    line = trimmed(line.substr(1));
    while (!line.starts_with('}')) {
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) return false;
        const std::string name{trimmed(line.substr(0, equals))};
        line = trimmed(line.substr(equals + 1));
        if (!line.starts_with('"')) return false;
        std::string value;
        std::size_t at = 1;
        for (; at < line.size() && line[at] != '"'; ++at) {
            if (line[at] == '\\' && at + 1 < line.size()) {
                ++at;
                value += line[at] == 'n' ? '\n' : line[at];
            } else {
                value += line[at];
            }
        }
        if (at >= line.size()) return false;
        of[name] = value;
        line = trimmed(line.substr(at + 1));
        if (line.starts_with(',')) line = trimmed(line.substr(1));
        if (line.empty()) return false;
    }
    line = trimmed(line.substr(1));
    return true;
}

}  // namespace

void read_node_cost(const json::value& entry, const entry_context& at, gathered_offers& into) {
    const auto* metric = member(entry, "metric");
    labels of;
    if (metric && metric->is_object()) {
        for (const auto& [name, value] : metric->get_object()) {
            if (value.is_string()) of[std::string{name}] = value.get_string();
        }
    }
    // A query may have lost the name: of avg by (instance_type) nothing else says what it is.
    of.emplace("__name__", "node_total_hourly_cost");
    const auto* sample = member(entry, "value");
    if (const auto* range = member(entry, "values");
        !sample && range && range->is_array() && !range->get_array().empty())
        sample = &range->get_array().back();  // of a range the newest
    if (!sample || !sample->is_array() || sample->get_array().size() != 2)
        return into.leave_out("it has no value", at.place);
    const double time = number_of(&sample->get_array()[0]);
    add(of, number_of(&sample->get_array()[1]),
        std::isfinite(time) && time > 0 && time < 1e11 ? static_cast<std::int64_t>(time) : 0, at,
        into);
}

void read_node_cost_page(std::string_view text, const entry_context& at, gathered_offers& into) {
    std::size_t number = 0;
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto line = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (line.empty() || line.starts_with('#')) continue;
        auto here = at;
        here.place = at.file + ": line " + std::to_string(number);
        ++into.entries;
        labels of;
        if (!take_labels(line, of)) {
            into.leave_out("it is no sample of Prometheus' text format", here.place);
            continue;
        }
        const auto blank = line.find_first_of(" \t");
        const json::value value(std::string{line.substr(0, blank)});
        const json::value time(blank == std::string_view::npos
                                   ? std::string{}
                                   : std::string{trimmed(line.substr(blank))});
        const double milliseconds = number_of(&time);
        add(of, number_of(&value),
            std::isfinite(milliseconds) && milliseconds > 0 && milliseconds < 1e14
                ? static_cast<std::int64_t>(milliseconds / 1000)
                : 0,
            here, into);
    }
}

}  // namespace lanewise::bench::price_lists
