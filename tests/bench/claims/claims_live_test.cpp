// What live traffic allows to be said: the intervals cover what they say, by simulation, and no
// claim is made where the counts don't carry it.
#include "bench/claims/claims_live.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "bench/figures/autocorrelated.hpp"

using namespace lanewise::bench;

namespace {

/// How traffic comes. Shares of events move from window to window, alike on both pools but for a
/// part of their own, and the true difference between the pools is known.
struct model {
    const char* name;
    std::size_t windows;
    double requests;            ///< a window, on both pools together
    double share;               ///< of the candidate
    double correlation;         ///< of each window with the next
    double event_share;         ///< of the requests, on the baseline
    double spread;              ///< of that share's logarithm from window to window
    double factor = 1;          ///< the candidate's share of events ÷ the baseline's
    double share_at_end = 0;    ///< 0: the candidate's share of traffic stays
    double daily = 0.6;         ///< amplitude of the traffic's logarithm over the time
    double busy_hour_rise = 0;  ///< of the event share's logarithm with the day
};

double poisson(random_source& random, double mean) {
    if (mean > 40) return std::max(0.0, std::round(mean + std::sqrt(mean) * random.normal()));
    double product = random.uniform();
    const double limit = std::exp(-mean);
    double count = 0;
    for (; product > limit; ++count) product *= random.uniform();
    return count;
}

/// A process of mean 0 and variance 1.
struct wave {
    double value;
    double next(random_source& random, double correlation) {
        value = correlation * value + std::sqrt(1 - correlation * correlation) * random.normal();
        return value;
    }
};

live_section drawn(const model& of, random_source& random) {
    live_section made;
    made.windows = of.windows;
    made.window_seconds = 300;
    made.baseline = "amd64";
    made.candidate = "arm64";
    made.error_margin = 0.001;
    made.slow_margin = 0.005;
    made.bounds_seconds = {0.005, 0.01, 0.025};
    live_pool pools[2];
    pools[0].name = "amd64";
    pools[1].name = "arm64";
    for (auto& pool : pools) {
        pool.targets = 3;
        pool.usd_per_hour = 1;
        pool.cpus = 8;
    }
    wave traffic{random.normal()}, split{random.normal()}, common{random.normal()};
    wave own[2]{{random.normal()}, {random.normal()}};
    const double centre = of.spread * of.spread / 2;  // so that the mean share is the one stated
    for (std::size_t i = 0; i < of.windows; ++i) {
        const double day = std::sin(2 * std::numbers::pi * static_cast<double>(i) /
                                    static_cast<double>(of.windows));
        const double requests =
            of.requests * std::exp(0.4 * traffic.next(random, of.correlation) + of.daily * day);
        double share = of.share;
        if (of.share_at_end > 0)
            share += (of.share_at_end - of.share) * static_cast<double>(i) /
                     static_cast<double>(of.windows);
        share = std::min(0.95, share * std::exp(0.2 * split.next(random, of.correlation)));
        const double together = 0.9 * common.next(random, of.correlation);
        for (int p = 0; p < 2; ++p) {
            const double mean_requests = requests * (p == 1 ? share : 1 - share);
            const double moved =
                together + std::sqrt(1 - 0.81) * own[p].next(random, of.correlation);
            const double events = of.event_share * (p == 1 ? of.factor : 1) *
                                  std::exp(of.spread * moved - centre + of.busy_hour_rise * day);
            const double asked = poisson(random, mean_requests);
            const double failed = std::min(asked, poisson(random, asked * events));
            pools[p].requests.push_back(asked);
            pools[p].errors.push_back(failed);
            pools[p].cpu_seconds.push_back(asked * 1e-3 * (p == 1 ? 1.2 : 1) *
                                           std::exp(0.1 * moved));
            pools[p].buckets.push_back({asked - 2 * failed, asked - failed, asked, asked});
            for (auto& count : pools[p].buckets.back()) count = std::max(count, 0.0);
        }
    }
    made.pools = {pools[0], pools[1]};
    return made;
}

/// Of 100 draws, in how many the interval of errors holds the true difference.
double coverage(const model& of, int draws) {
    random_source random{11};
    int held = 0;
    for (int i = 0; i < draws; ++i) {
        const auto claims = claims_about_live(drawn(of, random));
        const double truth = of.event_share * (of.factor - 1);
        if (claims.errors.ci95.low <= truth && truth <= claims.errors.ci95.high) ++held;
    }
    return static_cast<double>(held) / draws;
}

/// Even traffic, for what is no matter of chance.
live_section even(std::size_t windows, double baseline_errors, double candidate_errors,
                  double requests = 10'000) {
    live_section made;
    made.windows = windows;
    made.window_seconds = 60;
    made.baseline = "amd64";
    made.candidate = "arm64";
    made.error_margin = 0.001;
    made.slow_margin = 0.005;
    for (const auto* name : {"amd64", "arm64"}) {
        live_pool pool;
        pool.name = name;
        pool.targets = 1;
        const bool is_candidate = pool.name == "arm64";
        for (std::size_t i = 0; i < windows; ++i) {
            pool.requests.push_back(requests);
            pool.errors.push_back(is_candidate ? candidate_errors : baseline_errors);
            pool.cpu_seconds.push_back(std::nullopt);
            pool.buckets.emplace_back();
        }
        made.pools.push_back(pool);
    }
    return made;
}

}  // namespace

TEST_CASE("95 % intervals of the difference cover 93 to 97 % of the draws") {
    const model models[]{
        {"independent windows", 120, 4000, 0.5, 0.0, 0.02, 0.3},
        {"windows alike", 120, 4000, 0.3, 0.5, 0.02, 0.3},
        {"windows much alike", 120, 4000, 0.3, 0.7, 0.02, 0.5},
        {"a canary of 2 %", 120, 20'000, 0.02, 0.5, 0.02, 0.3},
        {"half the errors", 120, 4000, 0.2, 0.5, 0.02, 0.0, 0.5},
        {"a share raised while errors rise with the day", 120, 4000, 0.1, 0.5, 0.02, 0.2, 1, 0.5,
         0.6, 0.5},
        {"few windows", 36, 4000, 0.3, 0.3, 0.02, 0.3},
    };
    for (const auto& one : models) {
        CAPTURE(std::string{one.name});
        const double covered = coverage(one, 1500);
        MESSAGE(std::string{one.name}, ": ", covered);
        CHECK(covered >= 0.93);
        CHECK(covered <= 0.97);
    }
}

TEST_CASE("the intervals of CPU time a request and of its ratio cover too") {
    const model of{"", 120, 4000, 0.3, 0.5, 0.02, 0.3};
    random_source random{5};
    int held_ratio = 0;
    constexpr int draws = 1000;
    for (int i = 0; i < draws; ++i) {
        const auto claims = claims_about_live(drawn(of, random));
        REQUIRE(claims.cpu_ratio);
        if (claims.cpu_ratio->ci95.low <= 1.2 && 1.2 <= claims.cpu_ratio->ci95.high) ++held_ratio;
    }
    MESSAGE(held_ratio);
    CHECK(held_ratio >= 0.93 * draws);
    CHECK(held_ratio <= 0.97 * draws);
}

TEST_CASE(
    "a candidate that is as good is rarely called worse, and one that is bad never not worse") {
    const model as_good{"", 120, 4000, 0.3, 0.5, 0.002, 0.3};
    model bad = as_good;
    bad.factor = 3;  // 0.6 % instead of 0.2 %: 0.4 points, the margin is 0.1
    random_source random{7};
    int called_worse = 0, called_not_worse = 0, found = 0;
    for (int i = 0; i < 400; ++i) {
        auto section = drawn(as_good, random);
        if (claims_about_live(section).errors.verdict == live_verdict::worse) ++called_worse;
        section = drawn(bad, random);
        const auto verdict = claims_about_live(section).errors.verdict;
        if (verdict == live_verdict::not_worse) ++called_not_worse;
        if (verdict == live_verdict::worse) ++found;
    }
    CHECK(called_worse == 0);
    CHECK(called_not_worse == 0);
    CHECK(found > 380);
}

TEST_CASE("a canary whose share grew while errors rose with the day is not blamed for the day") {
    // Summed over the day the candidate has more errors, for it had more of the bad hours.
    auto section = even(60, 0, 0);
    for (std::size_t i = 0; i < 60; ++i) {
        const double share = 0.05 + 0.9 * static_cast<double>(i) / 60;
        const double errors = 0.001 + 0.05 * static_cast<double>(i) / 60;
        section.pools[0].requests[i] = 10'000 * (1 - share);
        section.pools[1].requests[i] = 10'000 * share;
        for (auto& pool : section.pools) pool.errors[i] = *pool.requests[i] * errors;
    }
    const auto claims = claims_about_live(section);
    CHECK(claims.errors.candidate > claims.errors.baseline + 0.005);
    CHECK(claims.errors.difference == doctest::Approx(0).epsilon(1e-9));
    CHECK(claims.verdict == live_verdict::not_worse);
}

TEST_CASE("no error on either pool is not no doubt: with few requests it is not decided") {
    const auto few = claims_about_live(even(30, 0, 0, 50));  // 1,500 requests each
    CHECK(few.errors.ci95.high > 0.002);
    CHECK(few.verdict == live_verdict::not_decided);
    REQUIRE(few.hours_more);
    CHECK(*few.hours_more > 0.5);
    CHECK(few.sentence().find("hours more") != std::string::npos);
    const auto many = claims_about_live(even(30, 0, 0, 10'000));
    CHECK(many.verdict == live_verdict::not_worse);
    CHECK(many.sentence().find("arm64 is not worse than amd64") != std::string::npos);
}

TEST_CASE("the hours that are said decide, where the traffic goes on alike") {
    const auto few = claims_about_live(even(30, 0, 0, 50));
    REQUIRE(few.hours_more);
    const auto windows = 30 + static_cast<std::size_t>(std::ceil(*few.hours_more * 60));
    CHECK(claims_about_live(even(windows + 1, 0, 0, 50)).verdict == live_verdict::not_worse);
    CHECK(claims_about_live(even(windows * 4 / 5, 0, 0, 50)).verdict == live_verdict::not_decided);
}

TEST_CASE("the hours that are said decide too where both have errors, or the candidate fewer") {
    for (const auto& [baseline, candidate] : {std::pair{2.0, 2.0}, std::pair{2.0, 1.8}}) {
        CAPTURE(candidate);
        const auto after = [&](double windows) {
            return claims_about_live(
                even(static_cast<std::size_t>(windows), baseline, candidate, 330));
        };
        const auto now = after(30);
        REQUIRE(now.verdict == live_verdict::not_decided);
        REQUIRE(now.hours_more);
        const double needed = 30 + *now.hours_more * 60;
        CHECK(after(std::ceil(needed) + 1).verdict == live_verdict::not_worse);
        CHECK(after(needed * 0.8).verdict == live_verdict::not_decided);
    }
}

TEST_CASE("a time within a year that would decide is said, and that there is none") {
    auto section = even(30, 0, 0, 50);
    section.error_margin = 5e-7;
    const auto long_time = claims_about_live(section);
    REQUIRE(long_time.hours_more);
    CHECK(*long_time.hours_more > 24 * 30);
    CHECK(*long_time.hours_more < 24 * 365);
    CHECK(long_time.sentence().find("hours more of such traffic would decide") !=
          std::string::npos);
    section.error_margin = 1e-7;
    const auto never = claims_about_live(section);
    CHECK_FALSE(never.hours_more);
    CHECK(never.sentence().ends_with("No time within a year would decide at this traffic."));
}

TEST_CASE("a window counts by its requests: many in few windows weigh more than few in many") {
    auto section = even(40, 0, 0, 10'000);
    for (std::size_t i = 0; i < 40; i += 2) {
        for (auto& pool : section.pools) pool.requests[i] = 100;
        section.pools[1].errors[i] = 10;
    }
    // A tenth more errors in windows of a hundredth of the traffic.
    CHECK(claims_about_live(section).errors.difference == doctest::Approx(0.1 / 101));
}

TEST_CASE("where one pool has few errors, counts alone keep the interval wide") {
    const auto width = [](double baseline, double candidate) {
        const auto ci95 = claims_about_live(even(30, baseline, candidate)).errors.ci95;
        return (ci95.high - ci95.low) / 2;
    };
    // 3,000 errors of 300,000 requests: two standard errors of a count, and of one more pool.
    const double of_counts = 1.96 * std::sqrt(3000) / 300'000;
    CHECK(width(100, 0) >= of_counts);
    CHECK(width(0, 100) >= of_counts);
    CHECK(width(100, 100) > of_counts);
    CHECK(width(100, 100) < std::sqrt(2) * of_counts);  // windows that are even say so
}

TEST_CASE("the windows' spread is in the interval of the errors") {
    auto section = even(400, 100, 100, 1e9);
    random_source random{31};
    for (auto& errors : section.pools[1].errors) errors = 1e6 * (10 + random.normal());
    const double standard_error = 1e-3 / std::sqrt(400);
    const auto ci95 = claims_about_live(section).errors.ci95;
    CHECK(ci95.high - ci95.low > 2 * standard_error);
    CHECK(ci95.high - ci95.low < 15 * standard_error);
}

TEST_CASE("a verdict's sentence has its windows, its differences and what it is not") {
    live_claims claims;
    claims.windows = 30;
    claims.baseline.name = "amd64", claims.candidate.name = "arm64";
    claims.errors.difference = 0.0012;
    claims.errors.ci95 = {0.001, 0.0015};
    claims.errors.margin = 0.0005;
    claims.slow_bound_seconds = 0.25;
    claims.slow = live_comparison{};
    claims.slow->difference = -0.002;
    claims.slow->ci95 = {-0.003, 0.00125};
    claims.slow->margin = 0.005;
    claims.verdict = live_verdict::worse;
    CHECK(claims.sentence() ==
          "By 30 windows of live traffic, arm64 is worse than amd64: errors differ by 0.120 points "
          "(95 % interval 0.100 to 0.150 points, margin 0.0500 points), requests slower than 250 "
          "ms by "
          "-0.200 points (95 % interval -0.300 to 0.125 points, margin 0.500 points).");
    claims.verdict = live_verdict::not_ranked;
    CHECK(claims.sentence().starts_with(
        "By 30 windows of live traffic, arm64 beside amd64 is not ranked: "));
    claims.verdict = live_verdict::not_decided;
    claims.windows = 0;
    claims.hours_more = 0.001;
    claims.one_of_many_looks = true;
    CHECK(claims.sentence() ==
          "By 0 windows of live traffic, arm64 beside amd64 is not decided. These intervals hold "
          "at all looks of this time together. About 0.10 hours more of such traffic would "
          "decide.");
    claims.steps = 2, claims.hours_more = 12;
    CHECK(claims.sentence().ends_with(
        "at all looks of all 2 steps together. About 12 hours more of such traffic would "
        "decide."));
}

TEST_CASE("costs are said where both are known, and are no comparison with an emulated pool") {
    live_claims claims;
    claims.baseline.name = "amd64", claims.candidate.name = "arm64";
    claims.baseline.usd_per_million = {0.5, {0.4, 0.6}};
    CHECK(claims.cost_sentence().empty());
    std::swap(claims.baseline.usd_per_million, claims.candidate.usd_per_million);
    CHECK(claims.cost_sentence().empty());
    claims.baseline.usd_per_million = {2.5, {2, 3}};
    claims.candidate.usd_per_million_of_cpus = {0.1, {0.1, 0.1}};
    const std::string costs =
        "A million requests cost 0.500 USD (0.400 to 0.600) on arm64 and 2.50 USD (2.00 to 3.00) "
        "on amd64";
    CHECK(claims.cost_sentence() == costs + ", each as busy as it was.");
    for (const bool which : {true, false}) {
        claims.baseline.emulated = which, claims.candidate.emulated = !which;
        CHECK(claims.cost_sentence() ==
              costs + ", which is no comparison: one of them is emulated.");
    }
}

TEST_CASE("worse needs the whole interval beyond the margin") {
    CHECK(claims_about_live(even(30, 10, 12)).verdict == live_verdict::not_worse);    // 0.02 points
    CHECK(claims_about_live(even(30, 10, 20)).verdict == live_verdict::not_decided);  // the margin
    const auto worse = claims_about_live(even(30, 10, 60));
    CHECK(worse.verdict == live_verdict::worse);
    REQUIRE(worse.reasons.size() == 1);
    CHECK(worse.reasons[0] == "Errors are more on arm64: 0.60 % of its requests, 0.10 % on amd64.");
    CHECK_FALSE(worse.hours_more);
}

TEST_CASE("windows that one pool lacks are left out and counted; too few decide nothing") {
    auto section = even(30, 0, 0);
    for (std::size_t i = 0; i < 11; ++i) section.pools[1].requests[i] = std::nullopt;
    const auto claims = claims_about_live(section);
    CHECK(claims.windows == 19);
    CHECK(claims.windows_less == 11);
    CHECK(claims.verdict == live_verdict::not_decided);
    CHECK(claims.errors.why == "only 19 windows in which both pools were asked, 20 are needed");
    CHECK(*claims.hours_more == doctest::Approx(1.0 / 60));  // the one that lacks
    section.pools[1].requests[0] = 10'000;
    CHECK(claims_about_live(section).verdict == live_verdict::not_worse);
}

TEST_CASE("windows in which a pool was asked nothing are not compared") {
    auto section = even(30, 0, 0);
    section.pools[0].requests[3] = 0;
    section.pools[1].requests[8] = 0;
    const auto claims = claims_about_live(section);
    CHECK(claims.windows == 28);
    CHECK(claims.windows_less == 2);
}

TEST_CASE("rate and shares of the traffic are of what was asked while it was seen") {
    auto section = even(30, 0, 0, 60'000);
    for (auto& requests : section.pools[1].requests) requests = 20'000;
    section.pools[0].requests[4] = std::nullopt;
    const auto claims = claims_about_live(section);
    CHECK(claims.baseline.rate == doctest::Approx(1000));
    CHECK(claims.baseline.traffic_share == doctest::Approx(29.0 * 60 / (29 * 60 + 30 * 20)));
    CHECK(claims.candidate.traffic_share == doctest::Approx(30.0 * 20 / (29 * 60 + 30 * 20)));
    const auto nothing = claims_about_live(even(0, 0, 0));
    CHECK(nothing.baseline.rate == 0);
    CHECK(nothing.candidate.traffic_share == 0);
}

TEST_CASE("a pool without a single request decides nothing, and the sentence says so") {
    auto section = even(30, 0, 0);
    for (auto& one : section.pools[1].requests) one = 0;
    const auto claims = claims_about_live(section);
    CHECK(claims.verdict == live_verdict::not_decided);
    CHECK(claims.reasons.front() == "arm64 was asked nothing that the Prometheus knows of.");
    CHECK(claims.sentence().find("not decided") != std::string::npos);
    CHECK(claims_about_live(even(0, 0, 0)).verdict == live_verdict::not_decided);
}

TEST_CASE("an emulated pool is not ranked, whatever its figures are") {
    for (const auto errors : {0.0, 500.0}) {
        auto section = even(30, 0, errors);
        section.pools[1].emulated = true;
        const auto claims = claims_about_live(section);
        CHECK(claims.verdict == live_verdict::not_ranked);
        CHECK(claims.reasons.front() == "arm64 is emulated: its figures are not ranked.");
    }
}

TEST_CASE("slow requests are judged at a bound of the histogram, however wide its buckets are") {
    auto section = even(40, 0, 0);
    section.bounds_seconds = {0.01, 0.1};
    for (auto& pool : section.pools)
        for (auto& counts : pool.buckets) counts = {9'950, 9'990, 10'000};
    auto claims = claims_about_live(section);
    REQUIRE(claims.slow);
    CHECK(*claims.slow_bound_seconds == 0.01);
    CHECK(claims.verdict == live_verdict::not_worse);
    CHECK(claims.candidate.p99_seconds->low == 0);
    CHECK(claims.candidate.p99_seconds->high == 0.01);
    // The candidate's p99 moves into the next bucket: 3 of 100 take longer than 10 ms.
    for (auto& counts : section.pools[1].buckets) counts = {9'700, 9'990, 10'000};
    claims = claims_about_live(section);
    CHECK(claims.verdict == live_verdict::worse);
    CHECK(claims.candidate.p99_seconds->low == 0.01);
    CHECK(claims.reasons.front().starts_with("Slow requests are more on arm64: 3.0 % of its"));
    // Above the last bound nothing is known.
    for (auto& pool : section.pools)
        for (auto& counts : pool.buckets) counts = {100, 200, 10'000};
    claims = claims_about_live(section);
    CHECK(claims.verdict == live_verdict::not_decided);
    CHECK(std::isinf(claims.candidate.p99_seconds->high));
    CHECK(claims.slow->why == "the p99 of amd64 lies above the histogram's last bound");
}

TEST_CASE("a quantile lies in the first bucket that reaches its share exactly") {
    auto section = even(30, 0, 0);
    section.bounds_seconds = {0.005, 0.01};
    for (auto& pool : section.pools)
        for (auto& counts : pool.buckets) counts = {5'000, 9'900, 10'000};
    auto claims = claims_about_live(section);
    CHECK(claims.baseline.p50_seconds->high == 0.005);
    CHECK(*claims.slow_bound_seconds == 0.01);
    CHECK(claims.slow->verdict != live_verdict::not_decided);
    for (auto& pool : section.pools)
        for (auto& counts : pool.buckets) counts = {9'900, 9'950, 10'000};
    claims = claims_about_live(section);
    CHECK(*claims.slow_bound_seconds == 0.005);
}

TEST_CASE(
    "a histogram that counted nothing, or is not there, has no quantile and decides nothing") {
    auto section = even(30, 0, 0);
    section.bounds_seconds = {0.005, 0.01};
    auto claims = claims_about_live(section);
    CHECK_FALSE(claims.baseline.p50_seconds);
    CHECK(claims.slow->why == "the Prometheus has no durations");
    CHECK(*claims.slow_bound_seconds == 0.01);
    for (auto& pool : section.pools)
        for (auto& counts : pool.buckets) counts = {0, 0, 0};
    claims = claims_about_live(section);
    CHECK_FALSE(claims.baseline.p50_seconds);
    CHECK_FALSE(claims.candidate.p99_seconds);
    CHECK(*claims.slow_bound_seconds == 0.01);
    CHECK(claims.slow->verdict == live_verdict::not_decided);
}

TEST_CASE("windows that are nearly the same decide nothing") {
    auto section = even(60, 100, 100);
    for (std::size_t i = 0; i < 60; ++i)
        section.pools[1].errors[i] = 100 + 90 * std::sin(static_cast<double>(i) / 20);
    const auto claims = claims_about_live(section);
    CHECK(claims.errors.why.find("too much alike") != std::string::npos);
    CHECK(claims.verdict == live_verdict::not_decided);
    CHECK(*claims.hours_more == doctest::Approx(1));  // as much again
}

TEST_CASE("what a million requests cost is said as busy as each pool was, and for the CPU alone") {
    auto section = even(30, 0, 0, 60'000);  // 1,000 a second
    for (auto& pool : section.pools) {
        pool.cpus = 8;
        pool.usd_per_hour = pool.name == "arm64" ? 0.9 : 1.8;
        for (auto& cpu : pool.cpu_seconds) cpu = pool.name == "arm64" ? 120 : 60;
    }
    const auto claims = claims_about_live(section);
    CHECK(claims.baseline.usd_per_million->value == doctest::Approx(0.5));
    CHECK(claims.candidate.usd_per_million->value == doctest::Approx(0.25));
    CHECK(claims.cost_ratio->value == doctest::Approx(0.5));
    CHECK(*claims.candidate.utilisation == doctest::Approx(0.25));
    CHECK(claims.candidate.cpu_ms_per_request->value == doctest::Approx(2));
    CHECK(claims.cpu_ratio->value == doctest::Approx(2));
    CHECK(claims.cost_sentence().find("at 25.0 % of its CPUs") != std::string::npos);
    CHECK(claims.cost_sentence().find("For the CPU time alone") != std::string::npos);
    CHECK(claims_about_live(even(30, 0, 0)).cost_sentence().empty());
}

namespace {

/// Both pools use 1 ms of CPU a request and cost the same, in windows whose traffic goes up and
/// down; what a window lacks stands beside one of far more traffic.
live_section uneven() {
    auto made = even(30, 0, 0);
    for (auto& pool : made.pools) {
        pool.cpus = 8;
        pool.usd_per_hour = 1;
        for (std::size_t i = 0; i < 30; ++i) {
            pool.requests[i] = i % 2 == 0 ? 600'000 : 60'000;
            pool.cpu_seconds[i] = i % 2 == 0 ? 600 : 60;
        }
    }
    return made;
}

}  // namespace

TEST_CASE("a window that lacks requests or CPU time counts for neither") {
    auto section = uneven();
    section.pools[1].cpu_seconds[7] = std::nullopt;
    section.pools[1].requests[9] = std::nullopt;
    const auto claims = claims_about_live(section);
    CHECK(claims.candidate.cpu_ms_per_request->value == doctest::Approx(1));
    CHECK(claims.cpu_ratio->value == doctest::Approx(1));
    CHECK(*claims.candidate.utilisation == doctest::Approx((15 * 600.0 + 13 * 60) / (28 * 60) / 8));
}

TEST_CASE("pools are compared in the windows that both have, however unlike the others are") {
    auto section = uneven();
    auto& amd64 = section.pools[0];
    auto& arm64 = section.pools[1];
    // What one pool did alone is not set against the other.
    amd64.cpu_seconds[3] = std::nullopt, arm64.cpu_seconds[3] = 40'000;
    amd64.requests[5] = std::nullopt, arm64.requests[5] = 9e9;
    arm64.requests[11] = std::nullopt, amd64.requests[11] = 5e9;
    const auto claims = claims_about_live(section);
    CHECK(claims.candidate.cpu_ms_per_request->value != doctest::Approx(1));
    CHECK(claims.cpu_ratio->value == doctest::Approx(1));
    CHECK(claims.cost_ratio->value == doctest::Approx(1));
}

TEST_CASE("figures of use need as many windows as a verdict does, and something used") {
    auto section = uneven();
    for (auto& pool : section.pools)
        for (std::size_t i = 0; i < 10; ++i) pool.cpu_seconds[i] = std::nullopt;
    CHECK(claims_about_live(section).cpu_ratio);  // twenty are left
    section.pools[1].cpu_seconds[10] = std::nullopt;
    CHECK_FALSE(claims_about_live(section).cpu_ratio);
    CHECK_FALSE(claims_about_live(section).candidate.cpu_ms_per_request);
    section = uneven();
    for (auto& cpu : section.pools[1].cpu_seconds) cpu = 0;
    CHECK_FALSE(claims_about_live(section).candidate.cpu_ms_per_request);
    CHECK_FALSE(claims_about_live(section).candidate.utilisation);
}

TEST_CASE("what moves both pools alike widens the interval of each, and not that of their ratio") {
    auto section = uneven();
    random_source random{37};
    for (std::size_t i = 0; i < 30; ++i) {
        const double slower = std::exp(0.2 * random.normal());
        for (auto& pool : section.pools) pool.cpu_seconds[i] = *pool.cpu_seconds[i] * slower;
    }
    auto claims = claims_about_live(section);
    const auto spread = [](const live_estimate& of) { return of.ci95.high / of.ci95.low; };
    const auto& alone = *claims.candidate.cpu_ms_per_request;
    CHECK(spread(alone) > 1.05);
    CHECK(spread(alone) < 2);
    CHECK(alone.ci95.low * alone.ci95.high == doctest::Approx(alone.value * alone.value));
    CHECK(spread(*claims.cpu_ratio) == doctest::Approx(1));
    // What moves one of them is in the ratio's.
    for (auto& cpu : section.pools[1].cpu_seconds) cpu = *cpu * std::exp(0.2 * random.normal());
    claims = claims_about_live(section);
    const auto& ratio = *claims.cpu_ratio;
    CHECK(spread(ratio) > 1.05);
    CHECK(ratio.ci95.low * ratio.ci95.high == doctest::Approx(ratio.value * ratio.value));
}

TEST_CASE("what is not known of a pool is not compared, and no figure is made of it") {
    auto section = uneven();
    section.pools[1].cpus = std::nullopt;
    auto claims = claims_about_live(section);
    CHECK(claims.candidate.cpu_ms_per_request);
    CHECK_FALSE(claims.candidate.utilisation);
    CHECK_FALSE(claims.candidate.usd_per_million_of_cpus);
    CHECK(claims.candidate.usd_per_million);
    section = uneven();
    for (auto& cpu : section.pools[1].cpu_seconds) cpu = std::nullopt;
    claims = claims_about_live(section);
    CHECK_FALSE(claims.candidate.utilisation);
    CHECK_FALSE(claims.candidate.usd_per_million_of_cpus);
    CHECK_FALSE(claims.cpu_ratio);
    CHECK(claims.cost_ratio);
    for (const std::size_t pool : {0U, 1U}) {
        CAPTURE(pool);
        section = uneven();
        section.pools[pool].usd_per_hour = std::nullopt;
        CHECK_FALSE(claims_about_live(section).cost_ratio);
        section = uneven();
        for (auto& requests : section.pools[pool].requests) requests = 0;
        CHECK_FALSE(claims_about_live(section).cost_ratio);
    }
}

TEST_CASE("the half-width of a mean of independent values is about two standard errors") {
    std::vector<double> values;
    random_source random{3};
    for (int i = 0; i < 400; ++i) values.push_back(random.normal());
    const double centre = mean(values);
    for (auto& one : values) one -= centre;
    const double half_width = mean_half_width(values);
    CHECK(half_width > 0.05);
    CHECK(half_width < 0.25);
    CHECK(mean_half_width({}) == 0);
    CHECK(mean_half_width(std::vector<double>{0}) == 0);
    CHECK(lag_correlation(std::vector<double>(5, 0.0)) == 0);
}

namespace {

/// The first windows of a section.
live_section first_of(const live_section& whole, std::size_t windows) {
    auto made = whole;
    made.windows = windows;
    for (auto& pool : made.pools) {
        pool.requests.resize(windows);
        pool.errors.resize(windows);
        pool.cpu_seconds.resize(windows);
        pool.buckets.resize(windows);
    }
    return made;
}

/// Of 100 draws whose pools do not differ, in how many some look, one after each second window from
/// the twentieth on, leaves that out.
double ever_wrong(const model& of, std::optional<double> planned, int draws) {
    random_source random{23};
    int wrong = 0;
    for (int i = 0; i < draws; ++i) {
        const auto whole = drawn(of, random);
        bool here = false;
        for (std::size_t n = live_windows_min; n <= of.windows && !here; n += 2) {
            auto look = first_of(whole, n);
            look.planned_windows = planned;
            const auto errors = claims_about_live(look).errors;
            here = errors.ci95.low > 0 || errors.ci95.high < 0;
        }
        wrong += here ? 1 : 0;
    }
    return static_cast<double>(wrong) / draws;
}

/// Of 100 canaries of four steps, whose candidate is exactly as much worse in errors and in slow
/// requests as the margins allow, how many some look of some step calls worse.
double turned_back(const model& of, std::optional<std::uint64_t> planned_steps, int draws) {
    random_source random{29};
    int wrong = 0;
    for (int i = 0; i < draws; ++i) {
        bool here = false;
        for (int step = 0; step < 4 && !here; ++step) {
            auto whole = drawn(of, random);
            // What the model draws differs by nothing: the margin is moved instead.
            whole.error_margin = whole.slow_margin = 0;
            for (std::size_t n = live_windows_min; n <= of.windows && !here; n += 2) {
                auto look = first_of(whole, n);
                look.planned_windows = 24;
                look.planned_steps = planned_steps;
                here = claims_about_live(look).verdict == live_verdict::worse;
            }
        }
        wrong += here ? 1 : 0;
    }
    return static_cast<double>(wrong) / draws;
}

}  // namespace

TEST_CASE("of a guard that looks again and again, 95 of 100 are right at all their looks") {
    // A guard's 24 windows, and as many again four times where nothing is decided.
    const model models[]{
        {"independent windows", 120, 4000, 0.5, 0.0, 0.02, 0.3, 1, 0, 0},
        {"windows alike", 120, 4000, 0.3, 0.5, 0.02, 0.3, 1, 0, 0},
        {"a canary of a tenth", 120, 20'000, 0.1, 0.3, 0.02, 0.3, 1, 0, 0},
    };
    for (const auto& one : models) {
        CAPTURE(std::string{one.name});
        const double often = ever_wrong(one, std::nullopt, 300);
        const double seldom = ever_wrong(one, 24.0, 300);
        MESSAGE(std::string{one.name}, ": ", often, " as if each look were the only one, ", seldom,
                " with all in mind");
        CHECK(often > 0.1);
        CHECK(seldom <= 0.05);
    }
}

TEST_CASE("of canaries of several steps that are as good as asked, at most 5 of 100 go back") {
    // Each step is a guard's 24 windows, and as many again where nothing is decided.
    const model of{"windows alike", 48, 20'000, 0.3, 0.5, 0.02, 0.3, 1, 0, 0};
    const double each_for_itself = turned_back(of, std::nullopt, 300);
    const double together = turned_back(of, 4, 300);
    MESSAGE("four steps: ", each_for_itself, " as if each were the only one, ", together,
            " with all in mind");
    CHECK(each_for_itself > 0.05);
    CHECK(together <= 0.05);
}

TEST_CASE("intervals of several steps are wider, the more so the more steps there are") {
    CHECK(widening_of_looks(24, 24, 1) == widening_of_looks(24, 24));
    CHECK(widening_of_looks(24, 24, 4) / widening_of_looks(24, 24) ==
          doctest::Approx(1.16).epsilon(0.01));
    auto section = even(30, 10, 10);
    section.planned_windows = 24;
    section.planned_steps = 4;
    const auto claims = claims_about_live(section);
    CHECK(claims.sentence().find("all looks of all 4 steps together") != std::string::npos);
    section.planned_windows.reset();
    CHECK(claims_about_live(section).sentence().find("looks") == std::string::npos);
}

TEST_CASE("intervals of many looks are seven tenths wider, and never narrower than one look's") {
    CHECK(widening_of_looks(24, 24) == doctest::Approx(1.1 * 1.548).epsilon(0.002));
    for (const double windows : {1.0, 5.0, 20.0, 24.0, 100.0, 10'000.0})
        CHECK(widening_of_looks(windows, 24) >= widening_of_looks(24, 24) - 0.02);
    auto section = even(30, 10, 10);
    const auto once = claims_about_live(section);
    section.planned_windows = 24;
    const auto again = claims_about_live(section);
    const auto width = [](const live_claims& of) {
        return of.errors.ci95.high - of.errors.ci95.low;
    };
    CHECK(width(again) == doctest::Approx(width(once) * widening_of_looks(30, 24)));
    CHECK(again.errors.difference == once.errors.difference);
    CHECK(again.sentence().find("hold at all looks") != std::string::npos);
    CHECK(once.sentence().find("looks") == std::string::npos);
}

TEST_CASE("a pool that is worse by much is found at the first look that is allowed") {
    auto section = even(live_windows_min, 10, 200);
    section.planned_windows = 24;
    CHECK(claims_about_live(section).verdict == live_verdict::worse);
}
