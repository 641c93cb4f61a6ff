// How --help shows an option.
#include "bench/commands/plain_help.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/commands/number_within.hpp"

using namespace lanewise::bench;

namespace {

/// A program whose help has the options that a test adds.
struct program : CLI::App {
    program() { formatter(std::make_shared<plain_help>()); }

    bool shows(const std::string& line) {
        return ("\n" + help()).find("\n" + line + "\n") != std::string::npos;
    }

    std::string text, other;
    double number = 0;
    int count = 0;
    std::vector<std::string> list;
    bool flag = false;
};

}  // namespace

TEST_CASE("an option ends with its range and its default, in plain numbers") {
    program any;
    any.add_option("--rate", any.number, "How many")
        ->check(number_within(0.5, 1e9))
        ->default_val(1e7);
    any.add_option("--tries", any.count, "How often")->check(whole_number_within(1, 100));
    any.add_option("--small", any.number, "How small")->default_str("1e-07");
    any.add_option("--name", any.text, "Which")->default_str("e");
    any.add_option("--word", any.text, "Which")->default_str("1e5x");
    any.add_option("--most", any.number, "How many")->default_str("9e15");
    any.add_option("--like", any.number, "How many (of those)")->check(number_within(1, 60));
    CHECK(
        any.shows("  --rate NUMBER               How many (0.5 to 1000000000; default: 10000000)"));
    CHECK(any.shows("  --tries NUMBER              How often (1 to 100)"));
    CHECK(any.shows("  --small NUMBER              How small (default: 1e-07)"));
    CHECK(any.shows("  --name TEXT                 Which (default: e)"));
    CHECK(any.shows("  --word TEXT                 Which (default: 1e5x)"));
    CHECK(any.shows("  --most NUMBER               How many (default: 9000000000000000)"));
    CHECK(any.shows("  --like NUMBER               How many (of those) (1 to 60)"));
}

TEST_CASE("what an option says of its default by itself and its range share one pair of brackets") {
    program any;
    any.add_option("--seconds", any.number, "How long (default: by the budget)")
        ->check(number_within(1, 60));
    any.add_option("--must", any.text, "What to do")->required();
    CHECK(any.shows("  --seconds NUMBER            How long (default: by the budget; 1 to 60)"));
    CHECK(any.shows("  --must TEXT                 What to do (required)"));
}

TEST_CASE("options that take several values, none, or exclude another say so") {
    program any;
    auto* const each = any.add_option("--each", any.list, "All of these");
    any.add_flag("--none,!--some", any.flag, "Nothing")->excludes(each);
    auto* const only = any.add_flag("--only", any.flag, "One");
    any.add_flag("--without", any.flag, "Not with --only")->excludes(only);
    CHECK(any.shows("  --each TEXT ...             All of these; not with --none"));
    CHECK(any.shows("  --none,--some               Nothing; not with --each"));
    any.add_flag("--first{false},--second", any.flag, "Twice");
    CHECK(any.shows("  --first,--second            Twice"));
    CHECK(any.shows("  --only                      One; not with --without"));
    CHECK(any.shows("  --without                   Not with --only"));
}

TEST_CASE("a name that leaves no room stands on a line of its own, and long text is wrapped") {
    program any;
    any.add_option("--abcdefghijklmnopqr", any.text, "Fits");
    any.add_option("--abcdefghijklmnopqrs", any.text, "Just");
    any.add_option("--abcdefghijklmnopqrstu", any.text, "Does not");
    const std::string first(40, 'a'), second(39, 'b'), third(10, 'c');
    any.add_option("--long", any.text, first + " " + second + " " + third);
    any.add_option("--longer", any.text, first + "a " + second + " " + third);
    CHECK(any.shows("  --abcdefghijklmnopqr TEXT   Fits"));
    CHECK(any.shows("  --abcdefghijklmnopqrs TEXT  Just"));
    CHECK(any.shows("  --abcdefghijklmnopqrstu TEXT\n" + std::string(30, ' ') + "Does not"));
    // 110 columns: the second word fits to the last of them, the third begins a line.
    CHECK(any.shows("  --long TEXT                 " + first + " " + second + "\n" +
                    std::string(30, ' ') + third));
    CHECK(any.shows("  --longer TEXT               " + first + "a\n" + std::string(30, ' ') +
                    second + " " + third));
}
