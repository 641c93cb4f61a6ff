// How two pools compare over a group of works of one kind, such as crypto: the geometric mean of
// their cost ratios, with its interval. There is no mean over groups: nobody's service is one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "claims_cost.hpp"

namespace lanewise::bench {

struct group_claim {
    std::string group;
    std::string first, second;  ///< pools; the first costs less
    std::size_t works = 0;      ///< that both are ranked in
    cost_comparison cost;       ///< of the geometric means, by the rule that single works have
};

/// For each group of kernels and services' work, each pair of pools with prices. A work counts
/// where both are ranked, and of its nodes those that all of the group's works have.
[[nodiscard]] std::vector<group_claim> claims_about_groups(std::span<const work_claims> works);

}  // namespace lanewise::bench
