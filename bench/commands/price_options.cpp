#include "price_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>
#include <stdexcept>
#include <string_view>

#include "bench/claims/claims_load.hpp"
#include "bench/documents/files.hpp"
#include "bench/documents/machine_section.hpp"
#include "program/nearest.hpp"

namespace lanewise::bench {
namespace {

/// As a shell takes it: words with other than plain characters in quotes.
std::string command_line(const std::vector<std::string>& words) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=,+@%";
    std::string line;
    for (const auto& word : words) {
        if (!line.empty()) line += ' ';
        if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
            line += word;
            continue;
        }
        line += '\'';
        for (const char letter : word) line += letter == '\'' ? "'\\''" : std::string{letter};
        line += '\'';
    }
    return line;
}

/// Every name that a price is found by, of the machines that were measured and of the servers that
/// were loaded: the instance or, for a machine of one's own without one, the pool.
std::vector<std::string> priced_names_of(std::span<const document> documents) {
    std::set<std::string> found;
    const auto add = [&](const machine_identity& who) {
        found.insert(who.instance.empty() ? who.pool : who.instance);
    };
    for (const auto& one : documents) {
        if (const auto machine = machine_of(one)) add(identity_of_machine(*machine));
        for (const auto& load : claims_about_load(one)) add(load.server);
    }
    return {found.begin(), found.end()};
}

}  // namespace

void add_prices_of(CLI::App& command, price_options& options) {
    command
        .add_option("--prices", options.table,
                    "Price table to use: CSV with the columns instance and usd_per_hour, dollars "
                    "an hour (default: the built-in table)")
        ->type_name("FILE");
    command
        .add_option("--price", options.own_prices,
                    "Price of one instance: dollars an hour, or x and a factor on the table's "
                    "price, for spot or a commitment; give the option again for more instances")
        ->type_name("INSTANCE=PRICE")
        ->allow_extra_args(false);
    command
        .add_option("--date", options.date,
                    "Day on which the ages of prices are counted, such as 2026-11-24 (default: "
                    "today)")
        ->type_name("DAY")
        ->check([](const std::string& text) {
            return is_day(text) ? std::string{} : "\"" + text + "\" is no day such as 2026-11-24";
        });
}

price_table prices_of(const price_options& options) {
    auto prices = options.table.empty()
                      ? price_table::built_in()
                      : price_table::parse(options.table, read_file(options.table));
    for (const auto& own : options.own_prices) prices.set(own);
    return prices;
}

void check_own_prices(const price_options& options, std::span<const document> documents) {
    const auto names = priced_names_of(documents);
    for (const auto& own : options.own_prices) {
        const auto name = own.substr(0, own.rfind('='));
        if (std::ranges::find(names, name) != names.end()) continue;
        throw std::invalid_argument{"--price " + own +
                                    ": no document names an instance or a pool \"" + name + "\"" +
                                    program::known_names(name, names)};
    }
}

std::string today_of(const price_options& options) {
    return options.date.empty() ? utc_now().substr(0, 10) : options.date;
}

std::string command_again(std::vector<std::string> words, const price_options& options) {
    if (options.date.empty()) words.insert(words.end(), {"--date", today_of(options)});
    return command_line(words);
}

}  // namespace lanewise::bench
