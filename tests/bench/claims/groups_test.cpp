#include "bench/claims/claims_groups.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lanewise::bench;

namespace {

price dollars(double amount) {
    price one;
    one.usd_per_hour = amount;
    return one;
}

pool_figure figure(const std::string& pool, double rate, std::vector<std::string> nodes,
                   double spread = 0.001) {
    pool_figure made;
    made.pool = pool;
    made.paid = dollars(0.1);
    made.rate = rate;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        std::vector<double> rounds;
        for (int round = 0; round < 9; ++round)
            rounds.push_back(rate * (1 + spread * (static_cast<double>(i) + 0.1 * (round % 3))));
        made.rates.push_back(rounds);
    }
    made.nodes = std::move(nodes);
    return made;
}

work_claims work(const std::string& name, const std::string& group,
                 std::vector<pool_figure> pools) {
    work_claims made{name, "bytes", 1e12, false, std::move(pools), {}, "service", group};
    return made;
}

const std::vector<std::string> three{"n1", "n2", "n3"};

}  // namespace

TEST_CASE("a group's ratio is the geometric mean of its works' ratios") {
    const std::vector works{
        work("aes", "crypto", {figure("a", 4e9, three), figure("b", 1e9, three)}),
        work("sha", "crypto", {figure("a", 1e9, three), figure("b", 1e9, three)}),
        work("chase", "memory", {figure("a", 1e7, three), figure("b", 2e7, three)})};
    const auto claims = claims_about_groups(works);
    REQUIRE(claims.size() == 2);
    CHECK(claims[0].group == "crypto");
    CHECK(claims[0].works == 2);
    CHECK(claims[0].first == "a");
    CHECK(claims[0].cost.ratio == doctest::Approx(0.5));
    CHECK(claims[0].cost.verdict == cost_verdict::cheaper);
    CHECK_FALSE(claims[0].cost.nodes_only);
    CHECK(claims[1].group == "memory");
    CHECK(claims[1].first == "b");
    CHECK(claims[1].cost.ratio == doctest::Approx(0.5));
}

TEST_CASE("what only one pool is ranked in does not count, nor does a node that some work lacks") {
    auto unranked = figure("b", 9e9, three);
    unranked.unranked.emplace_back("the clock moved");
    const std::vector works{
        work("aes", "crypto", {figure("a", 1e9, three), figure("b", 1e9, three)}),
        work("sha", "crypto", {figure("a", 1e9, three), unranked}),
        work("x25519", "crypto", {figure("a", 1e9, {"n1", "n2"}), figure("b", 1e9, three)})};
    const auto claims = claims_about_groups(works);
    REQUIRE(claims.size() == 1);
    CHECK(claims[0].works == 2);
    CHECK(claims[0].cost.ratio == doctest::Approx(1).epsilon(0.01));
}

TEST_CASE("pools of one node are compared by rounds, and said to be these nodes") {
    const std::vector works{
        work("aes", "crypto", {figure("a", 2e9, {"n1"}), figure("b", 1e9, {"m1"})})};
    const auto claims = claims_about_groups(works);
    REQUIRE(claims.size() == 1);
    CHECK(claims[0].cost.nodes_only);
}

TEST_CASE("served work, programs and imported benchmarks are in no group") {
    auto served = work("GET /", "", {figure("a", 1e3, three), figure("b", 1e3, three)});
    served.served = true;
    auto program = served, imported = served;
    program.served = imported.served = false;
    program.kind = "program", imported.kind = "imported";
    CHECK(claims_about_groups(std::vector{served, program, imported}).empty());
    CHECK(claims_about_groups({}).empty());
}

TEST_CASE("works without a price, or with unlike nodes throughout, make no claim") {
    auto free = figure("b", 1e9, three);
    free.paid.reset();
    CHECK(claims_about_groups(std::vector{work("aes", "crypto", {figure("a", 1e9, three), free})})
              .empty());
}

TEST_CASE("works of one node are compared over the rounds that all of them have") {
    auto fast = figure("a", 2e9, {"n1"}), slow = figure("b", 1e9, {"m1"});
    auto more_fast = fast, more_slow = slow;
    for (int i = 0; i < 5; ++i) {
        more_fast.rates[0].push_back(9e9);
        more_slow.rates[0].push_back(1e3);
    }
    const auto claims = claims_about_groups(std::vector{
        work("aes", "crypto", {more_fast, more_slow}), work("sha", "crypto", {fast, slow})});
    REQUIRE(claims.size() == 1);
    CHECK(claims[0].cost.ratio == doctest::Approx(0.5));
}

TEST_CASE("pools whose group costs the same stay in the order of their works") {
    const auto claims = claims_about_groups(
        std::vector{work("aes", "crypto", {figure("b", 1e9, three), figure("a", 1e9, three)})});
    REQUIRE(claims.size() == 1);
    CHECK(claims[0].cost.ratio == 1);
    CHECK(claims[0].first == "b");
}
