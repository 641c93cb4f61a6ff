#include <algorithm>
#include <cctype>
#include <charconv>

#include "offers.hpp"

namespace lanewise::bench::price_lists {

std::optional<double> per_hour(double amount, std::string_view unit) {
    std::string word;
    double count = 1;
    for (; !unit.empty() && unit.front() == ' '; unit.remove_prefix(1)) {
    }
    const auto number = std::from_chars(unit.data(), unit.data() + unit.size(), count);
    if (number.ec == std::errc{})
        unit.remove_prefix(static_cast<std::size_t>(number.ptr - unit.data()));
    else
        count = 1;
    for (const char letter : unit) {
        if (letter == ' ' || letter == '/') continue;
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    if (count <= 0) return std::nullopt;
    const auto is = [&](auto... names) { return ((word == names) || ...); };
    if (is("h", "hr", "hrs", "hour", "hours")) return amount / count;
    if (is("s", "sec", "second", "seconds")) return amount / count * 3600;
    if (is("min", "minute", "minutes")) return amount / count * 60;
    if (is("d", "day", "days")) return amount / count / 24;
    if (is("mo", "month", "months")) return amount / count / 730;
    return std::nullopt;
}

}  // namespace lanewise::bench::price_lists
