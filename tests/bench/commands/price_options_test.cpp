// The prices that a report or a plan counts with, and the command that makes it again.
#include "bench/commands/price_options.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lanewise::bench;
using words = std::vector<std::string>;

namespace {

price_options on(const std::string& day) {
    price_options made;
    made.date = day;
    return made;
}

}  // namespace

TEST_CASE("the command that makes a report again is one that a shell takes") {
    const auto any = on("2026-11-24");
    CHECK(command_again({"lanewise-bench", "report", "a-b_c.json", "--price", "m7g.large=x0.4"},
                        any) == "lanewise-bench report a-b_c.json --price m7g.large=x0.4");
    CHECK(command_again({"a", "my file.json", "$(x)", ""}, any) == "a 'my file.json' '$(x)' ''");
    CHECK(command_again({"it's", "~", "*.json", "ä"}, any) == R"('it'\''s' '~' '*.json' 'ä')");
}

TEST_CASE("a command without a day is made again as of today, one with a day as of that") {
    const std::string today = "report --date 2";
    CHECK(command_again({"report"}, {}).starts_with(today));
    CHECK(command_again({"report"}, {}).size() == std::string{"report --date 2026-11-24"}.size());
    CHECK(today_of(on("2026-11-24")) == "2026-11-24");
    CHECK(command_again({"report", "--date", "2026-11-24"}, on("2026-11-24")) ==
          "report --date 2026-11-24");
}

TEST_CASE("a price of one's own stands in the table that is used, whichever it is") {
    price_options any;
    any.own_prices = {"m7g.xlarge=0.5", "mine=0.25"};
    const auto prices = prices_of(any);
    REQUIRE(prices.find("m7g.xlarge"));
    CHECK(prices.find("m7g.xlarge")->usd_per_hour == 0.5);
    REQUIRE(prices.find("mine"));
    CHECK(prices.find("mine")->usd_per_hour == 0.25);
    CHECK(prices.find("m7g.large"));
    CHECK_FALSE(prices_of({}).find("mine"));
}

TEST_CASE("a price for what no document names is refused, by its name") {
    price_options any;
    any.own_prices = {"m7g.xlarge=0.5"};
    CHECK_THROWS_WITH_AS(
        check_own_prices(any, {}),
        doctest::Contains("no document names an instance or a pool \"m7g.xlarge\""),
        std::invalid_argument);
    CHECK_NOTHROW(check_own_prices({}, {}));
}
