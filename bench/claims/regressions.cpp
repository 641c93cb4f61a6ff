#include "regressions.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace lanewise::bench {

void add_pair(std::vector<paired_case>& cases, const std::string& name, double base, double head) {
    auto place = std::ranges::find(cases, name, &paired_case::name);
    if (place == cases.end()) place = cases.insert(cases.end(), {name, {}, {}});
    place->base.push_back(base);
    place->head.push_back(head);
}

std::vector<case_change> judge_changes(const std::vector<paired_case>& cases, double bound) {
    std::vector<case_change> changes;
    for (const auto& one : cases) {
        const auto rounds = std::min(one.base.size(), one.head.size());
        if (rounds < 3) continue;
        std::vector<double> differences;
        for (std::size_t i = 0; i < rounds; ++i)
            differences.push_back(std::log(one.head[i] / one.base[i]));
        if (!std::ranges::all_of(differences, [](double each) { return std::isfinite(each); }))
            continue;
        const double centre = mean(differences);
        const double error = std::sqrt(variance(differences) / static_cast<double>(rounds));
        const boost::math::students_t distribution{static_cast<double>(rounds - 1)};
        const double reach = boost::math::quantile(distribution, 0.99) * error;
        case_change change{one.name,
                           std::expm1(centre),
                           {std::expm1(centre - reach), std::expm1(centre + reach)},
                           false};
        change.regressed = change.ci98.high < -bound;
        changes.push_back(std::move(change));
    }
    return changes;
}

void keep_confirmed(std::vector<case_change>& changes, const std::vector<case_change>& again) {
    for (auto& change : changes) {
        const auto second = std::ranges::find(again, change.name, &case_change::name);
        change.regressed = change.regressed && second != again.end() && second->regressed;
    }
}

}  // namespace lanewise::bench
