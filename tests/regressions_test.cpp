#include "bench/regressions.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace lanewise::bench;

namespace {

/// Twenty cases of six rounds: each round has a drift that base and head share, and each run noise
/// of 2 % and, in one of ten, a slowdown of 5 % on average.
std::vector<paired_case> draw(random_source& random, double head_speed) {
    std::vector<paired_case> cases;
    for (int number = 0; number < 20; ++number) {
        paired_case one{"case" + std::to_string(number), {}, {}};
        double drift = 0;
        for (int round = 0; round < 6; ++round) {
            drift = 0.6 * drift + 0.02 * random.normal();
            const auto run = [&] {
                const double slowed = random.uniform() < 0.1 ? 0.05 * random.exponential() : 0;
                return 1e9 * std::exp(drift + 0.02 * random.normal() - slowed);
            };
            one.base.push_back(run());
            one.head.push_back(run() * (number == 0 ? head_speed : 1));
        }
        cases.push_back(std::move(one));
    }
    return cases;
}

int failures(double head_speed, int comparisons) {
    random_source random{21};
    int failed = 0;
    for (int i = 0; i < comparisons; ++i) {
        failed += std::ranges::any_of(judge_changes(draw(random, head_speed), 0.05),
                                      &case_change::regressed);
    }
    return failed;
}

}  // namespace

TEST_CASE("of 1,000 comparisons of like builds at most 10 fail") {
    const int failed = failures(1, 1000);
    MESSAGE(failed << " of 1000");
    CHECK(failed <= 10);
}

TEST_CASE("a slowdown by a fifth is found, one within the bound is not") {
    const int found = failures(0.8, 200);
    MESSAGE(found << " of 200");
    CHECK(found >= 180);
    CHECK(failures(0.97, 200) <= 4);
}

TEST_CASE("a change has its known answer, and too few rounds give none") {
    const auto changes = judge_changes({{"a", {100, 100, 100}, {90, 90, 90}},
                                        {"b", {100, 100}, {50, 50}},
                                        {"c", {1, 2, 3}, {1, 2, 3}}},
                                       0.05);
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].change == doctest::Approx(-0.1));
    CHECK(changes[0].regressed);
    CHECK(changes[1].change == doctest::Approx(0));
    CHECK_FALSE(changes[1].regressed);
}
