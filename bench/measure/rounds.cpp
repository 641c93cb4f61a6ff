#include "rounds.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "bench/figures/statistics.hpp"
#include "bench/machine/progress.hpp"

namespace lanewise::bench {
namespace {

using clock = std::chrono::steady_clock;

double since(clock::time_point start) {
    return std::chrono::duration<double>(clock::now() - start).count();
}

/// Every case once a round, in an order of its own every second round, and backwards in the round
/// after it (ABBA), so that a drift over the pair falls on all cases alike.
void interleave(std::span<repeated_case* const> cases, const rounds_plan& plan,
                clock::time_point start) {
    progress shown{plan.what, cases.size() * static_cast<std::size_t>(plan.repetitions)};
    random_source random{42};
    std::vector<std::size_t> order(cases.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (int round = 0; round < plan.repetitions; ++round) {
        if (round % 2 == 0) {
            for (std::size_t i = order.size(); i > 1; --i)
                std::swap(order[i - 1], order[random.below(i)]);
        } else {
            std::ranges::reverse(order);
        }
        for (const auto index : order) {
            if (interrupted()) return;
            if (!cases[index]->given_up()) cases[index]->repeat();
            shown.step(cases[index]->label());
        }
        if (plan.may_end_early && since(start) > plan.budget) return;
    }
}

/// The cases with the fewest clean rounds first, until all have what they need or the time is used
/// up: a machine that is never quiet shows as disturbed.
void run_again(std::span<repeated_case* const> cases, const rounds_plan& plan,
               clock::time_point start) {
    const int attempts_max = 6 * plan.repetitions;
    progress shown{"disturbed, again", 1};
    std::size_t done = 0;
    while (!interrupted() && since(start) < plan.budget) {
        repeated_case* next = nullptr;
        std::size_t missing = 0;
        for (auto* one : cases) {
            const bool wanting = one->clean() < plan.repetitions &&
                                 one->attempts() < attempts_max && !one->given_up();
            if (!wanting) continue;
            missing += static_cast<std::size_t>(plan.repetitions - one->clean());
            const auto tried = [](const repeated_case& of) {
                return std::pair{of.clean(), of.attempts()};
            };
            if (!next || tried(*one) < tried(*next)) next = one;
        }
        if (!next) return;
        next->repeat();
        shown.expect(++done + missing);
        shown.step(next->label());
    }
}

}  // namespace

void run_rounds(std::span<repeated_case* const> cases, const rounds_plan& plan) {
    const auto start = clock::now();
    interleave(cases, plan, start);
    run_again(cases, plan, start);
}

}  // namespace lanewise::bench
