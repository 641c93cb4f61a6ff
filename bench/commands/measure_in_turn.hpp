// Two of a kind measured in turn, so that whatever changes meanwhile changes for both.
#pragma once

#include <optional>
#include <string>

#include "bench/machine/progress.hpp"

namespace lanewise::bench {

/// Measures both in each round, and hands the round's two results to `add`. Ends early on Ctrl-C.
template <class Measure, class Add>
void measure_in_turn(int rounds, const std::string& base, const std::string& head, Measure measure,
                     Add add) {
    progress shown{"compare", static_cast<std::size_t>(rounds)};
    for (int round = 0; round < rounds && !interrupted(); ++round) {
        // ABBA: who runs first changes every round.
        std::optional<decltype(measure(base))> of_base;
        if (round % 2 == 0) of_base = measure(base);
        const auto of_head = measure(head);
        if (!of_base) of_base = measure(base);
        add(*of_base, of_head);
        shown.step("round " + std::to_string(round + 1));
    }
}

}  // namespace lanewise::bench
