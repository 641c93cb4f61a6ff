// Parts of a report that belong together, in the order in which they come.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace lanewise::bench {

/// The items in groups, each in the place of its first item; `same` tells whether two belong to one
/// group.
template <class Item, class Same>
[[nodiscard]] std::vector<std::vector<Item>> in_groups(std::vector<Item> items, Same same) {
    std::vector<std::vector<Item>> groups;
    for (auto& one : items) {
        const auto found = std::ranges::find_if(
            groups, [&](const std::vector<Item>& group) { return same(group.front(), one); });
        (found == groups.end() ? groups.emplace_back() : *found).push_back(std::move(one));
    }
    return groups;
}

}  // namespace lanewise::bench
