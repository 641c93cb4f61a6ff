#include "claims_spot.hpp"

namespace lanewise::bench {
namespace {

spot_case case_of(const pool_figure& first, double first_price, const pool_figure& second) {
    spot_case made;
    // At a price of one dollar the ratio of costs is the price at which both cost the same.
    const auto at_one = compare_costs(first.rates, first_price, second.rates, 1);
    made.turns_at = first_price * second.rate / first.rate;
    if (at_one) {
        made.turns_at = at_one->ratio;
        made.first_cheaper_above = at_one->ci95.high / (1 - tie_margin);
        made.second_cheaper_below = at_one->ci95.low / (1 + tie_margin);
    }
    made.second_spot = second.paid->spot;
    if (made.second_spot)
        made.at_spot =
            compare_costs(first.rates, first_price, second.rates, made.second_spot->usd_per_hour);
    return made;
}

}  // namespace

std::vector<spot_case> spot_cases(const work_claims& work, const pool_pair& pair) {
    const auto& first = work.pools[pair.first];
    const auto& second = work.pools[pair.second];
    if (!pair.break_even_price || !first.paid || !second.paid) return {};
    std::vector<spot_case> cases{case_of(first, first.paid->usd_per_hour, second)};
    if (first.paid->spot && second.paid->spot) {
        cases.push_back(case_of(first, first.paid->spot->usd_per_hour, second));
        cases.back().both = true;
        cases.back().first_spot = first.paid->spot;
    }
    return cases;
}

}  // namespace lanewise::bench
