// Whether a change made something slower, beyond doubt: pure functions of paired rounds.
#pragma once

#include <string>
#include <vector>

#include "statistics.hpp"

namespace lanewise::bench {

/// One case's rates, by round: base and head ran one right after the other in each.
struct paired_case {
    std::string name;
    std::vector<double> base, head;
};

struct case_change {
    std::string name;
    double change;   ///< head ÷ base − 1, by the geometric mean
    interval ci98;   ///< of it; both sides at 1 %
    bool regressed;  ///< the whole interval lies below −bound
};

/// Needs at least three rounds of each case; cases with fewer are left out. With the bound at 5 %,
/// a pair of like builds fails in fewer than one of a hundred comparisons of twenty cases
/// (tests/regressions_test.cpp).
[[nodiscard]] std::vector<case_change> judge_changes(const std::vector<paired_case>& cases,
                                                     double bound);

}  // namespace lanewise::bench
