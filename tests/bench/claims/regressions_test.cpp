#include "bench/claims/regressions.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace lanewise::bench;

namespace {

/// What a run on a shared machine does to a rate.
struct noise {
    double run;     ///< of one run of one case, on the logarithm
    double slowed;  ///< average slowdown, in one run of ten
};
constexpr noise quiet{0.02, 0.05}, loud{0.15, 0.3};

/// Cases of six rounds: each round has a drift that base and head share, and each run noise of its
/// own. Eleven kernels at four levels in three variants are 132.
std::vector<paired_case> draw(random_source& random, int count, const noise& how,
                              double head_speed) {
    std::vector<paired_case> cases;
    for (int number = 0; number < count; ++number) {
        paired_case one{"case" + std::to_string(number), {}, {}};
        double drift = 0;
        for (int round = 0; round < 6; ++round) {
            drift = 0.6 * drift + 0.02 * random.normal();
            const auto run = [&] {
                const double slowed =
                    random.uniform() < 0.1 ? how.slowed * random.exponential() : 0;
                return 1e9 * std::exp(drift + how.run * random.normal() - slowed);
            };
            one.base.push_back(run());
            one.head.push_back(run() * (number == 0 ? head_speed : 1));
        }
        cases.push_back(std::move(one));
    }
    return cases;
}

struct outcome {
    int suspected = 0, failed = 0;
};

/// As `compare` does it: what looks slower is measured once more by itself.
outcome compare_often(int comparisons, int count, const noise& how, double head_speed) {
    random_source random{21};
    const auto regressed = [](const std::vector<case_change>& changes) {
        return std::ranges::any_of(changes, &case_change::regressed);
    };
    outcome found;
    for (int i = 0; i < comparisons; ++i) {
        auto changes = judge_changes(draw(random, count, how, head_speed), 0.05);
        if (!regressed(changes)) continue;
        ++found.suspected;
        keep_confirmed(changes, judge_changes(draw(random, count, how, head_speed), 0.05));
        found.failed += regressed(changes);
    }
    return found;
}

}  // namespace

TEST_CASE(
    "of 1,000 comparisons of like builds at most 10 fail, on a quiet machine and a loud one") {
    for (const auto& how : {quiet, loud}) {
        const auto [suspected, failed] = compare_often(1000, 132, how, 1);
        MESSAGE("noise of " << how.run << ": " << suspected << " of 1000 suspected, " << failed
                            << " failed");
        CHECK(failed <= 10);
    }
}

TEST_CASE("a slowdown by a fifth is found, one within the bound is not") {
    const auto found = compare_often(200, 20, quiet, 0.8);
    MESSAGE(found.failed << " of 200");
    CHECK(found.failed >= 180);
    CHECK(compare_often(200, 20, quiet, 0.97).failed <= 2);
}

TEST_CASE("a suspicion that the second measurement does not share is dropped") {
    const std::vector<paired_case> slower{{"a", {100, 100, 100}, {80, 80, 80}},
                                          {"b", {100, 100, 100}, {80, 80, 80}},
                                          {"c", {100, 100, 100}, {80, 80, 80}}};
    auto changes = judge_changes(slower, 0.05);
    keep_confirmed(changes, judge_changes({slower[0], {"b", {100, 100, 100}, {99, 99, 99}}}, 0.05));
    CHECK(changes[0].regressed);
    CHECK_FALSE(changes[1].regressed);
    CHECK_FALSE(changes[2].regressed);  // not measured again
}

TEST_CASE("a change has its known answer, and too few rounds give none") {
    const auto changes = judge_changes({{"a", {100, 100, 100}, {90, 90, 90}},
                                        {"b", {100, 100}, {50, 50}},
                                        {"c", {1, 2, 3}, {1, 2, 3}},
                                        {"d", {1, 0, 3}, {1, 2, 3}}},
                                       0.05);
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].change == doctest::Approx(-0.1));
    CHECK(changes[0].regressed);
    CHECK(changes[1].change == doctest::Approx(0));
    CHECK_FALSE(changes[1].regressed);
}

TEST_CASE("rounds of one name are one case, in the order of their coming") {
    std::vector<paired_case> cases;
    add_pair(cases, "a", 1, 2);
    add_pair(cases, "b", 3, 4);
    add_pair(cases, "a", 5, 6);
    REQUIRE(cases.size() == 2);
    CHECK(cases[0].name == "a");
    CHECK(cases[0].base == std::vector<double>{1, 5});
    CHECK(cases[0].head == std::vector<double>{2, 6});
    CHECK(cases[1].head == std::vector<double>{4});
}

TEST_CASE("the interval of a change is Student's, of as many rounds as both have") {
    // Logarithms of 0.9, 1 and 1.1 of e: t of 0.99 with two degrees of freedom is 6.9646.
    const std::vector<double> base{1, 1, 1, 7};
    const std::vector<double> head{std::exp(-0.1), 1, std::exp(0.1)};
    const auto changes = judge_changes({{"a", base, head}}, 0.05);
    REQUIRE(changes.size() == 1);
    const double reach = 6.9646 * 0.1 / std::sqrt(3.0);
    CHECK(changes[0].change == doctest::Approx(0));
    CHECK(changes[0].ci98.low == doctest::Approx(std::expm1(-reach)).epsilon(1e-4));
    CHECK(changes[0].ci98.high == doctest::Approx(std::expm1(reach)).epsilon(1e-4));
    CHECK(judge_changes({{"a", head, base}}, 0.05).size() == 1);
}

TEST_CASE("the whole interval has to lie below the bound") {
    const auto regressed = [](double by, double bound) {
        const double speed = 1 - by;
        return judge_changes({{"a", {1, 1, 1}, {speed, speed, speed}}}, bound).at(0).regressed;
    };
    CHECK(regressed(0.051, 0.05));
    CHECK_FALSE(regressed(0.049, 0.05));
    CHECK_FALSE(regressed(-0.2, 0.05));
}
