// A workload as it is stored.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "bench/documents/document.hpp"
#include "build_info.hpp"
#include "request_text.hpp"
#include "workload_document.hpp"

namespace lanewise::bench::workloads {
namespace {

namespace json = boost::json;
using std::string_view;

json::value written_status(const status_range& range) {
    if (range.first == range.last) return range.first;
    return json::string(std::to_string(range.first / 100) + "xx");
}

/// Text where that is exact and readable, else base64.
json::value written_body(const request& one) {
    if (!one.body_file.empty()) return {{"file", one.body_file}};
    const bool is_text = is_utf8(one.body) && std::ranges::none_of(one.body, [](char letter) {
                             return static_cast<unsigned char>(letter) < 0x20 && letter != '\n' &&
                                    letter != '\r' && letter != '\t';
                         });
    if (is_text) return json::string(one.body);
    return {{"base64", to_base64(one.body)}};
}

json::object written_headers(const std::vector<header>& headers) {
    json::object written;
    for (const auto& field : headers) {
        const auto same = std::ranges::find_if(written, [&](const auto& member) {
            return equal_without_case(member.key(), field.name);
        });
        if (same == written.end()) {
            written[field.name] = field.value;
        } else if (same->value().is_array()) {
            same->value().get_array().emplace_back(field.value);
        } else {
            same->value() = json::array{same->value(), json::value(field.value)};
        }
    }
    return written;
}

json::object written(const weighted_request& one) {
    json::object to;
    if (one.weight == std::floor(one.weight) && one.weight < 1e15) {
        to["weight"] = static_cast<std::uint64_t>(one.weight);
    } else {
        to["weight"] = one.weight;
    }
    to["method"] = one.what.method;
    to["path"] = one.what.path;
    if (!one.what.headers.empty()) to["headers"] = written_headers(one.what.headers);
    if (one.what.has_body) to["body"] = written_body(one.what);
    json::array expect;
    for (const auto& range : one.success) expect.push_back(written_status(range));
    to["expect"] = std::move(expect);
    return to;
}

json::array written(const std::vector<tally>& tallies) {
    json::array all;
    for (const auto& one : tallies) {
        json::object to{{"reason", one.reason}, {"count", one.count}};
        json::array numbers, lines;
        bool differ = false;
        for (const auto& at : one.places) {
            numbers.emplace_back(at.number);
            lines.emplace_back(at.line);
            differ = differ || at.number != at.line;
        }
        to["numbers"] = std::move(numbers);
        if (differ) to["lines"] = std::move(lines);
        all.push_back(std::move(to));
    }
    return all;
}

json::object written(const source& from) {
    return {{"name", is_utf8(from.name) ? from.name : "?"},
            {"kind", from.kind},
            {"unit", from.unit},
            {"units", from.units},
            {"requests", from.requests},
            {"left_out", written(from.left_out)},
            {"remarks", written(from.remarks)}};
}

}  // namespace

std::string to_text(const document& made) {
    std::string text = "{\n  \"schema\": \"" + std::string{workload_schema_name} + "\",\n";
    const auto member = [&](string_view name, const json::value& value) {
        text += "  \"" + std::string{name} + "\": " + json::serialize(value) + ",\n";
    };
    const auto list = [&](string_view name, const auto& values, auto write, bool last) {
        text += "  \"" + std::string{name} + "\": [";
        bool first = true;
        for (const auto& value : values) {
            text += first ? "\n    " : ",\n    ";
            text += json::serialize(write(value));
            first = false;
        }
        text += first ? "]" : "\n  ]";
        text += last ? "\n" : ",\n";
    };
    member("made", json::object{{"time", utc_now()}, {"commit", LANEWISE_COMMIT}});
    member("origin", made.origin.empty() ? json::value(nullptr) : json::value(made.origin));
    list(
        "sources", made.sources, [](const source& one) { return json::value(written(one)); },
        false);
    json::object dropped;
    for (const auto& [name, count] : made.dropped) dropped[name] = count;
    member("dropped", dropped);
    list("notes", made.notes, [](const std::string& one) { return json::value(one); }, false);
    list(
        "requests", made.requests,
        [](const weighted_request& one) { return json::value(written(one)); }, true);
    return text + "}\n";
}

}  // namespace lanewise::bench::workloads
