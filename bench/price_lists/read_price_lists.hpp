// From what clouds' tools print to rows of our price table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "offers.hpp"

namespace lanewise::bench::price_lists {

/// Adds what one file holds; its entries may be of several kinds. `day` is when it was fetched:
/// what holds only later, or has ended by then, does not count.
void read_price_list(std::string_view text, const std::string& file, const std::string& day,
                     const price_table& known, gathered_offers& into);

/// One row for each instance of a region, the newest price on demand and the newest spot prices of
/// its zones: their median, lowest and highest. Prices that nothing tells apart are left out, and
/// both are named.
[[nodiscard]] std::vector<price> table_of_offers(gathered_offers& from);

/// What was left out and what else to know, a sentence each.
[[nodiscard]] std::vector<std::string> notes_of(const gathered_offers& from);

}  // namespace lanewise::bench::price_lists
