#include "json_entries.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <limits>
#include <optional>

namespace lanewise::bench::price_lists {
namespace {

namespace json = boost::json;

constexpr std::string_view blanks = " \t\r\n\v\f,\x1e";  // the last: RFC 7464 between values

/// The end of the first value in the text, npos where the text ends within it; and where a whole
/// entry of a list last ended, with what would close the text there.
struct extent {
    std::size_t end = std::string_view::npos;
    std::size_t entries_end = 0;
    std::string closing;
};

extent extent_of(std::string_view text) {
    extent found;
    std::string open;
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char letter = text[at];
        bool ended = false;
        if (quoted) {
            if (letter == '\\')
                ++at;
            else if (letter == '"')
                quoted = false, ended = true;
        } else if (letter == '"') {
            quoted = true;
        } else if (letter == '{' || letter == '[') {
            open += letter == '{' ? '}' : ']';
        } else if (letter == '}' || letter == ']') {
            if (open.empty() || open.back() != letter) return {at, 0, {}};  // the parser says what
            open.pop_back();
            ended = true;
        } else if (open.empty() && blanks.find(letter) != std::string_view::npos) {
            found.end = at;  // of a bare number or word
            return found;
        }
        if (!ended) continue;
        if (open.empty()) {
            found.end = at + 1;
            return found;
        }
        if (open.back() == ']') {
            found.entries_end = at + 1;
            found.closing.assign(open.rbegin(), open.rend());
        }
    }
    if (open.empty() && !quoted) found.end = text.size();
    return found;
}

std::optional<json::value> parsed(std::string_view text) {
    json::parse_options options;
    options.max_depth = 64;
    boost::system::error_code error;
    auto value = json::parse(text, error, {}, options);
    return error ? std::nullopt : std::optional{std::move(value)};
}

}  // namespace

json_parts parts_of(std::string_view text) {
    json_parts found;
    std::size_t line = 1;
    const auto skip = [&](std::size_t count) {
        line += static_cast<std::size_t>(std::ranges::count(text.substr(0, count), '\n'));
        text.remove_prefix(count);
    };
    for (;;) {
        skip(std::min(text.find_first_not_of(blanks), text.size()));
        if (text.empty()) return found;
        const auto where = extent_of(text);
        const bool whole = where.end != std::string_view::npos;
        const auto own = text.substr(0, whole ? where.end : text.size());
        // Without an entry that is whole, what is left is empty, which is no JSON.
        auto value = whole ? parsed(own)
                           : parsed(std::string{text.substr(0, where.entries_end)} + where.closing);
        if (!value) {
            found.problem = "line " + std::to_string(line) +
                            (whole ? ": is no JSON: \"" + std::string{own.substr(0, 40)} + "\""
                                   : ": the text ends within its first entry");
            return found;
        }
        found.parts.push_back({std::move(*value), line, whole ? own : std::string_view{}, !whole});
        skip(own.size());
    }
}

std::vector<std::size_t> lines_of_entries(std::string_view text, std::size_t depth,
                                          std::size_t count) {
    std::vector<std::size_t> lines;
    std::string open;
    std::size_t line = 1;
    bool awaits_entry = false;  // in the list that is looked at
    const auto in_list = [&] { return open.size() == depth + 1 && open.back() == ']'; };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char letter = text[at];
        if (letter == '\n') ++line;
        if (blanks.substr(0, 6).find(letter) != std::string_view::npos) continue;
        if (letter == ',') {
            awaits_entry = in_list();
            continue;
        }
        if (awaits_entry && letter != ']') lines.push_back(line);
        awaits_entry = false;
        if (letter == '"') {
            for (++at; at < text.size() && text[at] != '"'; ++at) {
                if (text[at] == '\\') ++at;
            }
        } else if (letter == '{' || letter == '[') {
            open += letter == '{' ? '}' : ']';
            if (in_list()) {
                lines.clear();
                awaits_entry = true;
            }
        } else if ((letter == '}' || letter == ']') && !open.empty()) {
            const bool ended = in_list();
            open.pop_back();
            if (ended && lines.size() == count) return lines;
        }
    }
    return {};
}

double number_of(const json::value* value) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (!value) return none;
    if (value->is_number()) return value->to_number<double>();
    if (!value->is_string()) return none;
    const auto& text = value->get_string();
    double number = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
    return error == std::errc{} && end == text.end() ? number : none;
}

}  // namespace lanewise::bench::price_lists
