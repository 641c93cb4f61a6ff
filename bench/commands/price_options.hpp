// Which prices a report or a plan counts with, and to which day their ages count.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/claims/prices.hpp"
#include "bench/documents/document.hpp"

namespace CLI {
class App;
}

namespace lanewise::bench {

struct price_options {
    std::string table;                    ///< a file instead of the built-in table
    std::vector<std::string> own_prices;  ///< "m7g.xlarge=0.12", "m7g.xlarge=x0.4"
    std::string date;                     ///< that prices' ages count to; empty: today
};

/// --prices, --price and --date.
void add_prices_of(CLI::App& command, price_options& options);

/// Throws std::invalid_argument that names what is wrong with a file or a price.
[[nodiscard]] price_table prices_of(const price_options& options);

/// A misspelt instance would leave the table's price in the verdict: throws std::invalid_argument
/// where no document names it.
void check_own_prices(const price_options& options, std::span<const document> documents);

[[nodiscard]] std::string today_of(const price_options& options);

/// The command line that makes the same again on another day: words with other than plain
/// characters in quotes, and with the day that the ages of prices count to.
[[nodiscard]] std::string command_again(std::vector<std::string> words,
                                        const price_options& options);

}  // namespace lanewise::bench
