// What spot prices do to a verdict: at which price of the dearer pool it turns. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "claims_cost.hpp"

namespace lanewise::bench {

/// A pair with the dearer pool on spot, or both.
struct spot_case {
    bool both = false;  ///< else the cheaper pool is paid on demand
    /// Of the second pool's spot price: what makes both cost the same; above the next, the first
    /// pool is cheaper beyond doubt; below the last, the second is. None: no interval.
    std::optional<double> turns_at, first_cheaper_above, second_cheaper_below;
    std::optional<price::spot_price> first_spot, second_spot;  ///< as far as they are known
    std::optional<cost_comparison> at_spot;                    ///< at the second's known spot price
};

/// The second pool on spot against the first on demand and, where both spot prices are known, both
/// on spot. Empty where the pair has no break-even price.
[[nodiscard]] std::vector<spot_case> spot_cases(const work_claims& work, const pool_pair& pair);

}  // namespace lanewise::bench
