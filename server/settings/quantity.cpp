#include "quantity.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

namespace lanewise::server {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c;
}

constexpr auto most = std::numeric_limits<std::uint64_t>::max();

// Cuts a whole number off the text.
std::optional<std::uint64_t> next_number(std::string_view& text) {
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    return number;
}

// What a suffix multiplies by; 0 if it is none.
std::uint64_t bytes_in(std::string_view suffix) {
    std::string name(suffix);
    std::ranges::transform(name, name.begin(), lower);
    if (name.empty() || name == "b") return 1;
    constexpr std::string_view letters = "kmgt";
    const auto power = letters.find(name.front());
    if (power == letters.npos) return 0;
    name.erase(0, 1);
    const bool decimal = name == "b";
    if (!decimal && !name.empty() && name != "i" && name != "ib") return 0;
    std::uint64_t factor = 1;
    for (std::size_t i = 0; i <= power; ++i) factor *= decimal ? 1'000 : 1'024;
    return factor;
}

std::optional<std::uint64_t> read_bytes(std::string_view text) {
    const auto number = next_number(text);
    const auto factor = bytes_in(text);
    if (!number || factor == 0 || *number > most / factor) return std::nullopt;
    return *number * factor;
}

std::optional<std::uint64_t> read_milliseconds(std::string_view text) {
    struct part {
        std::string_view name;
        std::uint64_t milliseconds;
    };
    constexpr part parts[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
    std::uint64_t sum = 0;
    std::size_t next = 0;
    do {
        const auto number = next_number(text);
        if (!number) return std::nullopt;
        if (text.empty()) return next == 0 ? number : std::nullopt;  // 1m30: thirty of what?
        const auto name = text.substr(0, text.find_first_of("0123456789"));
        while (next < std::size(parts) && parts[next].name != name) ++next;
        if (next == std::size(parts)) return std::nullopt;
        const auto factor = parts[next++].milliseconds;
        if (*number > (most - sum) / factor) return std::nullopt;
        sum += *number * factor;
        text.remove_prefix(name.size());
    } while (!text.empty());
    return sum;
}

}  // namespace

std::optional<std::uint64_t> read_quantity(std::string_view text, unit of) {
    if (of == unit::bytes) return read_bytes(text);
    if (of == unit::milliseconds) return read_milliseconds(text);
    const auto number = next_number(text);
    return text.empty() ? number : std::nullopt;
}

}  // namespace lanewise::server
