#include "bench/figures/trend.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "bench/figures/statistics.hpp"

using namespace lanewise::bench;

TEST_CASE("a trend is one that ranks or, of three or four values, a straight line show") {
    const auto rising = trend_over(std::array{100.0, 110.0, 121.0});
    REQUIRE(rising);
    CHECK(*rising == doctest::Approx(0.21));
    CHECK(trend_over(std::array{60.0, 90.0, 98.0, 99.0, 100.0}));  // flattens, as a JIT does
    CHECK(*trend_over(std::array{120.0, 110.0, 105.0, 102.0, 100.0}) < 0);
    CHECK(!trend_over(std::array{100.0, 90.0, 110.0}));
    CHECK(!trend_over(std::array{100.0, 104.0, 98.0, 101.0, 99.0}));
    CHECK(!trend_over(std::array{100.0, 100.0, 100.0, 100.0, 100.0}));
    CHECK(!trend_over(std::array{100.0, 200.0}));
    CHECK(!trend_over(std::vector<double>{}));
}

TEST_CASE("even rounds are said to have a trend in at most one of fifteen") {
    random_source random{1};
    for (const std::size_t rounds : {3, 4, 5, 9}) {
        CAPTURE(rounds);
        int found = 0;
        for (int i = 0; i < 3000; ++i) {
            std::vector<double> values;
            for (std::size_t j = 0; j < rounds; ++j) values.push_back(100 + 5 * random.normal());
            found += trend_over(values) ? 1 : 0;
        }
        CHECK(found < 200);
    }
}

TEST_CASE("warming up is over when the last eight windows show no trend") {
    std::vector<double> values{50, 40, 30, 20, 15, 12, 11};
    CHECK(!is_steady(values));
    values.push_back(10.5);
    CHECK(!is_steady(values));  // still falling
    for (const double value : {10.0, 10.2, 9.9, 10.1, 10.0, 9.8, 10.2, 10.0})
        values.push_back(value);
    CHECK(is_steady(values));
    CHECK(mann_kendall_p(std::vector<double>(8, 3.0)) == 1);
}

TEST_CASE("of three or four values a t test of the line decides, at 5 %") {
    // p is 0.056 and 0.035, then 0.052 and 0.037, as any statistics package has them.
    CHECK(!trend_over(std::array{100.0, 110.0, 118.0}));
    CHECK(trend_over(std::array{100.0, 110.0, 119.0}));
    CHECK(!trend_over(std::array{100.0, 110.0, 110.0, 120.0}));
    const auto rising = trend_over(std::array{100.0, 109.0, 110.0, 120.0});
    REQUIRE(rising);
    CHECK(*rising == doctest::Approx(0.18155));
    CHECK(*trend_over(std::array{1.0, 2.0, 4.0}) == doctest::Approx(3));
    CHECK(!trend_over(std::array{7.0, 7.0, 7.0}));
}

TEST_CASE("ranks give the p-value of Mann and Kendall, with ties and continuity corrected") {
    std::vector<double> rising{1, 2, 3, 4, 5, 6, 7, 8};
    CHECK(mann_kendall_p(rising) == doctest::Approx(0.000837).epsilon(0.001));
    CHECK(mann_kendall_p(std::vector<double>(rising.rbegin(), rising.rend())) ==
          mann_kendall_p(rising));
    CHECK(mann_kendall_p(std::array{1.0, 1.0, 2.0, 3.0, 4.0}) ==
          doctest::Approx(0.04331).epsilon(0.001));
    CHECK(mann_kendall_p(std::array{1.0, 2.0, 3.0, 2.5, 1.5}) ==
          doctest::Approx(0.8065).epsilon(0.001));
    CHECK(mann_kendall_p(std::array{1.0, 2.0, 3.0, 4.0}) == 1);
    CHECK(mann_kendall_p(std::array{1.0, 2.0, 3.0, 4.0, 5.0}) < 0.05);
    CHECK(mann_kendall_p(std::vector<double>(5, 3.0)) == 1);
}

TEST_CASE("eight windows are enough to be steady, and seven are not") {
    CHECK(!is_steady(std::vector<double>(steady_windows - 1, 3.0)));
    CHECK(is_steady(std::vector<double>(steady_windows, 3.0)));
}
