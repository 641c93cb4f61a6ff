// Which numbers an option takes.
#include "bench/commands/number_within.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace lanewise::bench;

TEST_CASE("a number may be either end of its range, and nothing beyond") {
    const auto range = number_within(0.5, 1e7);
    for (const auto* text : {"0.5", "10000000", "1e7", "5e-1", "3"}) CHECK(range(text).empty());
    for (const auto* text : {"0.4999", "10000001", "1e99", "-1", "nan", "inf", "", "x", "1x", "1 ",
                             " 1", "+1", "0x10", "1,5"})
        CHECK(range(text) == "\"" + std::string{text} + "\" is no number from 0.5 to 10000000");
}

TEST_CASE("a whole number has no point and no exponent") {
    const auto range = whole_number_within(1, 1000);
    for (const auto* text : {"1", "1000", "007"}) CHECK(range(text).empty());
    for (const auto* text : {"0", "1001", "-1", "1.0", "1e2", "", "99999999999999999999999", "ten"})
        CHECK(range(text) == "\"" + std::string{text} + "\" is no whole number from 1 to 1000");
}
