// What price lists hold: offers of instances, and what was left out of them with its reason.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/claims/prices.hpp"

namespace lanewise::bench::price_lists {

/// One price of one instance in one region: Linux, shared, without a licence, by the hour.
struct offer {
    std::string provider, region, instance;
    double usd_per_hour = 0;
    bool spot = false;
    std::string product;         ///< tells spot prices of one zone apart; may be empty
    std::string zone;            ///< of a spot price; empty: the region
    std::int64_t instant = 0;    ///< seconds since 1970 from which on it holds; 0: not said
    std::string date;            ///< of the price, as in 2026-07-20
    std::string source;          ///< the tool and the file
    std::string place;           ///< "prices.json: line 12"
    std::optional<price> shape;  ///< what else the list says of the instance
};

/// Why something does not count, how often, and where first.
struct left_out {
    std::size_t count = 0;
    std::vector<std::string> places;  ///< the first of them
};

/// What files allow to be said, collected over all of them.
struct gathered_offers {
    std::vector<offer> offers;
    std::map<std::string, left_out> left_out_by_reason;
    std::vector<std::string> to_know;  ///< such as a next page that is not there
    std::size_t entries = 0;           ///< that were looked at

    void leave_out(const std::string& reason, const std::string& place);
};

/// Where an entry stands, and when its file was fetched.
struct entry_context {
    std::string file, place;
    std::string day;       ///< as in 2026-08-03
    std::int64_t now = 0;  ///< the end of that day: what holds from later on does not count yet
    const price_table* known = nullptr;  ///< shapes of instances
};

/// Seconds since 1970 of 2026-07-20T10:00:00+02:00, of a day alone its beginning; nullopt: it is
/// neither.
[[nodiscard]] std::optional<std::int64_t> instant_of(std::string_view text);
[[nodiscard]] std::string day_of(std::int64_t instant);

/// The price for an hour of a price for "1 Hour", "100 Hours", "Hrs", "s" or "mo"; nullopt: that is
/// no time that an instance is rented for.
[[nodiscard]] std::optional<double> per_hour(double amount, std::string_view unit);

/// What is known of an instance or, without its size, of its family.
[[nodiscard]] std::optional<price> shape_of(const price_table& known, std::string_view instance);

}  // namespace lanewise::bench::price_lists
