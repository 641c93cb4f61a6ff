#include "json_pieces.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace lanewise::bench {
namespace {

/// Where a string that begins at `at` ends: behind its closing quote, or at the end of its line,
/// which no string goes over: a print may hold a lone quote.
std::size_t string_end(std::string_view text, std::size_t at) {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '\n') return at;
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            return at + 1;
        }
    }
    return text.size();
}

bool begins_alike(std::string_view text, std::string_view word) {
    const auto alike = [](char one, char other) {
        return std::tolower(static_cast<unsigned char>(one)) == other;
    };
    return text.size() >= word.size() &&
           std::equal(word.begin(), word.end(), text.begin(),
                      [&](char lower, char letter) { return alike(letter, lower); });
}

/// The length of a word that is a number to C's printf and none to JSON; 0: none begins here.
std::size_t bare_word(std::string_view text) {
    const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    for (const std::string_view word : {"infinity", "inf", "nan"}) {
        if (!begins_alike(text.substr(sign), word)) continue;
        auto length = sign + word.size();
        // printf may say which nan it is: nan(0x8).
        if (word == "nan" && text.substr(length).starts_with('(')) {
            const auto close = text.find(')', length);
            if (close != std::string_view::npos) length = close + 1;
        }
        return length;
    }
    return 0;
}

}  // namespace

std::string without_bare_words(std::string_view text) {
    std::string to;
    to.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '"') {
            const auto end = string_end(text, at);
            to += text.substr(at, end - at);
            at = end;
        } else if (const auto length = bare_word(text.substr(at)); length > 0) {
            to += "null";
            at += length;
        } else {
            to += text[at++];
        }
    }
    return to;
}

std::string_view whole_value(std::string_view text, std::size_t start) {
    std::size_t depth = 0;
    for (auto at = start; at < text.size();) {
        const char letter = text[at];
        if (letter == '"') {
            at = string_end(text, at);
            continue;
        }
        if (letter == '{' || letter == '[') ++depth;
        if ((letter == '}' || letter == ']') && depth > 0 && --depth == 0)
            return text.substr(start, at + 1 - start);
        ++at;
    }
    return {};
}

std::vector<piece> flat_objects(std::string_view text, std::size_t start) {
    std::vector<piece> found;
    std::size_t line =
        1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, start), '\n'));
    std::size_t open = std::string_view::npos, open_line = line;
    for (auto at = start; at < text.size();) {
        const char letter = text[at];
        if (letter == '"') {
            at = string_end(text, at);
            continue;
        }
        if (letter == '\n') ++line;
        if (letter == '{') open = at, open_line = line;
        if (letter == '}' && open != std::string_view::npos) {
            found.push_back({open_line, text.substr(open, at + 1 - open)});
            open = std::string_view::npos;
        }
        ++at;
    }
    return found;
}

}  // namespace lanewise::bench
