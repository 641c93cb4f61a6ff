// Costs of live traffic at one use of the CPUs: by arithmetic that a hand can do.
#include "bench/claims/claims_live_curve.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lanewise::bench;

namespace {

/// 100 even windows of a minute: amd64 keeps 8 CPUs half busy at 1 ms a request, arm64 4 CPUs at a
/// tenth with 1.2 ms.
live_section half_and_tenth() {
    live_section made;
    made.windows = 100;
    made.window_seconds = 60;
    made.baseline = "amd64";
    made.candidate = "arm64";
    made.error_margin = 0.001;
    made.slow_margin = 0.005;
    made.pools.resize(2);
    auto& amd64 = made.pools[0];
    auto& arm64 = made.pools[1];
    amd64.name = "amd64", arm64.name = "arm64";
    amd64.usd_per_hour = 1.6, arm64.usd_per_hour = 0.6;
    amd64.cpus = 8, arm64.cpus = 4;
    for (std::size_t i = 0; i < made.windows; ++i) {
        amd64.requests.emplace_back(240'000), arm64.requests.emplace_back(20'000);
        amd64.errors.emplace_back(0), arm64.errors.emplace_back(0);
        amd64.cpu_seconds.emplace_back(240), arm64.cpu_seconds.emplace_back(24);
    }
    return made;
}

load_claims curve(std::string pool, std::string architecture,
                  const std::vector<std::pair<double, double>>& points) {
    load_claims made{};
    made.server.pool = std::move(pool);
    made.server.architecture = std::move(architecture);
    for (const auto& [busy, cpu_ms] : points) {
        load_step step{};
        step.verdict = "held";
        step.cpu_utilisation = busy;
        step.cpu_ms_per_request = cpu_ms;
        made.curve.push_back(step);
    }
    return made;
}

std::optional<cost_at_equal_use> costs(const live_section& section,
                                       const std::vector<load_claims>& loads) {
    return costs_at_equal_use(section, claims_about_live(section), loads);
}

}  // namespace

TEST_CASE("the candidate's CPU time moves along its curve to the use of the baseline") {
    const auto section = half_and_tenth();
    // At 10 % 1.00 ms, at 50 % 1.25: both between two steps.
    const auto made = costs(
        section, {curve("m7g", "aarch64", {{0.6, 1.3}, {0.08, 1.0}, {0.12, 1.0}, {0.4, 1.2}})});
    REQUIRE(made);
    CHECK(made->why_not.empty());
    CHECK(made->utilisation == doctest::Approx(0.5));
    CHECK(made->candidate_moved == doctest::Approx(1.25));
    // 1 ms of 8 CPUs at 1.6 USD an hour, half of which is busy.
    CHECK(made->baseline_usd_per_million.value == doctest::Approx(1e3 * 1.6 / 3600 / 8 / 0.5));
    CHECK(made->candidate_usd_per_million.value ==
          doctest::Approx(1e3 * 1.2 * 1.25 * 0.6 / 3600 / 4 / 0.5));
    CHECK(made->ratio.value == doctest::Approx(1.125));
    CHECK(made->ratio.ci95.high == doctest::Approx(1.125));  // even windows, one curve
    CHECK(made->sentence() ==
          "With both at 50.0 % of the CPUs, as amd64 was, a million requests cost 0.125 USD (0.125 "
          "to 0.125) on arm64 and 0.111 USD (0.111 to 0.111) on amd64: 12.5 % more on arm64 (95 % "
          "interval 12.5 % more to 12.5 % more). The CPU time a request of arm64 was moved by a "
          "factor of 1.25 along the headroom curve of one node, whose spread over nodes is not "
          "known.");
}

TEST_CASE("the spread of the curves over nodes is in the interval") {
    const auto made = costs(half_and_tenth(), {curve("m7g", "arm64", {{0.1, 1.0}, {0.5, 1.25}}),
                                               curve("m7g", "arm64", {{0.1, 1.0}, {0.5, 1.35}})});
    REQUIRE(made);
    CHECK(made->curves == 2);
    CHECK(made->candidate_moved == doctest::Approx(std::sqrt(1.25 * 1.35)));
    // Two nodes: Student's t of one degree, 12.706, times half the distance of the logarithms.
    const double half_width = 12.7062 * std::log(1.35 / 1.25) / 2;
    CHECK(std::log(made->ratio.ci95.high / made->ratio.value) ==
          doctest::Approx(half_width).epsilon(1e-4));
    CHECK(std::log(made->ratio.value / made->ratio.ci95.low) ==
          doctest::Approx(half_width).epsilon(1e-4));
    CHECK(made->sentence().find("the headroom curves of 2 nodes") != std::string::npos);
}

TEST_CASE("the windows' spread is in the interval too") {
    auto section = half_and_tenth();
    for (std::size_t i = 0; i < section.windows; ++i)
        section.pools[1].cpu_seconds[i] = i % 2 == 0 ? 22.0 : 26.0;
    const auto made = costs(section, {curve("m7g", "arm64", {{0.05, 1.0}, {0.9, 1.0}})});
    REQUIRE(made);
    const auto claims = claims_about_live(section);
    CHECK(made->ratio.ci95.high / made->ratio.value ==
          doctest::Approx(claims.cpu_ratio->ci95.high / claims.cpu_ratio->value));
    CHECK(made->ratio.ci95.high > made->ratio.value);
}

TEST_CASE("beyond its ends no curve is read, and the sentence says where they are") {
    const auto made = costs(half_and_tenth(), {curve("m7g", "arm64", {{0.2, 1.0}, {0.9, 1.3}})});
    REQUIRE(made);
    CHECK(made->sentence() ==
          "Costs are not compared at one utilisation: the headroom curve of arm64 goes from 20.0 % "
          "to 90.0 % of the CPUs, and arm64 was at 10.0 %.");
    const auto too_short =
        costs(half_and_tenth(), {curve("m7g", "arm64", {{0.1, 1.0}, {0.4, 1.3}})});
    REQUIRE(too_short);
    CHECK(too_short->why_not.ends_with("to 40.0 % of the CPUs, and amd64 was at 50.0 %."));
    const auto ends_there =
        costs(half_and_tenth(), {curve("m7g", "arm64", {{0.05, 1.0}, {0.1, 1.3}})});
    REQUIRE(ends_there);
    CHECK(ends_there->why_not.ends_with("to 10.0 % of the CPUs, and amd64 was at 50.0 %."));
}

TEST_CASE("curves of others, or of two pools, or emulated ones move nothing") {
    const std::vector<std::pair<double, double>> points{{0.05, 1.0}, {0.9, 1.3}};
    CHECK_FALSE(costs(half_and_tenth(), {}));
    CHECK_FALSE(costs(half_and_tenth(), {curve("m7i", "amd64", points)}));
    CHECK_FALSE(costs(half_and_tenth(), {curve("m7g", "arm64", {{0.5, 1.0}})}));
    CHECK_FALSE(costs(half_and_tenth(), {curve("m7g", "arm64", points)})->why_not.size() > 0);
    const auto two =
        costs(half_and_tenth(), {curve("m7g", "arm64", points), curve("c7g", "arm64", points)});
    REQUIRE(two);
    CHECK(
        two->why_not.ends_with("the documents have curves of m7g and of c7g, and arm64 may be "
                               "either."));
    auto emulated = curve("m7g", "arm64", points);
    emulated.server.emulated = true;
    CHECK(costs(half_and_tenth(), {emulated})->why_not.find("emulated") != std::string::npos);
    auto unpriced = half_and_tenth();
    unpriced.pools[0].usd_per_hour.reset();
    CHECK(costs(unpriced, {curve("m7g", "arm64", points)})
              ->why_not.ends_with("price, CPUs or CPU time of a pool is not known."));
}

TEST_CASE("a curve belongs to the candidate by its pool's name, its instance or its architecture") {
    const std::vector<std::pair<double, double>> points{{0.05, 2.0}, {0.9, 2.0}};
    auto section = half_and_tenth();
    section.candidate = section.pools[1].name = "canary";
    CHECK_FALSE(costs(section, {curve("m7g", "arm64", points)}));
    CHECK(costs(section, {curve("canary", "arm64", points)}));
    auto by_instance = curve("m7g", "arm64", points);
    by_instance.server.instance = "canary";
    CHECK(costs(section, {by_instance}));
}

TEST_CASE("steps that say nothing of the server's CPUs are no points of its curve") {
    const auto with = [](auto spoil) {
        auto load = curve("m7g", "arm64", {{0.05, 2.0}, {0.45, 90.0}, {0.9, 2.0}});
        spoil(load.curve[1]);
        return costs(half_and_tenth(), {load}).value().candidate_moved;
    };
    CHECK(with([](load_step&) {}) > 2);
    CHECK(with([](load_step& step) { step.verdict = "generator"; }) == doctest::Approx(1));
    CHECK(with([](load_step& step) { step.cpu_utilisation.reset(); }) == doctest::Approx(1));
    CHECK(with([](load_step& step) { step.cpu_ms_per_request.reset(); }) == doctest::Approx(1));
    CHECK(with([](load_step& step) { step.cpu_ms_per_request = 0; }) == doctest::Approx(1));
    // A server that used none of its CPUs begins no curve: at a tenth nothing is known.
    const auto unused =
        costs(half_and_tenth(), {curve("m7g", "arm64", {{0.0, 1.0}, {0.2, 1.0}, {0.6, 1.0}})});
    REQUIRE(unused);
    CHECK(unused->why_not.find("goes from 20.0 % to 60.0 %") != std::string::npos);
}

TEST_CASE("of two steps at which the CPUs were as busy the curve goes through one") {
    const auto made =
        costs(half_and_tenth(), {curve("m7g", "arm64", {{0.1, 2.0}, {0.1, 2.0}, {0.9, 4.0}})});
    REQUIRE(made);
    CHECK(made->candidate_moved == doctest::Approx(1.5));  // 3 ms at a half
}

TEST_CASE("costs at one utilisation need both pools real, priced, and their CPUs known") {
    const std::vector loads{curve("m7g", "arm64", {{0.05, 1.0}, {0.9, 1.3}})};
    for (const std::size_t pool : {0U, 1U}) {
        CAPTURE(pool);
        auto emulated = half_and_tenth();
        emulated.pools[pool].emulated = true;
        CHECK(costs(emulated, loads).value().why_not.ends_with("something of it is emulated."));
    }
    const auto without = [&](auto take) {
        const auto section = half_and_tenth();
        auto claims = claims_about_live(section);
        take(claims);
        const auto made = costs_at_equal_use(section, claims, loads);
        return made && made->why_not.ends_with("price, CPUs or CPU time of a pool is not known.");
    };
    CHECK_FALSE(without([](live_claims&) {}));
    CHECK(without([](live_claims& it) { it.baseline.utilisation.reset(); }));
    CHECK(without([](live_claims& it) { it.candidate.utilisation.reset(); }));
    CHECK(without([](live_claims& it) { it.baseline.usd_per_million_of_cpus.reset(); }));
    CHECK(without([](live_claims& it) { it.candidate.usd_per_million_of_cpus.reset(); }));
    CHECK(without([](live_claims& it) { it.cpu_ratio.reset(); }));
}
