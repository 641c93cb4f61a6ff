// Whether a change made something slower, beyond doubt: pure functions of paired rounds.
#pragma once

#include <string>
#include <vector>

#include "bench/figures/statistics.hpp"

namespace lanewise::bench {

/// One case's rates, by round: base and head ran one right after the other in each.
struct paired_case {
    std::string name;
    std::vector<double> base, head;
};

/// One round more of the case, which is new where no case has the name.
void add_pair(std::vector<paired_case>& cases, const std::string& name, double base, double head);

struct case_change {
    std::string name;
    double change;   ///< head ÷ base − 1, by the geometric mean
    interval ci98;   ///< of it; both sides at 1 %
    bool regressed;  ///< the whole interval lies below −bound
};

/// Needs at least three rounds of each case, of positive rates; cases with fewer are left out. Of
/// hundreds of cases on a noisy machine one may look slower by chance: what regressed here is a
/// suspicion, until a second measurement of it bears it out.
[[nodiscard]] std::vector<case_change> judge_changes(const std::vector<paired_case>& cases,
                                                     double bound);

/// Takes the mark from every suspicion that the second measurement, judged by itself, does not
/// share. With both, fewer than one of a hundred pairs of like builds fail, at 132 cases and at
/// noise of 2 % and of 15 % (tests/bench/claims/regressions_test.cpp).
void keep_confirmed(std::vector<case_change>& changes, const std::vector<case_change>& again);

}  // namespace lanewise::bench
