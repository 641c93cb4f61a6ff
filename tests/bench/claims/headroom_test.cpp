// CPU time a request, headroom and trends, on loads made here with known answers.
#include "bench/claims/claims_headroom.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace lanewise::bench;

namespace {

load_step step_at(double rate, double busy, double cpu_ms, const char* verdict = "held") {
    load_step step{};
    step.rate = step.achieved = rate;
    step.p99_ms = 1;
    step.verdict = verdict;
    step.cpu_utilisation = busy;
    step.cpu_ms_per_request = cpu_ms;
    return step;
}

/// Three rounds that held 1000, 1010 and 990 a second at 80 % of the CPUs, and broke above.
load_claims load_of(double busy_beyond) {
    load_claims load{};
    for (const double rate : {1000.0, 1010.0, 990.0}) {
        load_round round{rate, false, step_at(rate, 0.8, 0.8), {}};
        round.steps = {step_at(rate / 2, 0.35, 0.7), step_at(rate * 1.05, 0.84, 0.8, "too slow"),
                       step_at(rate * 2, busy_beyond, 0.5, "too slow")};
        for (const auto& step : round.steps) load.measured.push_back(step);
        load.measured.push_back(*round.confirmed);
        load.rounds.push_back(round);
    }
    load.curve = {step_at(100, 0.06, 0.6), step_at(500, 0.35, 0.7), step_at(1000, 0.8, 0.8)};
    return load;
}

}  // namespace

TEST_CASE("CPU a request, headroom and where p99 leaves its target have their known answers") {
    const auto found = headroom_of(load_of(0.98));
    REQUIRE(found.known());
    CHECK(found.cpu_ms_per_request->median == doctest::Approx(0.8));
    CHECK(found.utilisation_at_target->median == doctest::Approx(0.8));
    CHECK(found.rate_at_full_use->median == doctest::Approx(1250));
    CHECK(found.rate_at_full_use->ci95.low == doctest::Approx(990 / 0.8));
    CHECK(found.rate_at_full_use->ci95.high == doctest::Approx(1010 / 0.8));
    CHECK(found.utilisation_leaving->median == doctest::Approx(0.82));
    CHECK(*found.of_linear == doctest::Approx(0.75));  // 0.6 ms a request idle, 0.8 when busy
    CHECK(*found.utilisation_max == doctest::Approx(0.98));
    CHECK(!found.has_cpu_to_spare());
    CHECK(what_limits(found).empty());
}

TEST_CASE("a server at its limit with CPU to spare is limited by something else") {
    auto load = load_of(0.6);
    for (auto& round : load.rounds) {
        round.confirmed->cpu_utilisation = 0.5;
        round.steps[1].cpu_utilisation = 0.52;
    }
    const auto found = headroom_of(load);
    CHECK(found.has_cpu_to_spare());
    CHECK(what_limits(found).starts_with("CPU is not what limits it: "));
    CHECK(what_limits(found).find("60") != std::string::npos);
}

namespace {

/// At its limit with half of its CPUs, which were busy for these shares of the time.
headroom_claims beside_others(std::optional<double> busy, std::optional<double> interrupts) {
    auto load = load_of(0.5);
    for (auto& round : load.rounds) {
        round.confirmed->cpu_utilisation = 0.5;
        round.steps[1].cpu_utilisation = 0.5;
    }
    for (auto& step : load.measured) {
        if (step.cpu_utilisation > 0.5) step.cpu_utilisation = 0.5;
        step.cpus_busy = busy;
        step.cpus_interrupts = interrupts;
    }
    return headroom_of(load);
}

}  // namespace

TEST_CASE("a server whose CPUs others took is not said to have CPU to spare") {
    const auto starved = beside_others(0.97, 0.02);
    CHECK(starved.is_starved());
    CHECK(!starved.has_cpu_to_spare());
    CHECK(what_limits(starved).starts_with("other work took its CPUs: "));
    CHECK(what_limits(starved).find("50") != std::string::npos);
    CHECK(what_limits(starved).find("97") != std::string::npos);
    // Interrupts may have served the server itself: its CPUs were full, and nobody is named.
    const auto interrupted = beside_others(0.97, 0.4);
    CHECK(!interrupted.is_starved());
    CHECK(!interrupted.has_cpu_to_spare());
    CHECK(what_limits(interrupted).empty());
    // Nobody else was there, and CPU was to spare.
    const auto idle = beside_others(0.55, 0.04);
    CHECK(idle.has_cpu_to_spare());
    CHECK(what_limits(idle).ends_with("or too few workers do"));
    // Of another machine's CPUs nobody knows who used them.
    CHECK(what_limits(beside_others(std::nullopt, std::nullopt))
              .ends_with("other work on these CPUs do"));
}

TEST_CASE("a server that used its CPUs is limited by them, whoever was there too") {
    auto load = load_of(0.95);
    for (auto& step : load.measured) step.cpus_busy = 1;
    CHECK(!headroom_of(load).is_starved());
    CHECK(what_limits(headroom_of(load)).empty());
}

TEST_CASE("of a server that was not loaded beyond its limit, nothing is said of what limits it") {
    auto load = load_of(0.3);
    // Only 5 % above the rate that held; and what the generator spoilt says nothing of the server.
    std::erase_if(load.measured, [](const load_step& step) { return step.rate > 1500; });
    load.measured.push_back(step_at(5000, 0.3, 0.5, "generator"));
    CHECK(!headroom_of(load).utilisation_max);
    CHECK(what_limits(headroom_of(load)).empty());
}

TEST_CASE("without CPU time, or without a number of CPUs, what is not known is not said") {
    auto load = load_of(0.9);
    for (auto& round : load.rounds) round.confirmed->cpu_utilisation.reset();
    for (auto& step : load.measured) step.cpu_utilisation.reset();
    const auto of_time = headroom_of(load);
    CHECK(of_time.known());
    CHECK(!of_time.utilisation_at_target);
    CHECK(!of_time.rate_at_full_use);
    CHECK(!of_time.has_cpu_to_spare());
    for (auto& round : load.rounds) round.confirmed->cpu_ms_per_request.reset();
    CHECK(!headroom_of(load).known());
    CHECK(!headroom_of(load_claims{}).known());
    load.rounds[0].confirmed.reset();
    CHECK(!headroom_of(load).known());
}

TEST_CASE("a run whose rate rises or falls over its rounds says so") {
    const auto over = [](const std::vector<double>& rates) {
        load_claims load{};
        for (const double rate : rates) load.rounds.push_back({rate, false, std::nullopt, {}});
        return trend_across_rounds(load);
    };
    CHECK(over({1000, 1100, 1200, 1300, 1400}).starts_with("its rate rose by "));
    CHECK(over({1400, 1300, 1200}).starts_with("its rate fell by "));
    CHECK(over({1000, 1001, 1002, 1003, 1004}).empty());  // beyond chance, but a tie
    CHECK(over({1000, 1300, 900, 1200, 1100}).empty());
    CHECK(over({1000}).empty());
    CHECK(over({}).empty());
}
