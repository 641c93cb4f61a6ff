#include "prices.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <stdexcept>

#include "prices_data.hpp"

namespace lanewise::bench {
namespace {

constexpr int days_until_old = 90;

std::vector<std::string> split(std::string_view line, char separator) {
    std::vector<std::string> parts;
    for (;;) {
        const auto at = line.find(separator);
        parts.emplace_back(line.substr(0, at));
        if (at == std::string_view::npos) return parts;
        line.remove_prefix(at + 1);
    }
}

std::optional<double> positive(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) ||
        value <= 0)
        return std::nullopt;
    return value;
}

std::optional<std::chrono::sys_days> day(std::string_view text) {
    const auto parts = split(text, '-');
    if (parts.size() != 3) return std::nullopt;
    int numbers[3];
    for (int i = 0; i < 3; ++i) {
        const auto& part = parts[static_cast<std::size_t>(i)];
        if (std::from_chars(part.data(), part.data() + part.size(), numbers[i]).ec != std::errc{})
            return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{numbers[0]},
                                           std::chrono::month{static_cast<unsigned>(numbers[1])},
                                           std::chrono::day{static_cast<unsigned>(numbers[2])}};
    return date.ok() ? std::optional{std::chrono::sys_days{date}} : std::nullopt;
}

}  // namespace

price_table price_table::parse(const std::string& file, std::string_view text) {
    price_table table;
    std::map<std::string, std::size_t> columns;
    int number = 0;
    for (const auto& raw : split(text, '\n')) {
        ++number;
        const auto line = raw.ends_with('\r') ? raw.substr(0, raw.size() - 1) : raw;
        if (line.empty() || line.starts_with('#')) continue;
        const auto cells = split(line, ',');
        const auto fail = [&](const std::string& what) {
            return std::invalid_argument{file + ": line " + std::to_string(number) + ": " + what};
        };
        if (columns.empty()) {
            for (std::size_t i = 0; i < cells.size(); ++i) columns[cells[i]] = i;
            if (!columns.contains("instance") || !columns.contains("usd_per_hour")) {
                throw fail("the header must name instance and usd_per_hour");
            }
            continue;
        }
        const auto cell = [&](const char* name) {
            const auto place = columns.find(name);
            return place == columns.end() || place->second >= cells.size() ? std::string{}
                                                                           : cells[place->second];
        };
        price row{cell("provider"), cell("region"), cell("instance"), cell("architecture"), 0, 0, 0,
                  cell("source"),   cell("date"),   cell("weak")};
        if (row.instance.empty()) throw fail("field instance is empty");
        const auto dollars = positive(cell("usd_per_hour"));
        if (!dollars)
            throw fail("field usd_per_hour must be a number above 0, is \"" + cell("usd_per_hour") +
                       "\"");
        row.usd_per_hour = *dollars;
        row.vcpus = static_cast<int>(positive(cell("vcpus")).value_or(0));
        row.threads_per_core = static_cast<int>(positive(cell("threads_per_core")).value_or(0));
        if (row.source.empty()) row.source = file;
        table.rows_.push_back(std::move(row));
    }
    if (table.rows_.empty()) throw std::invalid_argument{file + ": holds no prices"};
    return table;
}

price_table price_table::built_in() {
    return parse("prices.csv", prices_text);
}

void price_table::set(const std::string& assignment) {
    const auto fail = [&](const std::string& what) {
        return std::invalid_argument{"--price " + assignment + ": " + what +
                                     "; it looks like m7g.xlarge=0.12 or m7g.xlarge=x0.4"};
    };
    const auto equals = assignment.rfind('=');
    if (equals == std::string::npos || equals == 0) throw fail("names no instance");
    const auto instance = assignment.substr(0, equals);
    const auto value = assignment.substr(equals + 1);
    const bool factor = value.starts_with('x');
    const auto amount = positive(std::string_view{value}.substr(factor ? 1 : 0));
    if (!amount) throw fail("must be a number above 0");
    const auto known = std::ranges::find(rows_, instance, &price::instance);
    if (factor && known == rows_.end())
        throw fail("there is no price of " + instance + " to multiply");
    price row = known == rows_.end() ? price{} : *known;
    row.instance = instance;
    if (factor) {
        row.usd_per_hour *= *amount;
        row.source += "; times " + value.substr(1) + " by the user";
    } else {
        row.usd_per_hour = *amount;
        row.source = "the user's own";
        row.weak.clear();
        row.date.clear();
    }
    rows_.insert(rows_.begin(), std::move(row));  // found before the table's
}

std::optional<price> price_table::find(std::string_view instance) const {
    const auto found = std::ranges::find(rows_, instance, &price::instance);
    return found == rows_.end() ? std::nullopt : std::optional{*found};
}

std::vector<std::string> warnings_about(const price& one, std::string_view today) {
    std::vector<std::string> found;
    if (one.source == "the user's own") return found;
    const auto made = day(one.date);
    const auto now = day(today.substr(0, 10));
    if (!made) {
        found.push_back("The price of " + one.instance + " has no date.");
    } else if (now && (*now - *made).count() > days_until_old) {
        found.push_back("The price of " + one.instance + " is " +
                        std::to_string((*now - *made).count()) + " days old.");
    }
    if (!one.weak.empty() && one.weak != "no date") {
        found.push_back("The price of " + one.instance + " is weak: " + one.weak + ".");
    }
    return found;
}

}  // namespace lanewise::bench
