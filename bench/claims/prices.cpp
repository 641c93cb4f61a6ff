#include "prices.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <stdexcept>

#include "bench/figures/format.hpp"
#include "csv_records.hpp"
#include "prices_data.hpp"

namespace lanewise::bench {
namespace {

constexpr int days_until_old = 90;
constexpr auto users_own = "the user's own";

/// Of dollars, of vCPUs, of GiB: what is beyond has a digit too many, or is in other units.
constexpr double amount_max = 1e6;

/// A number above 0, in the range of what any machine costs and has.
std::optional<double> positive(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) ||
        value < 1e-9 || value > amount_max)
        return std::nullopt;
    return value;
}

/// The day of 2026-07-20.
std::optional<std::chrono::sys_days> day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto number = [&](std::size_t from, std::size_t count) {
        int value = -1;
        const auto* end = text.data() + from + count;
        return std::from_chars(text.data() + from, end, value).ptr == end ? value : -1;
    };
    const int year = number(0, 4), month = number(5, 2), of_month = number(8, 2);
    if (year < 0 || month < 0 || of_month < 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(of_month)}};
    return date.ok() ? std::optional{std::chrono::sys_days{date}} : std::nullopt;
}

}  // namespace

price_table price_table::parse(const std::string& file, std::string_view text) {
    price_table table;
    std::map<std::string, std::size_t> columns;
    for (const csv_record& from : csv_records(text)) {
        const std::vector<std::string>& cells = from.cells;
        const auto fail = [&](const std::string& what) {
            return std::invalid_argument{file + ": line " + std::to_string(from.line) + ": " +
                                         what};
        };
        if (columns.empty()) {
            for (std::size_t i = 0; i < cells.size(); ++i) columns[cells[i]] = i;
            if (!columns.contains("instance") || !columns.contains("usd_per_hour")) {
                throw fail("the header must name instance and usd_per_hour");
            }
            continue;
        }
        if (cells.size() > columns.size()) {
            throw fail("has " + std::to_string(cells.size()) + " fields, the header " +
                       std::to_string(columns.size()) + ": quote what holds a comma");
        }
        const auto cell = [&](const char* name) {
            const auto place = columns.find(name);
            return place == columns.end() || place->second >= cells.size() ? std::string{}
                                                                           : cells[place->second];
        };
        price row;
        row.provider = cell("provider"), row.region = cell("region");
        row.instance = cell("instance"), row.architecture = cell("architecture");
        row.source = cell("source"), row.date = cell("date"), row.weak = cell("weak");
        if (row.instance.empty()) throw fail("field instance is empty");
        const auto amount = [&](const char* name) -> std::optional<double> {
            if (cell(name).empty()) return std::nullopt;
            const auto found = positive(cell(name));
            if (!found)
                throw fail("field " + std::string{name} +
                           " must be a number above 0, a million at most, is \"" + cell(name) +
                           "\"");
            return found;
        };
        const auto date = [&](const char* name) {
            if (!cell(name).empty() && !day(cell(name)))
                throw fail("field " + std::string{name} +
                           " must be a day such as 2026-07-20, is \"" + cell(name) + "\"");
            return cell(name);
        };
        if (const auto spot = amount("spot_usd_per_hour")) {
            row.spot = price::spot_price{*spot, amount("spot_low"), amount("spot_high"),
                                         date("spot_date")};
            if (row.spot->low.value_or(*spot) > *spot || row.spot->high.value_or(*spot) < *spot)
                throw fail("field spot_usd_per_hour must lie between spot_low and spot_high, is " +
                           cell("spot_usd_per_hour"));
        }
        // Of a row with a spot price alone, nothing else is known.
        const auto dollars = amount("usd_per_hour");
        if (!dollars && !row.spot)
            throw fail("field usd_per_hour must be a number above 0, is \"\"");
        row.usd_per_hour = dollars.value_or(0);
        const auto count = [&](const char* name) {
            if (cell(name).empty()) return 0;
            const auto found = positive(cell(name));
            if (!found || std::floor(*found) != *found) {
                throw fail("field " + std::string{name} + " must be a whole number, is \"" +
                           cell(name) + "\"");
            }
            return static_cast<int>(*found);
        };
        row.vcpus = count("vcpus");
        row.threads_per_core = count("threads_per_core");
        row.memory_gib = amount("memory_gib").value_or(0);
        row.date = date("date");
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
    if (!amount) throw fail("must be a number above 0, a million at most");
    const auto known = std::ranges::find_if(
        rows_, [&](const price& one) { return one.instance == instance && one.usd_per_hour > 0; });
    if (factor && known == rows_.end())
        throw fail("there is no price of " + instance + " to multiply");
    price row = known == rows_.end() ? price{} : *known;
    row.instance = instance;
    if (factor) {
        row.usd_per_hour *= *amount;
        row.source += "; times " + value.substr(1) + " by the user";
    } else {
        row.usd_per_hour = *amount;
        row.source = users_own;
        row.weak.clear();
        row.date.clear();
    }
    rows_.insert(rows_.begin(), std::move(row));  // found before the table's
}

std::optional<price> price_table::find(std::string_view instance) const {
    const auto found = std::ranges::find_if(
        rows_, [&](const price& one) { return one.instance == instance && one.usd_per_hour > 0; });
    if (found == rows_.end()) return std::nullopt;
    auto row = *found;
    for (const auto& other : rows_) {
        if (row.spot || other.instance != instance || other.region != row.region) continue;
        row.spot = other.spot;
    }
    if (row.source == users_own) return row;
    for (const auto& other : rows_) {
        if (other.instance != instance || other.region == row.region) continue;
        if (other.usd_per_hour <= 0) continue;
        if (other.usd_per_hour == row.usd_per_hour || other.region.empty()) continue;
        row.weak += (row.weak.empty() ? "" : "; ") + ("in " + other.region + " it is $") +
                    digits(other.usd_per_hour);
    }
    return row;
}

std::string csv_of(std::span<const price> rows) {
    std::string text =
        "provider,region,instance,architecture,vcpus,threads_per_core,vcpu_is,memory_gib,"
        "usd_per_hour,spot_usd_per_hour,spot_low,spot_high,spot_date,source,date,weak\n";
    const auto quoted = [](const std::string& cell) {
        // A # would begin a comment, and blanks at the ends are lost in spreadsheets.
        if (cell.find_first_of(",\"\r\n#") == std::string::npos) return cell;
        std::string safe = "\"";
        for (const char letter : cell) safe += letter == '"' ? "\"\"" : std::string{letter};
        return safe + "\"";
    };
    const auto number = [](double value) {
        if (value <= 0) return std::string{};
        std::array<char, 32> room{};
        const auto end = std::to_chars(room.data(), room.data() + room.size(), value);
        return std::string{room.data(), end.ptr};
    };
    for (const auto& row : rows) {
        const auto spot = row.spot.value_or(price::spot_price{});
        const std::string cells[]{row.provider,
                                  row.region,
                                  row.instance,
                                  row.architecture,
                                  number(row.vcpus),
                                  number(row.threads_per_core),
                                  row.threads_per_core == 1   ? "core"
                                  : row.threads_per_core == 2 ? "thread"
                                                              : "",
                                  number(row.memory_gib),
                                  number(row.usd_per_hour),
                                  number(spot.usd_per_hour),
                                  number(spot.low.value_or(0)),
                                  number(spot.high.value_or(0)),
                                  spot.date,
                                  row.source,
                                  row.date,
                                  row.weak};
        for (const auto& cell : cells) text += (&cell == cells ? "" : ",") + quoted(cell);
        text += "\n";
    }
    return text;
}

bool is_day(std::string_view text) {
    return day(text).has_value();
}

std::optional<int> age_in_days(const price& one, std::string_view today) {
    const auto made = day(one.date);
    const auto now = day(today.substr(0, 10));
    if (!made || !now) return std::nullopt;
    return static_cast<int>((*now - *made).count());
}

std::vector<std::string> warnings_about(const price& one, std::string_view today) {
    std::vector<std::string> found;
    if (one.source == users_own) return found;
    const auto age = age_in_days(one, today);
    if (!age) {
        found.push_back("The price of " + one.instance + " has no date.");
    } else if (*age > days_until_old) {
        found.push_back("The price of " + one.instance + " is " + std::to_string(*age) +
                        " days old.");
    } else if (*age < 0) {
        found.push_back("The price of " + one.instance + " is dated ahead, " + one.date + ".");
    }
    if (!one.weak.empty() && one.weak != "no date") {
        found.push_back("The price of " + one.instance + " is weak: " + one.weak + ".");
    }
    return found;
}

}  // namespace lanewise::bench
