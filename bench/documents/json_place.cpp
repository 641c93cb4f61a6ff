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

}  // namespace lanewise::bench
