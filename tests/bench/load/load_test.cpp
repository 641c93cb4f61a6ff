// The load generator's parts on a virtual clock: schedule, histogram, judgement and search, without
// a socket.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "bench/figures/latency_histogram.hpp"
#include "bench/load/load_search.hpp"
#include "bench/load/load_step.hpp"
#include "bench/machine/progress.hpp"

using namespace lanewise::bench;

namespace {

constexpr double service_ns = 100'000;

/// A server that takes requests one after the other: when it starts and how long one takes may
/// depend on the time.
using server_model = std::function<double(double start_ns)>;  // -> the time at which it is done

step_counts simulate(double rate, double seconds, std::uint64_t seed, const server_model& server) {
    arrivals schedule{rate, seed};
    step_counts counts;
    double free_at = 0;
    for (auto intended = schedule.next(); static_cast<double>(intended) < seconds * 1e9;
         intended = schedule.next()) {
        free_at = server(std::max(free_at, static_cast<double>(intended)));
        ++counts.intended;
        counts.latency.record(std::llround(free_at) - intended);
    }
    return counts;
}

double steady(double start_ns) {
    return start_ns + service_ns;
}

/// P(wait <= t) in M/D/1, by Erlang's sum, with t in service times.
double waiting_cdf(double utilisation, double t) {
    long double sum = 0;
    for (int k = 0; k <= static_cast<int>(t); ++k) {
        const long double x = utilisation * (k - static_cast<long double>(t));
        sum += std::pow(x, k) / std::tgamma(static_cast<long double>(k) + 1) * std::exp(-x);
    }
    return static_cast<double>((1 - static_cast<long double>(utilisation)) * sum);
}

double waiting_quantile(double utilisation, double share) {
    double low = 0, high = 60;
    while (high - low > 1e-6) {
        const double middle = (low + high) / 2;
        (waiting_cdf(utilisation, middle) < share ? low : high) = middle;
    }
    return low;
}

}  // namespace

TEST_CASE("the histogram keeps each value to within 0.8 percent and never flatters") {
    for (const std::int64_t value :
         {0L, 1L, 255L, 256L, 257L, 1'000L, 65'535L, 65'536L, 123'456'789L, 3'600'000'000'000L}) {
        CAPTURE(value);
        latency_histogram histogram;
        histogram.record(value);
        histogram.record(value * 2 + 1000);  // so that the maximum does not cap the answer
        const auto kept = histogram.quantile(0.5);
        CHECK(kept >= value);
        CHECK(static_cast<double>(kept - value) <= static_cast<double>(value) / 128);
    }
}

TEST_CASE("quantiles of the histogram are those of the sorted values, to its error") {
    random_source random{3};
    std::vector<double> values;
    latency_histogram histogram, first, second;
    for (int i = 0; i < 50'000; ++i) {
        const auto value = static_cast<std::int64_t>(1e6 * std::exp(random.normal()));
        values.push_back(static_cast<double>(value));
        histogram.record(value);
        (i % 2 ? first : second).record(value);
    }
    first.add(second);
    for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
        CHECK(static_cast<double>(histogram.quantile(share)) ==
              doctest::Approx(quantile(values, share)).epsilon(0.01));
        CHECK(first.quantile(share) == histogram.quantile(share));
    }
    CHECK(first.count() == 50'000);
    CHECK(histogram.mean() == doctest::Approx(mean(values)));
    CHECK(static_cast<double>(histogram.maximum()) == quantile(values, 1));
    CHECK(latency_histogram{}.quantile(0.99) == 0);
    CHECK(latency_histogram{}.mean() == 0);
}

TEST_CASE("arrivals have the rate and the spread of a Poisson process, and repeat") {
    arrivals schedule{1000, 5}, again{1000, 5};
    std::vector<double> gaps;
    std::int64_t last = 0;
    for (int i = 0; i < 100'000; ++i) {
        const auto now = schedule.next();
        CHECK(now == again.next());
        gaps.push_back(static_cast<double>(now - last));
        last = now;
    }
    CHECK(mean(gaps) == doctest::Approx(1e6).epsilon(0.01));
    CHECK(variance(gaps) == doctest::Approx(1e12).epsilon(0.03));
}

TEST_CASE("a server of known service time shows the M/D/1 curve") {
    for (const double utilisation : {0.3, 0.6, 0.8, 0.9}) {
        CAPTURE(utilisation);
        const auto counts = simulate(utilisation * 1e9 / service_ns, 400, 11, steady);
        const double waited = utilisation / (2 * (1 - utilisation)) * service_ns;
        CHECK(counts.latency.mean() == doctest::Approx(service_ns + waited).epsilon(0.02));
        const double p99 = (1 + waiting_quantile(utilisation, 0.99)) * service_ns;
        CHECK(static_cast<double>(counts.latency.quantile(0.99)) ==
              doctest::Approx(p99).epsilon(0.04));
    }
}

TEST_CASE("a server that stalls once a second shows it in p99") {
    const auto stalling = [](double start) {
        const double within = std::fmod(start, 1e9);
        return (within < 5e7 ? start - within + 5e7 : start) +
               service_ns;  // the first 50 ms of each second
    };
    const auto counts = simulate(1000, 100, 1, stalling);
    CHECK(counts.latency.quantile(0.99) > 35'000'000);
    CHECK(counts.latency.quantile(0.5) < 1'000'000);
    // What a closed loop of one connection would have seen: one slow reply a second among thousands
    // of quick ones.
    latency_histogram omitted;
    for (double now = 0; now < 100e9;) {
        const double done = stalling(now);
        omitted.record(std::llround(done - now));
        now = done;
    }
    CHECK(omitted.quantile(0.99) < 1'000'000);
}

TEST_CASE("a step holds by its p99 without errors, and else may be the generator's failure") {
    auto counts = simulate(1000, 10, 1, steady);
    CHECK(judge(counts, 5) == step_verdict::held);
    CHECK(judge(counts, 0.05) == step_verdict::too_slow);
    counts.late = counts.intended / 50;
    CHECK(judge(counts, 5) == step_verdict::held);
    CHECK(judge(counts, 0.05) == step_verdict::generator);
    counts.errors = 1;
    CHECK(judge(counts, 5) == step_verdict::generator);
    counts.late = counts.intended / 100;
    CHECK(judge(counts, 5) == step_verdict::errors);
    CHECK(judge(counts, 0.05) == step_verdict::errors);
    CHECK(judge({}, 5) == step_verdict::errors);
}

TEST_CASE("a request is late by a twentieth of the p99 target, and by a millisecond at least") {
    CHECK(late_bound_ns(0.01) == 1'000'000);
    CHECK(late_bound_ns(20) == 1'000'000);
    CHECK(late_bound_ns(200) == 10'000'000);
    CHECK(late_bound_ns(60'000) == 3'000'000'000);
}

TEST_CASE("the search finds the rate at which M/D/1 reaches its p99 target") {
    constexpr double target_ms = 1;
    double low = 0.1, high = 0.999;
    while (high - low > 1e-4) {
        const double middle = (low + high) / 2;
        ((1 + waiting_quantile(middle, 0.99)) * service_ns < target_ms * 1e6 ? low : high) = middle;
    }
    const double truth = low * 1e9 / service_ns;
    for (const double first : {10.0, 1000.0, 9000.0, 200'000.0}) {
        CAPTURE(first);
        load_search search{{.rate_first = first, .precision = 0.01}};
        std::uint64_t seed = 0;
        while (const auto rate = search.next()) {
            search.report(judge(simulate(*rate, 20, ++seed, steady), target_ms) ==
                          step_verdict::held);
        }
        REQUIRE(search.held());
        REQUIRE(search.failed());
        CHECK(*search.held() == doctest::Approx(truth).epsilon(0.04));
        CHECK(*search.failed() / *search.held() < 1.01);
    }
}

TEST_CASE("a noisy server is still bracketed") {
    // Holds up to 10,000 a second, but one step in ten fails for no reason of its own.
    random_source random{17};
    int near = 0;
    for (int run = 0; run < 200; ++run) {
        load_search search{{.rate_first = 100}};
        int steps = 0;
        while (const auto rate = search.next()) {
            search.report(*rate <= 10'000 && random.uniform() > 0.1);
            REQUIRE(++steps < 100);
        }
        REQUIRE(search.held());
        CHECK(*search.held() <= 10'000);
        near += *search.held() > 9'000;
    }
    CHECK(near >= 160);  // a rate fails twice in a row in one of a hundred, about twelve rates each
}

TEST_CASE("the search ends at its bounds") {
    load_search best{{.rate_first = 1000, .rate_max = 5000}};
    while (best.next()) best.report(true);
    CHECK(*best.held() == 5000);
    CHECK(best.failed() == std::nullopt);
    load_search worst{{.rate_first = 1000, .rate_min = 10}};
    while (worst.next()) worst.report(false);
    CHECK(worst.held() == std::nullopt);
    CHECK(*worst.failed() == 10);
}

TEST_CASE("the forecast of a search never falls behind what is done, and ends with it") {
    for (const int longest : {3, 12, 60}) {
        CAPTURE(longest);
        search_forecast forecast{4, 16};
        std::size_t done = 0;
        random_source random{static_cast<std::uint64_t>(longest)};
        CHECK(forecast.total() == 96);
        for (int round = 0; round < 4; ++round) {
            const auto steps = 1 + random.below(static_cast<std::size_t>(longest));
            for (std::size_t i = 0; i < steps; ++i) {
                forecast.step(1);
                ++done;
                CHECK(forecast.total() > done);  // the curve is still to come
            }
            forecast.round_over();
        }
        CHECK(forecast.total() == done + 16);
        for (int i = 0; i < 16; ++i) forecast.step(1);
        CHECK(forecast.total() == done + 16);
    }
}
