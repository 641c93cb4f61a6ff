#include "bench/claims/prices.hpp"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <string>

#include "bench/claims/csv_records.hpp"

using namespace lanewise::bench;

namespace {

std::string complaint(const std::string& text) {
    try {
        static_cast<void>(price_table::parse("p.csv", text));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE(
    "the built-in table is whole: sources, positive prices, known architectures, no instance twice "
    "in a region") {
    const auto table = price_table::built_in();
    CHECK(table.rows().size() >= 155);
    std::set<std::string> seen;
    for (const auto& row : table.rows()) {
        CAPTURE(row.instance);
        CHECK(row.usd_per_hour > 0);
        CHECK(row.vcpus > 0);
        CHECK((row.threads_per_core == 1 || row.threads_per_core == 2));
        CHECK((row.architecture == "amd64" || row.architecture == "arm64"));
        CHECK_FALSE(row.source.empty());
        CHECK((!row.date.empty() || row.weak.find("no date") != std::string::npos));
        CHECK(seen.insert(row.provider + row.region + row.instance).second);
    }
}

TEST_CASE(
    "EC2's sizes are linear, large included; a vCPU is a thread on m7i and a core on m7a and m7g") {
    const auto table = price_table::built_in();
    REQUIRE(table.find("m7g.large"));
    CHECK(table.find("m7g.large")->usd_per_hour ==
          doctest::Approx(table.find("m7g.16xlarge")->usd_per_hour / 32));
    CHECK(table.find("m7i.large")->threads_per_core == 2);
    CHECK(table.find("m7a.large")->threads_per_core == 1);
    CHECK(table.find("m7g.large")->threads_per_core == 1);
    CHECK(table.find("github-linux-arm64-4")->usd_per_hour == doctest::Approx(0.48));
    CHECK(table.find("z9.nano") == std::nullopt);
    CHECK(table.find("Standard_D4s_v5")->weak.ends_with("in koreacentral it is $0.236"));
}

TEST_CASE("a user's price replaces the table's, and a factor multiplies it") {
    auto table = price_table::built_in();
    const double listed = table.find("m7i.xlarge")->usd_per_hour;
    table.set("m7i.xlarge=x0.4");
    CHECK(table.find("m7i.xlarge")->usd_per_hour == doctest::Approx(listed * 0.4));
    table.set("m7i.xlarge=0.05");
    CHECK(table.find("m7i.xlarge")->usd_per_hour == 0.05);
    CHECK(warnings_about(*table.find("m7i.xlarge"), "2026-11-24").empty());
    table.set("own-metal=1.5");
    CHECK(table.find("own-metal")->usd_per_hour == 1.5);
    for (const auto* wrong : {"m7i.xlarge", "=1", "m7i.xlarge=-1", "m7i.xlarge=0", "m7i.xlarge=nan",
                              "m7i.xlarge=10000000", "m7i.xlarge=x10000000", "none=x0.5", "a=1x"}) {
        CHECK_THROWS_AS(table.set(wrong), std::invalid_argument);
    }
}

TEST_CASE("a bad price file is named by line and field") {
    CHECK(complaint("instance\nx\n") ==
          "p.csv: line 1: the header must name instance and usd_per_hour");
    CHECK(
        complaint("instance,usd_per_hour\nx,-1\n") ==
        "p.csv: line 2: field usd_per_hour must be a number above 0, a million at most, is \"-1\"");
    CHECK(complaint("instance,usd_per_hour\nx,10000000\n").find("a million at most") !=
          std::string::npos);
    CHECK(price_table::parse("p.csv", "instance,usd_per_hour\nx,1000000\n").find("x"));
    CHECK(complaint("instance,usd_per_hour\nx,nan\n").find("is \"nan\"") != std::string::npos);
    CHECK(complaint("instance,usd_per_hour\n,1\n") == "p.csv: line 2: field instance is empty");
    CHECK(complaint("") == "p.csv: holds no prices");
    CHECK(price_table::parse("p.csv", "instance,usd_per_hour\r\nx,0.5\r\n").find("x")->source ==
          "p.csv");
}

TEST_CASE("a price file is CSV as spreadsheets write it") {
    const auto table = price_table::parse(
        "p.csv",
        "\xef\xbb\xbfinstance,usd_per_hour,source,date\r\n# our own\r\n\r\n"
        "\"a, large\",\"0.5\",\"said \"\"list\"\"\r\nprice\",2026-11-01\r\nb,1.5,,\r\na b,2,x,");
    REQUIRE(table.rows().size() == 3);
    CHECK(table.rows()[0].instance == "a, large");
    CHECK(table.rows()[0].usd_per_hour == 0.5);
    CHECK(table.rows()[0].source == "said \"list\"\r\nprice");
    CHECK(table.rows()[0].date == "2026-11-01");
    CHECK(table.rows()[1].source == "p.csv");
    CHECK(table.rows()[2].instance == "a b");
    CHECK(complaint("instance,usd_per_hour\nx,1,2\n") ==
          "p.csv: line 2: has 3 fields, the header 2: quote what holds a comma");
    CHECK(complaint("instance,usd_per_hour,vcpus\nx,1,-2\n") ==
          "p.csv: line 2: field vcpus must be a whole number, is \"-2\"");
    CHECK(complaint("instance,usd_per_hour,vcpus\nx,1,2.5\n") ==
          "p.csv: line 2: field vcpus must be a whole number, is \"2.5\"");
    // What a row does not have is not known.
    const auto short_row = price_table::parse("p.csv", "instance,usd_per_hour,vcpus\nx,1\n");
    CHECK(short_row.rows().at(0).vcpus == 0);
    CHECK(complaint("instance,usd_per_hour,date\n\"x\ny\",1,\nz,1,19.1.2026\n") ==
          "p.csv: line 4: field date must be a day such as 2026-07-20, is \"19.1.2026\"");
}

TEST_CASE("a spot price lies within its range, and stands beside the price of its own region") {
    const std::string head =
        "region,instance,usd_per_hour,spot_usd_per_hour,spot_low,spot_high,spot_date\n";
    const auto wrong = [&](const std::string& row) { return complaint(head + row + "\n"); };
    const auto range = [](const char* is) {
        return "p.csv: line 2: field spot_usd_per_hour must lie between spot_low and spot_high, "
               "is " +
               std::string{is};
    };
    CHECK(wrong("r,x,2,1,1.5,2,") == range("1"));
    CHECK(wrong("r,x,2,1,0.5,0.9,") == range("1"));
    CHECK(wrong("r,x,2,1,1.5,,") == range("1"));
    CHECK(wrong("r,x,2,1,,,soon").find("field spot_date must be a day") != std::string::npos);
    CHECK(wrong("r,x,,,,,") ==
          "p.csv: line 2: field usd_per_hour must be a number above 0, is \"\"");
    const auto table = price_table::parse(
        "p.csv",
        head + "r,x,2,1,1,1,2026-07-20\nr,y,,0.5,,,\nr,z,3,,,,\ns,z,,0.1,,,\nr,z,,0.2,,,\n");
    const auto x = table.find("x");
    REQUIRE((x && x->spot));
    CHECK(x->usd_per_hour == 2);
    CHECK(x->spot->usd_per_hour == 1);
    CHECK(x->spot->low == 1);
    CHECK(x->spot->high == 1);
    CHECK(x->spot->date == "2026-07-20");
    CHECK_FALSE(table.find("y"));  // what it costs on demand is not known
    const auto z = table.find("z");
    REQUIRE((z && z->spot));
    CHECK(z->spot->usd_per_hour == 0.2);
}

TEST_CASE(
    "a price of other regions is said beside the one that is found, and not of the user's own") {
    auto table = price_table::parse(
        "p.csv", "region,instance,usd_per_hour\nr,x,1\ns,x,1.5\nt,x,1\n,x,9\nu,y,7\n");
    CHECK(table.find("x")->weak == "in s it is $1.50");
    table.set("x=3");
    CHECK(table.find("x")->weak.empty());
}

TEST_CASE("prices that are written are read again as they were") {
    const std::string text =
        "provider,region,instance,architecture,vcpus,threads_per_core,vcpu_is,memory_gib,"
        "usd_per_hour,spot_usd_per_hour,spot_low,spot_high,spot_date,source,date,weak\n"
        "p,r,\"a, \"\"b\"\"\",arm64,4,1,core,16,0.5,0.25,0.125,0.75,2026-07-20,s,2026-07-21,w\n"
        "p,r,c,amd64,8,2,thread,32,1,,,,,\"#s\",2026-07-21,\n"
        "p,r,d,amd64,,,,,1,,,,,s,,\n";
    CHECK(csv_of(price_table::parse("p.csv", text).rows()) == text);
}

TEST_CASE("a price's age counts in days, and one that is dated ahead is warned of") {
    price one;
    one.instance = "x";
    CHECK(age_in_days(one, "2026-11-24") == std::nullopt);
    one.date = "2026-02-28";
    CHECK(age_in_days(one, "2026-03-01") == 1);
    CHECK(age_in_days(one, "2026-02-27T23:59:59Z") == -1);
    CHECK(warnings_about(one, "2026-02-27") ==
          std::vector<std::string>{"The price of x is dated ahead, 2026-02-28."});
    CHECK_FALSE(is_day("2026-02-30"));
    CHECK_FALSE(is_day("2026-2-3"));
    CHECK_FALSE(is_day("today"));
}

TEST_CASE("a price without a date, an old one and a weak one are warned of") {
    price one;
    one.instance = "x";
    one.source = "somewhere";
    CHECK(warnings_about(one, "2026-11-24") ==
          std::vector<std::string>{"The price of x has no date."});
    one.date = "2026-09-01";
    CHECK(warnings_about(one, "2026-11-24").empty());
    CHECK(warnings_about(one, "2027-01-01T00:00:00Z") ==
          std::vector<std::string>{"The price of x is 122 days old."});
    one.weak = "at third hand";
    CHECK(warnings_about(one, "2026-11-24") ==
          std::vector<std::string>{"The price of x is weak: at third hand."});
}

TEST_CASE("a day is one of the calendar, in four, two and two digits") {
    for (const auto* some : {"2026-07-20", "0000-01-01", "2024-02-29", "2026-12-31"}) {
        CAPTURE(some);
        CHECK(is_day(some));
    }
    for (const auto* none :
         {"x026-07-20", "-001-07-20", "2026x07-20", "2026-07x20", "2026-1x-20", "2026-x1-20",
          "2026-07-2x", "2026-00-20", "2026-07-00", "2026-13-01", "2026-07-200", "2026-07-2"}) {
        CAPTURE(none);
        CHECK_FALSE(is_day(none));
    }
}

TEST_CASE("a price below a billionth, or with letters behind it, is none") {
    const auto fits = [](const std::string& dollars) {
        return complaint("instance,usd_per_hour\nx," + dollars + "\n").empty();
    };
    CHECK(fits("1e-9"));
    CHECK(fits("1e-8"));
    for (const auto* none : {"9e-10", "1e-10", "0", "1x", "x", "inf", "1000001"}) {
        CAPTURE(none);
        CHECK_FALSE(fits(none));
    }
}

TEST_CASE("a user's price says so, and what is known of spot alone can't be multiplied") {
    auto table = price_table::parse(
        "p.csv",
        "region,instance,usd_per_hour,spot_usd_per_hour,date\nr,x,2,,2026-07-20\nr,y,,0.5,\n");
    table.set("x=x0.5");
    CHECK(table.find("x")->source == "p.csv; times 0.5 by the user");
    CHECK(table.find("x")->date == "2026-07-20");
    CHECK(table.find("x")->region == "r");
    table.set("x=3");
    CHECK(table.find("x")->source == "the user's own");
    CHECK(table.find("x")->date.empty());
    CHECK_THROWS_WITH_AS(table.set("y=x2"),
                         "--price y=x2: there is no price of y to multiply; it looks like "
                         "m7g.xlarge=0.12 or m7g.xlarge=x0.4",
                         std::invalid_argument);
    table.set("y=2");
    CHECK(table.find("y")->usd_per_hour == 2);
    CHECK_FALSE(table.find("y")->spot);
    table.set("a=b=4");
    CHECK(table.find("a=b")->usd_per_hour == 4);
}

TEST_CASE("the first price on demand counts, with its own spot price before another row's") {
    const auto table = price_table::parse(
        "p.csv",
        "region,instance,usd_per_hour,spot_usd_per_hour,weak\nr,x,,0.2,\nr,x,3,,old\ns,x,,0.1,\n"
        "t,x,4,,\nu,x,5,,\nr,y,2,1,\nr,y,,0.5,\ns,z,,0.1,\nr,z,1,,\n");
    CHECK(table.find("x")->usd_per_hour == 3);
    CHECK(table.find("x")->spot->usd_per_hour == 0.2);
    CHECK(table.find("x")->weak == "old; in t it is $4.00; in u it is $5.00");
    CHECK(table.find("y")->spot->usd_per_hour == 1);
    CHECK_FALSE(table.find("z")->spot);
    CHECK(table.find("z")->weak.empty());
}

TEST_CASE("a price is old from its ninety-first day, and one of today is not dated ahead") {
    price one;
    one.instance = "x", one.date = "2026-01-01", one.weak = "no date";
    CHECK(warnings_about(one, "2026-01-01").empty());
    CHECK(warnings_about(one, "2026-04-01").empty());
    CHECK(warnings_about(one, "2026-04-02") ==
          std::vector<std::string>{"The price of x is 91 days old."});
    CHECK(age_in_days(one, "2026-04-02") == 91);
    CHECK(age_in_days(one, "soon") == std::nullopt);
}

TEST_CASE("records of CSV have their lines, and quotes hold commas, line ends and quotes") {
    const auto cells = [](std::string_view text) {
        std::string found;
        for (const auto& one : csv_records(text)) {
            found += std::to_string(one.line) + ":";
            for (const auto& cell : one.cells) found += "[" + cell + "]";
        }
        return found;
    };
    CHECK(cells("a,b\nc\n") == "1:[a][b]2:[c]");
    CHECK(cells("\"a\"") == "1:[a]");
    CHECK(cells("\"a\"\"\",b") == "1:[a\"][b]");
    CHECK(cells("a\"b\",c") == "1:[a\"b\"][c]");
    CHECK(cells("\"a\nb\"\nc") == "1:[a\nb]3:[c]");
    CHECK(cells("a\rb\r\nc\r") == "1:[a\rb]2:[c]");
    CHECK(cells("\n\n,\n#x\n \n") == "3:[][]5:[ ]");
    CHECK(cells("a,\n") == "1:[a][]");
    CHECK(cells("").empty());
    // Nothing behind the text is looked at.
    CHECK(cells(std::string_view{"a,b"}.substr(0, 2)) == "1:[a][]");
    CHECK(cells(std::string_view{"\"a\"\""}.substr(0, 3)) == "1:[a]");
    CHECK(cells(std::string_view{"a\rb"}.substr(0, 2)) == "1:[a]");
}
