#include "curl_globs.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace lanewise::bench::workloads {
namespace {

using std::string_view;
using words = std::vector<std::string>;

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}
bool is_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

/// An IPv6 address in a URL: hexadecimal digits and colons, perhaps a zone.
bool is_address(string_view inside) {
    const auto zone = std::min(inside.find('%'), inside.size());
    return inside.substr(0, zone).find(':') != string_view::npos &&
           std::ranges::all_of(inside.substr(0, zone), [](char letter) {
               return is_digit(letter) || letter == ':' || letter == '.' ||
                      (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
           });
}

std::optional<std::uint64_t> number(string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > 1'000'000'000'000)
        return std::nullopt;
    return value;
}

/// "1-9", "01-20", "a-z", each with ":step".
std::optional<words> range(string_view inside, std::size_t most) {
    std::uint64_t step = 1;
    if (const auto colon = inside.find(':'); colon != string_view::npos) {
        const auto given = number(inside.substr(colon + 1));
        if (!given || *given == 0) return std::nullopt;
        step = *given;
        inside = inside.substr(0, colon);
    }
    const auto dash = inside.find('-');
    if (dash == string_view::npos) return std::nullopt;
    const auto first = inside.substr(0, dash), last = inside.substr(dash + 1);
    words all;
    if (first.size() == 1 && last.size() == 1 && is_letter(first[0]) && is_letter(last[0])) {
        for (auto letter = static_cast<std::uint64_t>(first[0]);
             letter <= static_cast<std::uint64_t>(last[0]); letter += step)
            all.emplace_back(1, static_cast<char>(letter));
    } else {
        const auto from = number(first), to = number(last);
        if (!from || !to || *from > *to || (*to - *from) / step >= most) return std::nullopt;
        const std::size_t width = first.starts_with('0') ? first.size() : 0;
        for (auto value = *from; value <= *to; value += step) {
            auto digits = std::to_string(value);
            if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
            all.push_back(std::move(digits));
        }
    }
    if (all.empty() || all.size() > most) return std::nullopt;
    return all;
}

std::optional<words> set(string_view inside, std::size_t most) {
    words all{""};
    for (std::size_t i = 0; i < inside.size(); ++i) {
        if (inside[i] == '{' || inside[i] == '[') return std::nullopt;
        if (inside[i] == ',') {
            all.emplace_back();
        } else {
            if (inside[i] == '\\' && i + 1 < inside.size()) ++i;
            all.back() += inside[i];
        }
    }
    if (inside.empty() || all.size() > most) return std::nullopt;
    return all;
}

/// Where the bracket that opens at `at` closes; npos: nowhere.
std::size_t closing(string_view pattern, std::size_t at, char close) {
    for (auto i = at + 1; i < pattern.size(); ++i) {
        if (pattern[i] == '\\') {
            ++i;
        } else if (pattern[i] == close) {
            return i;
        }
    }
    return string_view::npos;
}

}  // namespace

std::optional<words> expand_globs(string_view pattern, std::size_t most) {
    words all{""};
    const auto append = [&](string_view text) {
        for (auto& one : all) one += text;
    };
    for (std::size_t i = 0; i < pattern.size();) {
        const char letter = pattern[i];
        if (letter == '\\' && i + 1 < pattern.size() &&
            string_view{"{}[]"}.find(pattern[i + 1]) != string_view::npos) {
            append(pattern.substr(i + 1, 1));
            i += 2;
            continue;
        }
        if (letter == '}' || letter == ']') return std::nullopt;
        if (letter != '{' && letter != '[') {
            append(pattern.substr(i, 1));
            ++i;
            continue;
        }
        const auto end = closing(pattern, i, letter == '{' ? '}' : ']');
        if (end == string_view::npos) return std::nullopt;
        const auto inside = pattern.substr(i + 1, end - i - 1);
        if (letter == '[' && (inside.empty() || is_address(inside))) {
            append(pattern.substr(i, end - i + 1));
            i = end + 1;
            continue;
        }
        const auto choices = letter == '{' ? set(inside, most) : range(inside, most);
        if (!choices || all.size() > most / choices->size()) return std::nullopt;
        constexpr std::size_t bytes_max = std::size_t{64} << 20;
        if (all.size() * choices->size() > bytes_max / pattern.size()) return std::nullopt;
        words longer;
        longer.reserve(all.size() * choices->size());
        for (const auto& one : all)
            for (const auto& choice : *choices) longer.push_back(one + choice);
        all = std::move(longer);
        i = end + 1;
    }
    return all;
}

}  // namespace lanewise::bench::workloads
