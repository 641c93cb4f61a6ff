#include "generations.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "csv_records.hpp"
#include "generations_data.hpp"

namespace lanewise::bench {
namespace {

constexpr auto months_apart_max = std::chrono::months{12};

struct row {
    std::string pattern;
    cpu_generation generation;
};

/// The month of 2024-07.
std::chrono::year_month month_of(const std::string& text) {
    const std::chrono::year_month month{
        std::chrono::year{std::stoi(text.substr(0, 4))},
        std::chrono::month{static_cast<unsigned>(std::stoi(text.substr(5)))}};
    if (text.size() != 7 || text[4] != '-' || !month.ok())
        throw std::invalid_argument{"generations.csv: \"" + text + "\" is no month"};
    return month;
}

std::vector<row> rows_of(std::string_view text) {
    std::vector<row> rows;
    bool header = true;
    for (const auto& [line, cells] : csv_records(text)) {
        if (!std::exchange(header, false))
            rows.push_back({cells.at(0), {cells.at(1), month_of(cells.at(2)), cells.at(3)}});
    }
    return rows;
}

std::string in_words(std::chrono::year_month month) {
    constexpr const char* names[]{"January",   "February", "March",    "April",
                                  "May",       "June",     "July",     "August",
                                  "September", "October",  "November", "December"};
    return std::string{names[static_cast<unsigned>(month.month()) - 1]} + " " +
           std::to_string(static_cast<int>(month.year()));
}

std::optional<std::string> warning_about(const pool_figure& one, const pool_figure& other) {
    const auto of = [](const pool_figure& pool) {
        return generation_of(pool.instance.empty() ? pool.pool : pool.instance);
    };
    const auto first = of(one), second = of(other);
    if (!first || !second) return std::nullopt;
    const bool first_is_older = first->released <= second->released;
    const auto& older = first_is_older ? *first : *second;
    const auto& newer = first_is_older ? *second : *first;
    const auto apart = newer.released - older.released;
    if (apart <= months_apart_max) return std::nullopt;
    const auto named = [](const pool_figure& pool, const cpu_generation& cpu) {
        return pool.pool + " (" + cpu.cpu + ", " + in_words(cpu.released) + ")";
    };
    return named(first_is_older ? one : other, older) + " is " + std::to_string(apart.count()) +
           " months older than " + named(first_is_older ? other : one, newer) +
           ": part of what tells them apart is age, not architecture.";
}

}  // namespace

std::optional<cpu_generation> generation_of(const std::string& instance) {
    static const auto rows = rows_of(generations_text);
    const auto found = std::ranges::find_if(rows, [&](const row& one) {
        return fnmatch(one.pattern.c_str(), instance.c_str(), 0) == 0;
    });
    return found == rows.end() ? std::nullopt : std::optional{found->generation};
}

std::vector<std::string> generation_warnings(std::span<const work_claims> works) {
    std::vector<std::string> warnings;
    for (const auto& work : works) {
        for (const auto& pair : work.pairs) {
            auto warning = warning_about(work.pools[pair.first], work.pools[pair.second]);
            if (warning && std::ranges::find(warnings, *warning) == warnings.end())
                warnings.push_back(std::move(*warning));
        }
    }
    return warnings;
}

}  // namespace lanewise::bench
