#include "bench/figures/statistics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace lanewise::bench;

TEST_CASE("median, quantile, spread and variance have their known answers") {
    const std::vector<double> odd{9, 1, 5}, even{4, 1, 3, 2};
    CHECK(median(odd) == 5);
    CHECK(median(even) == 2.5);
    CHECK(quantile(even, 0) == 1);
    CHECK(quantile(even, 1) == 4);
    CHECK(quantile(even, 0.25) == doctest::Approx(1.75));  // R's type 7
    CHECK(median_absolute_deviation(std::vector<double>{1, 1, 2, 2, 4, 6, 9}) == 1);
    CHECK(mean(even) == 2.5);
    CHECK(variance(even) == doctest::Approx(5.0 / 3));
    CHECK(median(std::vector<double>{7}) == 7);
}

TEST_CASE("the interval of a median holds it, grows with spread, and is the same every time") {
    std::vector<double> narrow, wide;
    for (int i = 0; i < 21; ++i) {
        narrow.push_back(100 + i % 3);
        wide.push_back(100 + 10 * (i % 7));
    }
    const auto first = median_interval(narrow);
    CHECK(first.low <= median(narrow));
    CHECK(first.high >= median(narrow));
    CHECK(median_interval(narrow).low == first.low);
    CHECK(median_interval(narrow).high == first.high);
    const auto other = median_interval(wide);
    CHECK(other.high - other.low > first.high - first.low);
}

TEST_CASE("few values claim no more than their range") {
    const auto range = median_interval(std::vector<double>{3, 1, 2});
    CHECK(range.low == 1);
    CHECK(range.high == 3);
}

TEST_CASE("six values and more claim less than their range") {
    const std::vector<double> six{1, 2, 3, 4, 5, 6};
    const auto claimed = median_interval(six, 1);
    CHECK(claimed.low > 1);
    CHECK(claimed.high < 6);
    const auto range = median_interval(std::span{six}.first(5), 1);
    CHECK(range.low == 1);
    CHECK(range.high == 5);
}

TEST_CASE("the interval of a median covers it in about 95 of 100 samples") {
    random_source random{7};
    int held = 0;
    constexpr int samples = 1000;
    for (int sample = 0; sample < samples; ++sample) {
        std::vector<double> values(15);
        for (auto& value : values) value = std::exp(0.3 * random.normal());  // median 1, skewed
        const auto found = median_interval(values, random.bits());
        held += found.low <= 1 && 1 <= found.high;
    }
    CHECK(held >= 920);
    CHECK(held <= 985);
}

TEST_CASE("the generator is splitmix64 and its distributions have their moments") {
    random_source zero{0};
    CHECK(zero.bits() ==
          0xe220a8397b1dcdaf);  // the reference implementation's first output for seed 0
    random_source random{1};
    std::vector<double> normal, exponential;
    for (int i = 0; i < 20'000; ++i) {
        normal.push_back(random.normal());
        exponential.push_back(random.exponential());
        const double uniform = random.uniform();
        CHECK((uniform >= 0 && uniform < 1));
        CHECK(random.below(7) < 7);
    }
    CHECK(std::abs(mean(normal)) < 0.03);
    CHECK(variance(normal) == doctest::Approx(1).epsilon(0.03));
    CHECK(mean(exponential) == doctest::Approx(1).epsilon(0.03));
}
