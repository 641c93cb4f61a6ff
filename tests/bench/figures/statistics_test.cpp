#include "bench/figures/statistics.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "bench/figures/autocorrelated.hpp"
#include "bench/figures/format.hpp"
#include "bench/figures/latency_histogram.hpp"

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

TEST_CASE("a draw below a count takes every value below it") {
    random_source random{3};
    std::set<std::size_t> drawn;
    for (int i = 0; i < 200; ++i) drawn.insert(random.below(4));
    CHECK(drawn == std::set<std::size_t>{0, 1, 2, 3});
    CHECK(random.below(1) == 0);
}

TEST_CASE("a summary holds the median, its interval, the spread and the count") {
    const auto found = summarize(std::array{1.0, 2.0, 9.0});
    CHECK(found.median == 2);
    CHECK(found.ci95.low == 1);
    CHECK(found.ci95.high == 9);
    CHECK(found.mad == 1);
    CHECK(found.count == 3);
}

TEST_CASE("deviations that lie closer together weigh more, over three tenths of the values") {
    // Of ten values those one and two apart count, with two thirds and one third (Bartlett).
    const auto squared = [](std::size_t apart) {
        std::vector<double> deviations(10);
        deviations[0] = 1;
        deviations[apart] = -1;
        const double half_width = mean_half_width(deviations);
        return half_width * half_width;
    };
    CHECK(squared(2) / squared(1) == doctest::Approx(2));
    CHECK(squared(3) / squared(1) == doctest::Approx(3));
    CHECK(squared(9) == doctest::Approx(squared(3)));
    CHECK(mean_half_width(std::array{1.0, -1.0}) > 0);
    CHECK(mean_half_width(std::array{1.0}) == 0);
}

TEST_CASE("the share of values that is weighted decides the quantile, as it was published") {
    // Kiefer and Vogelsang 2005: 3.4822 where half of them is weighted, 3.1802 of two fifths.
    const double half = mean_half_width(std::array{1.0, 0.0, -1.0, 0.0}) * 4 / std::sqrt(2.0);
    const double fewer = mean_half_width(std::array{1.0, 0.0, -1.0, 0.0, 0.0}) * 5 / std::sqrt(2.0);
    CHECK(half / fewer == doctest::Approx(3.48215 / 3.18025).epsilon(1e-5));
}

TEST_CASE("the interval of a mean of independent values covers it in 95 of 100 samples or more") {
    random_source random{11};
    int held = 0;
    for (int sample = 0; sample < 2000; ++sample) {
        std::vector<double> values(20);
        for (auto& value : values) value = random.normal();
        const double centre = mean(values);
        for (auto& value : values) value -= centre;
        held += std::abs(centre) <= mean_half_width(values);
    }
    CHECK(held >= 1900);
    CHECK(held < 1980);
}

TEST_CASE("neighbours correlate by their products over all, of three values and more") {
    CHECK(lag_correlation(std::array{2.0, 1.0, -3.0}) == doctest::Approx(-1.0 / 14));
    CHECK(lag_correlation(std::array{1.0, 1.0, -1.0, -1.0}) == doctest::Approx(0.25));
    CHECK(lag_correlation(std::array{1.0, -1.0}) == 0);
    CHECK(lag_correlation(std::array{0.0, 0.0, 0.0}) == 0);
}

TEST_CASE("latencies below 256 ns are kept as they are, and longer ones to within 1/128") {
    for (const std::int64_t value :
         {0, 1, 127, 128, 255, 256, 257, 258, 511, 512, 515, 1023, 1024, 70'001, 1'000'000'007}) {
        CAPTURE(value);
        latency_histogram histogram;
        histogram.record(value);
        histogram.record(4 * value + 4);
        const auto kept = histogram.quantile(0.5);
        CHECK(kept >= value);
        CHECK(kept - value <= value / 128);
        // Below 256, and where it is the longest of its bucket.
        if (value < 256 || ((value + 1) & value) == 0) CHECK(kept == value);
    }
}

TEST_CASE("quantiles of latencies answer at the edges, and never beyond the longest") {
    latency_histogram histogram;
    histogram.record(-5);  // a clock that went back
    CHECK(histogram.quantile(1) == 0);
    CHECK(histogram.maximum() == 0);
    for (const std::int64_t value : {10, 20, 30}) histogram.record(value);
    CHECK(histogram.quantile(0) == 0);
    CHECK(histogram.quantile(0.25) == 0);
    CHECK(histogram.quantile(0.26) == 10);
    CHECK(histogram.quantile(0.5) == 10);
    CHECK(histogram.quantile(0.75) == 20);
    CHECK(histogram.quantile(0.76) == 30);
    CHECK(histogram.mean() == 15);

    latency_histogram one;
    one.record(10);
    CHECK(one.quantile(0) == 10);
    latency_histogram longer;
    longer.record(100'001);
    CHECK(longer.quantile(1) == 100'001);
    longer.add(histogram);
    histogram.add(latency_histogram{});
    CHECK(histogram.count() == 4);
    CHECK(histogram.maximum() == 30);
    histogram.add(longer);
    for (const auto& sum : {longer, histogram}) CHECK(sum.maximum() == 100'001);
    CHECK(longer.count() == 5);
    CHECK(histogram.count() == 9);
    CHECK(longer.mean() == doctest::Approx((100'001 + 60) / 5.0));
    CHECK(longer.quantile(0.8) == 30);
    CHECK(latency_histogram{}.mean() == 0);
}

TEST_CASE("a figure has three digits that count, and as many zeros as people still read") {
    CHECK(digits(1) == "1.00");
    CHECK(digits(0.5, 1) == "0.5");
    CHECK(digits(-12.345) == "-12.3");
    CHECK(digits(123.4) == "123");
    CHECK(digits(12'345) == "12300");
    CHECK(digits(12'355, 4) == "12360");
    CHECK(digits(0) == "0");
    CHECK(digits(std::nan("")) == "n/a");
    CHECK(digits(1e-16) == "0.000000000000000100");
    CHECK(digits(1e-17) == "1.00e-17");
    CHECK(digits(1e20) == "100000000000000000000");
    CHECK(digits(1e21) == "1.00e+21");
}

TEST_CASE("a prefix is taken from the thousand on, and a word stands apart from it") {
    CHECK(with_prefix(1000, "B") == "1.00 kB");
    CHECK(with_prefix(999, "B") == "999 B");
    CHECK(with_prefix(999.5, "B").ends_with(" kB"));
    CHECK(with_prefix(1, "B/s") == "1.00 B/s");
    CHECK(with_prefix(-2500, "B/s") == "-2.50 kB/s");
    CHECK(with_prefix(2500, "jobs") == "2.50 k jobs");
    CHECK(with_prefix(25, "jobs") == "25.0 jobs");
    CHECK(with_prefix(2.5e12, "B") == "2.50 TB");
    CHECK(with_prefix(2.5e-9, "s") == "2.50 ns");
    CHECK(with_prefix(2.5e-11, "s") == "0.0000000000250 s");
}

TEST_CASE("a share below a tenth has two digits, and from there three") {
    CHECK(percent(0.042) == "4.2 %");
    CHECK(percent(-0.042) == "-4.2 %");
    CHECK(percent(0.1) == "10.0 %");
    CHECK(percent(-0.25) == "-25.0 %");
    CHECK(counted(0, "core") == "0 cores");
    CHECK(counted(1, "core") == "1 core");
    CHECK(counted(2, "core") == "2 cores");
}
