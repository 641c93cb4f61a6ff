// CPU time a request, headroom and trends, on loads made here with known answers.
#include "bench/claims/claims_headroom.hpp"

#include <doctest/doctest.h>

#include <algorithm>
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

TEST_CASE("a server is called idle or full from four fifths of its CPUs on") {
    const auto of = [](double used, std::optional<double> busy, std::optional<double> worked) {
        headroom_claims made;
        made.utilisation_max = used;
        made.cpus_busy_max = busy, made.cpus_worked_max = worked;
        return made;
    };
    CHECK(of(0.79, 0.79, 0.79).has_cpu_to_spare());
    CHECK(!of(0.8, 0.79, 0.79).has_cpu_to_spare());
    CHECK(!of(0.79, 0.8, 0.79).has_cpu_to_spare());
    CHECK(of(0.79, 0.8, 0.8).is_starved());
    CHECK(!of(0.79, 0.8, 0.79).is_starved());
    CHECK(!of(0.8, 0.8, 0.8).is_starved());
    CHECK(!of(0.79, {}, {}).is_starved());
    CHECK(!headroom_claims{}.is_starved());
    CHECK(!headroom_claims{}.has_cpu_to_spare());
}

TEST_CASE("what counts as beyond is a tenth more than what held, and no rate that held itself") {
    const auto beyond = [](double rate, const char* verdict) {
        load_claims load{};
        load.rounds.push_back({100.0, false, step_at(100, 0.5, 1), {}});
        load.measured = {step_at(100, 0.5, 1), step_at(rate, 0.7, 1, verdict)};
        return headroom_of(load).utilisation_max;
    };
    CHECK(beyond(1.1 * 100, "too slow") == 0.7);
    CHECK(beyond(200, "errors") == 0.7);
    CHECK(!beyond(109, "too slow"));
    CHECK(!beyond(200, "held"));
    CHECK(!beyond(200, "generator"));
    load_claims both{};
    both.rounds.push_back({100.0, false, step_at(100, 0.5, 1), {}});
    for (const double busy : {0.6, 0.7, 0.65})
        both.measured.push_back(step_at(200, busy, 1, "too slow"));
    CHECK(headroom_of(both).utilisation_max == 0.7);
    // What it used at a rate that held, it can use.
    load_claims load{};
    load.rounds.push_back({100.0, false, step_at(100, 0.5, 1), {}});
    load.measured = {step_at(200, 0.4, 1, "too slow")};
    CHECK(headroom_of(load).utilisation_max == 0.5);
    // Without a rate that held nothing lies beyond one.
    load.rounds[0].confirmed->rate = 0;
    CHECK(!headroom_of(load).utilisation_max);
}

TEST_CASE("CPU time that was not measured, or not used, is no figure") {
    load_claims load{};
    load.rounds.push_back({100.0, false, step_at(100, 0, 0), {}});
    load.curve = {step_at(10, 0.1, 0.5)};
    const auto unused = headroom_of(load);
    CHECK(unused.cpu_ms_per_request->median == 0);
    CHECK(!unused.utilisation_at_target);
    CHECK(!unused.of_linear);
    load.rounds[0].confirmed = step_at(100, 0.5, 2);
    CHECK(headroom_of(load).of_linear == 0.25);
    // The least loaded step counts, of those that say something and have CPU time.
    load.curve = {step_at(20, 0.1, 1), step_at(10, 0.1, 0.5), step_at(5, 0.1, 0),
                  step_at(1, 0.1, 9, "generator"), step_at(30, 0.1, 1.5)};
    CHECK(headroom_of(load).of_linear == 0.25);
    load.curve[1].cpu_ms_per_request.reset();
    CHECK(headroom_of(load).of_linear == 0.5);
    load.curve.clear();
    CHECK(!headroom_of(load).of_linear);
}

TEST_CASE("p99 leaves its target between what held and the least busy step above that was slow") {
    const auto leaving = [](const std::vector<load_step>& steps) {
        load_claims load{};
        load.rounds.push_back({100.0, false, step_at(100, 0.5, 1), steps});
        const auto found = headroom_of(load).utilisation_leaving;
        return found ? std::optional{found->median} : std::nullopt;
    };
    CHECK(!leaving({}));
    CHECK(!leaving({step_at(100, 0.9, 1, "too slow")}));
    CHECK(!leaving({step_at(120, 0.9, 1, "errors")}));
    auto unknown = step_at(120, 0.9, 1, "too slow");
    unknown.cpu_utilisation.reset();
    auto closed = step_at(120, 0.9, 1, "too slow");
    closed.rate.reset();
    CHECK(!leaving({unknown, closed}));
    CHECK(leaving({step_at(140, 0.9, 1, "too slow"), step_at(120, 0.7, 1, "too slow"),
                   step_at(160, 0.8, 1, "too slow")}) == doctest::Approx(0.6));
    // Short steps can make one that failed look less busy than the one that held.
    CHECK(leaving({step_at(120, 0.3, 1, "too slow")}) == doctest::Approx(0.5));
}

TEST_CASE("busy CPUs are the busiest step's, and interrupts are taken from each step's own") {
    load_claims load{};
    load.rounds.push_back({100.0, false, step_at(100, 0.5, 1), {}});
    const auto add = [&](double busy, std::optional<double> interrupts) {
        auto step = step_at(200, 0.4, 1, "too slow");
        step.cpus_busy = busy, step.cpus_interrupts = interrupts;
        load.measured.push_back(step);
    };
    add(0.9, 0.5);
    add(0.7, 0.1);
    add(0.5, std::nullopt);
    const auto found = headroom_of(load);
    CHECK(found.cpus_busy_max == doctest::Approx(0.9));
    CHECK(found.cpus_worked_max == doctest::Approx(0.6));
}

TEST_CASE("a trend across rounds says by how much, and rounds without a rate are none") {
    load_claims load{};
    for (const double rate : {1000.0, 1100.0, 0.0, 1210.0, 1331.0, 1464.1})
        load.rounds.push_back({rate, false, std::nullopt, {}});
    load.rounds.push_back({std::nullopt, false, std::nullopt, {}});
    CHECK(trend_across_rounds(load) ==
          "its rate rose by 46.4 % over the 5 rounds, so that it was not steady; a longer "
          "--warmup may help");
    std::ranges::reverse(load.rounds);
    CHECK(trend_across_rounds(load).starts_with("its rate fell by 31.7 % over the 5 rounds"));
}
