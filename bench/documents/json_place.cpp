#include "json_place.hpp"

#include <algorithm>
#include <vector>

namespace lanewise::bench {
namespace {

/// An object or an array that is open.
struct open_value {
    bool object;
    std::string name;       ///< of the member that is read; empty before the first
    std::size_t index = 0;  ///< of the element that is read
};

/// The names of a JSON pointer.
std::vector<std::string> names_of(std::string_view pointer) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < pointer.size(); ++i) {
        if (pointer[i] == '/') {
            names.emplace_back();
        } else if (pointer[i] == '~' && i + 1 < pointer.size()) {
            names.back() += pointer[++i] == '1' ? '/' : '~';
        } else if (!names.empty()) {
            names.back() += pointer[i];
        }
    }
    return names;
}

}  // namespace

std::string pointer_at(std::string_view text, std::size_t at) {
    std::vector<open_value> open;
    std::string last;  // the string that was read last: a name, where a colon follows
    for (std::size_t i = 0; i < std::min(at, text.size()); ++i) {
        const char letter = text[i];
        if (letter == '"') {
            last.clear();
            for (++i; i < std::min(at, text.size()) && text[i] != '"'; ++i) {
                if (text[i] == '\\') ++i;
                // As a pointer escapes names.
                if (i < text.size())
                    last += text[i] == '~' ? "~0" : text[i] == '/' ? "~1" : std::string{text[i]};
            }
        } else if (letter == '{' || letter == '[') {
            open.push_back({letter == '{', "", 0});
        } else if ((letter == '}' || letter == ']') && !open.empty()) {
            open.pop_back();
        } else if (letter == ':' && !open.empty()) {
            open.back().name = last;
        } else if (letter == ',' && !open.empty()) {
            ++open.back().index;
        }
    }
    std::string pointer;
    for (const auto& one : open) {
        if (one.object && one.name.empty()) break;
        pointer += "/" + (one.object ? one.name : std::to_string(one.index));
    }
    return pointer;
}

std::string line_and_column(std::string_view text, std::size_t at) {
    const auto before = text.substr(0, at);
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto start = before.rfind('\n');
    return "line " + std::to_string(line) + ", column " +
           std::to_string(start == std::string_view::npos ? at + 1 : at - start);
}

std::size_t line_of(std::string_view text, std::string_view pointer) {
    const auto names = names_of(pointer);
    std::vector<open_value> open;
    std::size_t matched = 0;  // of the open values, the first that the pointer leads through
    std::size_t line = 1, closest = 1;
    bool is_name = false;
    std::string last;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char letter = text[i];
        if (letter == '\n') ++line;
        if (letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n') continue;
        if (letter == ',') {
            if (!open.empty()) ++open.back().index;
            is_name = !open.empty() && open.back().object;
            continue;
        }
        if (letter == ':') {
            if (!open.empty()) open.back().name = last;
            is_name = false;
            continue;
        }
        if (letter == '}' || letter == ']') {
            if (!open.empty()) open.pop_back();
            matched = std::min(matched, open.size());
            is_name = false;
            continue;
        }
        const auto depth = open.size();
        const bool leads =
            !is_name && matched == depth && depth <= names.size() &&
            (depth == 0 ||
             (open.back().object ? open.back().name : std::to_string(open.back().index)) ==
                 names[depth - 1]);
        if (leads) {
            closest = line;
            if (depth == names.size()) return line;
        }
        if (letter == '"') {
            last.clear();
            for (++i; i < text.size() && text[i] != '"'; ++i) {
                if (text[i] == '\\' && i + 1 < text.size()) ++i;
                last += text[i];
            }
        } else if (letter == '{' || letter == '[') {
            open.push_back({letter == '{', "", 0});
            if (leads) matched = depth + 1;
            is_name = letter == '{';
        } else {
            while (i + 1 < text.size() &&
                   std::string_view{",]} \t\r\n"}.find(text[i + 1]) == std::string_view::npos)
                ++i;
        }
    }
    return closest;
}

}  // namespace lanewise::bench
