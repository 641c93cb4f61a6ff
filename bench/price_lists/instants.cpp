#include <charconv>
#include <chrono>
#include <cstdio>

#include "offers.hpp"

namespace lanewise::bench::price_lists {

std::optional<std::int64_t> instant_of(std::string_view text) {
    const auto number = [&](std::size_t from, std::size_t count) {
        if (text.size() < from + count) return -1;
        int value = -1;
        const auto* end = text.data() + from + count;
        const auto read = std::from_chars(text.data() + from, end, value);
        return read.ec == std::errc{} && read.ptr == end && value >= 0 ? value : -1;
    };
    const auto letter = [&](std::size_t at) { return at < text.size() ? text[at] : '\0'; };
    const int year = number(0, 4), month = number(5, 2), of_month = number(8, 2);
    if (year < 0 || month < 0 || of_month < 0 || letter(4) != '-' || letter(7) != '-')
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(of_month)}};
    if (!date.ok()) return std::nullopt;
    std::int64_t seconds = std::chrono::sys_days{date}.time_since_epoch().count() * 86'400LL;
    if (text.size() == 10) return seconds;
    const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    if ((letter(10) != 'T' && letter(10) != 't' && letter(10) != ' ') || letter(13) != ':' ||
        hour < 0 || hour > 24 || minute < 0 || minute > 59)
        return std::nullopt;
    seconds += hour * 3600LL + minute * 60LL;
    std::size_t at = 16;
    if (letter(16) == ':') {
        if (second < 0 || second > 60) return std::nullopt;
        seconds += second;
        at = 19;
    }
    if (letter(at) == '.' || letter(at) == ',') {
        ++at;
        while (letter(at) >= '0' && letter(at) <= '9') ++at;
    }
    // Without a zone it is taken as UTC, which is what these tools print.
    if (at == text.size() || ((letter(at) == 'Z' || letter(at) == 'z') && at + 1 == text.size()))
        return seconds;
    if (letter(at) != '+' && letter(at) != '-') return std::nullopt;
    const bool colon = letter(at + 3) == ':';
    const int off_hours = number(at + 1, 2);
    const int off_minutes = number(at + (colon ? 4 : 3), 2);
    if (off_hours < 0 || off_hours > 15 || text.size() > at + (colon ? 6 : 5)) return std::nullopt;
    const bool has_minutes = text.size() > at + 3;
    if (has_minutes && (off_minutes < 0 || off_minutes > 59)) return std::nullopt;
    const std::int64_t off = off_hours * 3600LL + (has_minutes ? off_minutes * 60LL : 0);
    return seconds - (letter(at) == '+' ? off : -off);
}

std::string day_of(std::int64_t instant) {
    const auto days = std::chrono::sys_days{
        std::chrono::days{instant >= 0 ? instant / 86'400 : (instant - 86'399) / 86'400}};
    const std::chrono::year_month_day date{days};
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text;
}

}  // namespace lanewise::bench::price_lists
