// What a CPU counted while a case ran, thread by thread: cycles, instructions and misses in user
// mode.
#pragma once

#include <algorithm>
#include <boost/describe/class.hpp>
#include <optional>
#include <vector>

namespace lanewise::bench {

/// None: not counted.
struct event_counts {
    std::optional<double> cycles, instructions, branch_misses, last_level_misses;
};

/// Of one thread, or of one copy of a program, over the rounds that nothing disturbed.
struct thread_counts {
    int cpu = 0;
    double items = 0;  ///< that it did meanwhile
    std::optional<double> cycles, instructions, branch_misses, last_level_misses;

    /// One round more. A sum is known where every round's part is.
    void add(double more_items, const event_counts& more) {
        items += more_items;
        const auto add_to = [](std::optional<double>& sum, const std::optional<double>& part) {
            sum = sum && part ? std::optional{*sum + *part} : std::nullopt;
        };
        add_to(cycles, more.cycles);
        add_to(instructions, more.instructions);
        add_to(branch_misses, more.branch_misses);
        add_to(last_level_misses, more.last_level_misses);
    }

    /// To add to: nothing was counted yet, and nothing is unknown.
    [[nodiscard]] static thread_counts none_yet(int cpu) { return {cpu, 0, 0.0, 0.0, 0.0, 0.0}; }
};
BOOST_DESCRIBE_STRUCT(thread_counts, (),
                      (cpu, items, cycles, instructions, branch_misses, last_level_misses))

/// What a document keeps of it: nothing where no thread has a count, or no round was undisturbed.
[[nodiscard]] inline std::optional<std::vector<thread_counts>> where_counted(
    const std::vector<thread_counts>& threads) {
    const auto counted = [](const thread_counts& one) {
        return one.items > 0 &&
               (one.cycles || one.instructions || one.branch_misses || one.last_level_misses);
    };
    return std::ranges::any_of(threads, counted) ? std::optional{threads} : std::nullopt;
}

}  // namespace lanewise::bench
