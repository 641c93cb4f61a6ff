#include "make_workload.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "curl_reader.hpp"
#include "gathering.hpp"
#include "har_reader.hpp"
#include "lenient_json.hpp"
#include "log_reader.hpp"
#include "request_text.hpp"
#include "text_input.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

enum class input_kind : unsigned char { log, har, curl };

/// By the start of the text: an object that holds "log" is a HAR, unless its first line is an
/// object of its own, as in a log of JSON lines.
input_kind kind_of(string_view start) {
    const auto text = trimmed(start);
    const auto line = trimmed(text.substr(0, text.find('\n')));
    if (text.starts_with('{')) {
        if (line == "{") return input_kind::har;  // indented, as no log is
        const auto name = trimmed(text.substr(1));
        const bool is_har = name.starts_with("\"log\"") || name.starts_with("\"entries\"");
        if (!is_har) return input_kind::log;
        const auto value = trimmed(name.substr(name.find('"', 1) + 1));
        // Docker wraps each line of a container in {"log":"..."}.
        const auto member = value.starts_with(':') ? trimmed(value.substr(1)) : value;
        return member.starts_with('{') || member.starts_with('[') ? input_kind::har
                                                                  : input_kind::log;
    }
    constexpr string_view prompt = "$ ";
    const auto command = line.starts_with(prompt) ? line.substr(prompt.size()) : line;
    const auto word = command.substr(0, command.find_first_of(" \t"));
    const auto name = lower(word.substr(word.find_last_of("/\\") + 1));
    if (name == "curl" || name == "curl.exe" || line.starts_with("#!")) return input_kind::curl;
    if (line.starts_with('#') && text.find("\ncurl ") != string_view::npos) return input_kind::curl;
    return input_kind::log;
}

std::string whole_text(text_input& input, const std::string& name) {
    constexpr std::size_t bytes_max = std::size_t{16} << 20;
    std::string text;
    for (auto piece = input.read(); !piece.empty(); piece = input.read()) {
        text += piece;
        if (text.size() > bytes_max)
            throw unusable{name +
                           ": is larger than 16 MiB, which no list of curl command lines is"};
    }
    return text;
}

string_view plural(string_view unit, std::uint64_t count) {
    if (unit == "line") return count == 1 ? "line" : "lines";
    if (unit == "entry") return count == 1 ? "entry" : "entries";
    return count == 1 ? "command" : "commands";
}

std::string with_commas(std::uint64_t number) {
    auto digits = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    return digits;
}

/// "17, 20-25 and 300 more"; with the lines where units are not lines.
std::string places_of(const tally& from, bool of_lines) {
    constexpr std::size_t shown_max = 200;
    std::string text;
    std::size_t shown = 0, i = 0;
    for (; i < from.places.size() && shown < shown_max; ++shown) {
        auto end = i;
        const auto& first = from.places[i];
        while (of_lines && end + 1 < from.places.size() &&
               from.places.at(end + 1).number == from.places[end].number + 1 &&
               from.places.at(end + 1).line == from.places[end].line + 1)
            ++end;
        text += (text.empty() ? "" : ", ") + std::to_string(first.number);
        if (end > i) text += "-" + std::to_string(from.places[end].number);
        if (!of_lines) text += " (line " + std::to_string(first.line) + ")";
        i = end + 1;
    }
    if (from.count > i) text += " and " + with_commas(from.count - i) + " more";
    return text;
}

std::string line_of(const source& from, const tally& one, string_view what) {
    return from.name + ": " + std::string{what} + with_commas(one.count) + " " +
           std::string{plural(from.unit, one.count)} + ": " + one.reason + ": " +
           std::string{plural(from.unit, one.count)} + " " + places_of(one, from.unit == "line") +
           "\n";
}

bool is_log(const workload_sources& sources, const std::vector<input_kind>& kinds) {
    const bool logs =
        !sources.logs.empty() || std::ranges::find(kinds, input_kind::log) != kinds.end();
    const bool hars =
        !sources.hars.empty() || std::ranges::find(kinds, input_kind::har) != kinds.end();
    const bool curls =
        !sources.curls.empty() || std::ranges::find(kinds, input_kind::curl) != kinds.end();
    if (logs + hars + curls > 1) {
        throw unusable{
            "access logs, HAR files and curl command lines are mixed: their counts do not compare; "
            "make a workload of each kind"};
    }
    return logs;
}

}  // namespace

document gather_workload(const workload_sources& sources) {
    const auto inputs =
        sources.files.size() + sources.logs.size() + sources.hars.size() + sources.curls.size();
    if (inputs == 0)
        throw unusable{
            "nothing to read: name an access log, a HAR file or a file of curl command "
            "lines, or - for standard input"};
    const auto is_stdin = [](const std::string& name) { return name == "-"; };
    if (std::ranges::count_if(sources.files, is_stdin) +
            std::ranges::count_if(sources.logs, is_stdin) +
            std::ranges::count_if(sources.hars, is_stdin) +
            std::ranges::count_if(sources.curls, is_stdin) >
        1)
        throw unusable{"standard input (-) is named more than once: it can be read once"};
    // All are opened first: a name that is wrong is told before gigabytes are read.
    std::vector<std::pair<std::string, text_input>> files;
    std::vector<input_kind> kinds;
    for (const auto& name : sources.files) {
        files.emplace_back(name == "-" ? "standard input" : name, text_input::open(name));
        constexpr std::size_t looked_at = 4096;
        kinds.push_back(kind_of(files.back().second.peek(looked_at)));
    }
    const bool logs = is_log(sources, kinds);
    for (const auto& name : sources.logs) {
        files.emplace_back(name == "-" ? "standard input" : name, text_input::open(name));
        kinds.push_back(input_kind::log);
    }
    for (const auto& name : sources.hars) {
        files.emplace_back(name == "-" ? "standard input" : name, text_input::open(name));
        kinds.push_back(input_kind::har);
    }
    for (const auto& text : sources.curls) {
        const bool from_stdin = is_stdin(text);
        files.emplace_back(from_stdin ? "standard input" : "--from-curl",
                           from_stdin ? text_input::open(text) : text_input::of(text));
        kinds.push_back(input_kind::curl);
    }

    gathering all{{.keep_secrets = sources.keep_secrets, .origins = sources.origins}};
    for (std::size_t i = 0; i < files.size(); ++i) {
        auto& [name, input] = files[i];
        if (kinds[i] == input_kind::log) {
            read_log(input, name, all);
        } else if (kinds[i] == input_kind::har) {
            read_har(input, name, all);
        } else {
            read_curl(whole_text(input, name), name, all);
        }
    }
    auto made = all.finish(logs);
    const auto lacks_encoding = std::ranges::none_of(made.requests, [](const auto& one) {
        return std::ranges::any_of(one.what.headers, [](const auto& field) {
            return equal_without_case(field.name, "accept-encoding");
        });
    });
    if (logs && lacks_encoding)
        made.notes.emplace_back(
            "the log does not say which replies were compressed: without Accept-Encoding servers "
            "compress none");
    return made;
}

std::string summary_of(const document& made) {
    std::string text;
    std::uint64_t requests = 0;
    for (const auto& from : made.sources) {
        requests += from.requests;
        text += from.name + ": " + from.kind + ", " + with_commas(from.units) + " " +
                std::string{plural(from.unit, from.units)} + ", " + with_commas(from.requests) +
                (from.requests == 1 ? " request\n" : " requests\n");
        for (const auto& one : from.left_out) text += line_of(from, one, "left out ");
        for (const auto& one : from.remarks) text += line_of(from, one, "note on ");
    }
    for (const auto& [name, count] : made.dropped)
        text += "dropped " + name + ": " + with_commas(count) + (count == 1 ? " time" : " times") +
                " (--keep-secrets takes secrets over)\n";
    for (const auto& note : made.notes) text += note + "\n";
    text += with_commas(requests) + (requests == 1 ? " request, " : " requests, ") +
            with_commas(made.requests.size()) + " different" +
            (made.origin.empty() ? "" : ", sent to " + made.origin) + "\n";
    return text;
}

}  // namespace lanewise::bench::workloads
