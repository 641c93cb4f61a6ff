#include "bench/claims/compare_pools.hpp"

#include <doctest/doctest.h>

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "bench/claims/claims_cost.hpp"

using namespace lanewise::bench;

namespace {

/// The noise that rates of nodes have, on their logarithms:
/// - a node is by nature faster or slower than its pool, skewed towards slower (gamma of shape 4,
/// skewness -1);
/// - its rounds follow each other (first order, 0.6 from one to the next, 1 % wide);
/// - one round in ten is slowed by something, by 5 % on average (exponential).
/// All parts are centred: a pool's true rate is the geometric mean.
struct noise {
    double node_spread;
    int rounds = 9;
};

double skewed(random_source& random) {
    double sum = 0;
    for (int i = 0; i < 4; ++i) sum += random.exponential();
    return -(sum - 4) / 2;
}

pool_rates draw(random_source& random, double rate, int nodes, const noise& how,
                double* node_truth = nullptr) {
    pool_rates pool;
    for (int node = 0; node < nodes; ++node) {
        const double nature = how.node_spread * skewed(random);
        double drift = 0.01 * random.normal();
        std::vector<double> rates;
        for (int round = 0; round < how.rounds; ++round) {
            drift = 0.6 * drift + 0.01 * std::sqrt(1 - 0.36) * random.normal();
            const double slowed = random.uniform() < 0.1 ? 0.05 * random.exponential() : 0;
            rates.push_back(rate * std::exp(nature + drift - slowed + 0.1 * 0.05));
        }
        if (node_truth) *node_truth = rate * std::exp(nature);
        pool.push_back(std::move(rates));
    }
    return pool;
}

double coverage(int first_nodes, double first_spread, int second_nodes, double second_spread,
                std::uint64_t seed) {
    constexpr int pairs = 2000;
    random_source random{seed};
    int held = 0;
    for (int pair = 0; pair < pairs; ++pair) {
        const auto first = draw(random, 1250, first_nodes, {first_spread});
        const auto second = draw(random, 1000, second_nodes, {second_spread});
        const auto found = compare_rates(first, second);
        REQUIRE(found);
        held += found->ci95.low <= 1.25 && 1.25 <= found->ci95.high;
    }
    return static_cast<double>(held) / pairs;
}

}  // namespace

TEST_CASE("the 95 % interval covers where rounds follow each other and spreads are unequal") {
    struct plan {
        int first, second;
    };
    for (const plan& nodes : {plan{2, 2}, plan{3, 3}, plan{2, 20}, plan{20, 2}, plan{5, 5},
                              plan{20, 20}, plan{5, 20}}) {
        const int first = nodes.first;
        const int second = nodes.second;
        for (const auto& spread : {std::pair{0.02, 0.02}, std::pair{0.03, 0.01}}) {
            const double first_spread = spread.first;
            const double second_spread = spread.second;
            const double share = coverage(first, first_spread, second, second_spread, 5);
            CAPTURE(first);
            CAPTURE(second);
            CAPTURE(first_spread);
            CHECK(share >= 0.94);
            MESSAGE(first << " and " << second << " nodes, spread " << first_spread << " and "
                          << second_spread << ": " << share);
        }
    }
}

namespace {

/// How the nodes of a pool differ, on logarithms: even ones by a normal 1 %. Slow ones are slower
/// than the fastest by an exponential with a mean of 6 %: most by little, a few by much.
enum class nature : std::uint8_t { even, slow_ones, even_by_3_percent };

pool_rates draw_nodes(random_source& random, int nodes, nature kind, double rate = 1000) {
    pool_rates pool;
    for (int node = 0; node < nodes; ++node) {
        double own = 0;
        switch (kind) {
            case nature::even:
                own = 0.01 * random.normal();
                break;
            case nature::slow_ones:
                own = 0.06 * (1 - random.exponential());
                break;
            case nature::even_by_3_percent:
                own = 0.03 * random.normal();
                break;
        }
        std::vector<double> rates;
        for (int round = 0; round < 3; ++round)
            rates.push_back(rate * std::exp(own + 0.005 * random.normal()));
        pool.push_back(std::move(rates));
    }
    return pool;
}

/// How many of 5,000 intervals hold the true ratio, 1: known to 0.003.
double share_covered(int first, nature first_kind, int second, nature second_kind) {
    constexpr int pairs = 5000;
    random_source random{static_cast<std::uint64_t>(100 * first + second)};
    int held = 0;
    for (int pair = 0; pair < pairs; ++pair) {
        const auto one = draw_nodes(random, first, first_kind);
        const auto found = compare_rates(one, draw_nodes(random, second, second_kind));
        held += found && found->ci95.low <= 1 && 1 <= found->ci95.high;
    }
    return static_cast<double>(held) / pairs;
}

}  // namespace

TEST_CASE("the 95 % interval covers 0.94 or more from 2 to 20 nodes a pool, few slow ones or not") {
    struct model {
        std::string name;
        nature first, second;
    };
    const model models[]{{"both even", nature::even, nature::even},
                         {"slow ones in both", nature::slow_ones, nature::slow_ones},
                         {"slow ones in the first only", nature::slow_ones, nature::even},
                         {"slow ones in the second only", nature::even, nature::slow_ones},
                         {"3 % beside 1 %", nature::even_by_3_percent, nature::even}};
    struct plan {
        int first, second;
    };
    std::vector<plan> plans;
    for (const int nodes : {2, 3, 4, 5, 6, 8, 10, 14, 20}) plans.push_back({nodes, nodes});
    for (const int nodes : {2, 3, 5}) {
        plans.push_back({nodes, 10});
        plans.push_back({nodes, 20});
    }
    for (const auto& nodes : plans) {
        for (const auto& one : models) {
            const double share = share_covered(nodes.first, one.first, nodes.second, one.second);
            MESSAGE(nodes.first << " and " << nodes.second << " nodes, " << one.name << ": "
                                << share);
            CAPTURE(nodes.first);
            CAPTURE(nodes.second);
            CAPTURE(one.name);
            CHECK(share >= 0.94);
        }
    }
}

TEST_CASE("two even nodes a pool tell a cost 20 % lower apart more often than not") {
    constexpr int pairs = 2000;
    for (const int nodes : {2, 3, 5}) {
        random_source random{static_cast<std::uint64_t>(nodes)};
        int told = 0;
        for (int pair = 0; pair < pairs; ++pair) {
            const auto quicker = draw_nodes(random, nodes, nature::even, 1250);
            const auto found =
                compare_costs(quicker, 1, draw_nodes(random, nodes, nature::even), 1);
            REQUIRE(found);
            told += found->verdict == cost_verdict::cheaper;
        }
        MESSAGE(nodes << " nodes: " << told << " of " << pairs);
        CHECK(told >= (nodes == 2 ? 0.6 : 0.95) * pairs);
    }
}

TEST_CASE(
    "one node a pool: the interval covers the two nodes' ratio, and says that it covers no more") {
    constexpr int pairs = 2000;
    random_source random{9};
    int held = 0, pools = 0;
    for (int pair = 0; pair < pairs; ++pair) {
        double one = 0, other = 0;
        const auto first = draw(random, 1250, 1, {0.02}, &one);
        const auto second = draw(random, 1000, 1, {0.02}, &other);
        const auto found = compare_rates(first, second);
        REQUIRE(found);
        CHECK(found->nodes_only);
        held += found->ci95.low <= one / other && one / other <= found->ci95.high;
        pools += found->ci95.low <= 1.25 && 1.25 <= found->ci95.high;
    }
    MESSAGE("the nodes' ratio is covered in " << held << " of " << pairs << ", the pools' in "
                                              << pools);
    CHECK(held >= 0.90 * pairs);
    CHECK(pools < 0.85 * pairs);
}

TEST_CASE("a true tie is called cheaper or dearer in at most 5 of 100") {
    for (const int nodes : {1, 2, 3, 5, 20}) {
        random_source random{static_cast<std::uint64_t>(nodes)};
        int called = 0;
        constexpr int pairs = 1000;
        for (int pair = 0; pair < pairs; ++pair) {
            // 25 % faster at a 25 % higher price.
            const auto found = compare_costs(draw(random, 1250, nodes, {0.02}), 1.25,
                                             draw(random, 1000, nodes, {0.01}), 1);
            REQUIRE(found);
            called +=
                found->verdict == cost_verdict::cheaper || found->verdict == cost_verdict::dearer;
        }
        MESSAGE(nodes << " nodes: " << called << " of " << pairs);
        CHECK(called <= pairs / 20);
    }
}

TEST_CASE("verdicts on known answers") {
    const pool_rates fast{{200, 201, 199}, {202, 200, 198}, {201, 199, 200}};
    const pool_rates slow{{100, 101, 99}, {101, 100, 100}, {99, 100, 101}};
    const auto cheaper = compare_costs(fast, 1, slow, 1);
    REQUIRE(cheaper);
    CHECK(cheaper->ratio == doctest::Approx(0.5).epsilon(0.01));
    CHECK(cheaper->verdict == cost_verdict::cheaper);
    CHECK(cheaper->nodes_to_decide == std::nullopt);
    CHECK(compare_costs(slow, 1, fast, 1)->verdict == cost_verdict::dearer);
    CHECK(compare_costs(fast, 2, slow, 1)->verdict == cost_verdict::tie);

    const pool_rates wide{{80, 82, 81}, {120, 118, 119}, {100, 99, 101}};
    const auto open = compare_costs(wide, 1.1, slow, 1);
    REQUIRE(open);
    CHECK(open->verdict == cost_verdict::not_decided);
    REQUIRE(open->nodes_to_decide);
    CHECK(*open->nodes_to_decide > 3);
    CHECK(*open->nodes_to_decide < 200);
}

TEST_CASE("where nothing varies, the margin alone decides") {
    const pool_rates even{{100}, {100}, {100}};
    const auto verdict = [&](double price) { return compare_costs(even, price, even, 1)->verdict; };
    CHECK(verdict(1) == cost_verdict::tie);
    CHECK(verdict(0.971) == cost_verdict::tie);
    CHECK(verdict(1.029) == cost_verdict::tie);
    CHECK(verdict(0.969) == cost_verdict::cheaper);
    CHECK(verdict(1.031) == cost_verdict::dearer);
}

TEST_CASE("rounds that do not vary make an interval of one point") {
    const auto found = compare_rates({{100, 100, 100}}, {{50, 50, 50, 50}});
    REQUIRE(found);
    CHECK(found->value == doctest::Approx(2));
    CHECK(found->ci95.low == doctest::Approx(2));
    CHECK(found->ci95.high == doctest::Approx(2));
}

TEST_CASE("one node on either side makes it a comparison of nodes, not of pools") {
    const pool_rates one{{100, 101, 99}}, several{{100, 101}, {99, 102}};
    CHECK(compare_rates(one, several)->nodes_only);
    CHECK(compare_rates(several, one)->nodes_only);
    CHECK_FALSE(compare_rates(several, several)->nodes_only);
}

TEST_CASE("rounds of a rising rate are worth fewer than rounds that come in any order") {
    const auto width = [](const std::vector<double>& rates) {
        const auto found = compare_rates({rates}, {{100, 100, 100, 100, 100, 100, 100, 100}});
        return std::log(found->ci95.high / found->ci95.low);
    };
    const double in_order = width({96, 97, 98, 99, 101, 102, 103, 104});
    CHECK(in_order > 1.5 * width({99, 103, 97, 102, 96, 104, 98, 101}));
    CHECK(in_order == doctest::Approx(width({104, 103, 102, 101, 99, 98, 97, 96})));
}

TEST_CASE("the nodes that would decide are named on either side of the margin") {
    const pool_rates spread{{98, 98}, {102, 102}, {100, 100}};
    const pool_rates even{{100, 100}, {100, 100}, {100, 100}};
    for (const double price : {0.99, 1.0, 1.01, 0.96, 1.045}) {
        CAPTURE(price);
        const auto found = compare_costs(spread, price, even, 1);
        REQUIRE(found);
        if (found->verdict != cost_verdict::not_decided) continue;
        REQUIRE(found->nodes_to_decide);
        // So many nodes of the same spread do decide.
        pool_rates more, as_many;
        for (int i = 0; i < *found->nodes_to_decide; ++i) {
            more.push_back(spread[static_cast<std::size_t>(i) % 3]);
            as_many.push_back(even[0]);
        }
        // Copies spread a little less than the sample variance says: never more.
        CHECK(compare_costs(more, price, as_many, 1)->verdict != cost_verdict::not_decided);
    }
}

TEST_CASE("without rounds there is no interval, and one node of two rounds has none") {
    CHECK(compare_rates({}, {{1, 2, 3}}) == std::nullopt);
    CHECK(compare_rates({{1, 2}}, {{1, 2, 3}}) == std::nullopt);
}

TEST_CASE("cost of a million requests") {
    CHECK(cost_of(1e6, 0.36, 100) == doctest::Approx(1.0));
    CHECK(cost_of(1e6, 0.2016, 50'000) == doctest::Approx(0.00112));
}

TEST_CASE(
    "what would decide is nodes where pools were compared, rounds where one node of each was") {
    cost_comparison cost{};
    cost.nodes_only = false;
    cost.nodes_to_decide = 7;
    cost.rounds_to_decide = 40;
    CHECK(what_would_decide(cost).find("about 7 nodes per pool") == 0);
    cost.nodes_only = true;
    CHECK(what_would_decide(cost).find("about 40 rounds") == 0);
    cost.rounds_to_decide.reset();
    CHECK(what_would_decide(cost).find("more than 1,000 rounds") == 0);
}

namespace {

/// A node for each of these logarithms of its rate.
pool_rates nodes_at(const std::vector<double>& logs) {
    pool_rates pool;
    for (const double each : logs) pool.push_back({std::exp(each)});
    return pool;
}

pool_rates rounds_at(const std::vector<double>& logs) {
    pool_rates pool{{}};
    for (const double each : logs) pool[0].push_back(std::exp(each));
    return pool;
}

double half_width_of(const interval& found) {
    return std::log(found.high / found.low) / 2;
}

/// So many values around 0 with this sample variance, no two neighbours alike.
std::vector<double> spread(int count, double variance) {
    const bool odd = count % 2 == 1;
    const double each = std::sqrt(odd ? variance : variance * (count - 1) / count);
    std::vector<double> values;
    for (int i = 0; i < count; ++i)
        values.push_back(odd && i == count / 2                     ? 0
                         : (i % 2 == 0) == (!odd || i < count / 2) ? each
                                                                   : -each);
    return values;
}

}  // namespace

TEST_CASE(
    "pools of unlike size have an interval between Welch's and Cochran's, nearer the latter") {
    // Variances of both means are 0.01^2. Welch's has two degrees of freedom for 2 and 2 nodes and
    // three for 2 and 4; Cochran's takes one and three. t of 0.975: 12.7062, 4.30265, 3.18245.
    const auto two = nodes_at({-0.01, 0.01});
    const double b = 0.01 * std::sqrt(3.0);
    const auto four = nodes_at({-b, b, b, -b});
    const auto alike = compare_rates(two, two), unlike = compare_rates(two, four);
    REQUIRE((alike && unlike));
    const double welch = 3.18245 * std::sqrt(2.0), cochran = std::hypot(12.7062, 3.18245);
    CHECK(half_width_of(unlike->ci95) / half_width_of(alike->ci95) ==
          doctest::Approx((0.75 * cochran + 0.25 * welch) / (4.30265 * std::sqrt(2.0)))
              .epsilon(1e-4));
    CHECK(half_width_of(compare_rates(four, two)->ci95) ==
          doctest::Approx(half_width_of(unlike->ci95)));
    // Unequal spreads of as many nodes: Welch's degrees of freedom, here 1.6, count the wider most.
    const auto wide = nodes_at({-0.02, 0.02});
    const double both = 0.01 * 0.01 + 0.02 * 0.02;
    const double degrees = both * both / (std::pow(0.01, 4) + std::pow(0.02, 4));
    const double t = boost::math::quantile(boost::math::students_t{degrees}, 0.975);
    CHECK(half_width_of(compare_rates(two, wide)->ci95) / half_width_of(alike->ci95) ==
          doctest::Approx(t * std::sqrt(both) / (4.30265 * 0.01 * std::sqrt(2.0))).epsilon(1e-4));
}

TEST_CASE("the fewer nodes, the more their interval is widened, as simulation asks for") {
    for (const auto& [count, factor] : {std::pair{2, 1.81}, std::pair{5, 1.65}, std::pair{10, 1.39},
                                        std::pair{20, 1.20}, std::pair{40, 1.10}}) {
        CAPTURE(count);
        const auto logs = spread(count, 1e-4);
        const auto found = rate_interval(nodes_at(logs));
        REQUIRE(found);
        const boost::math::students_t plain{count - 1.0};
        const double half = boost::math::quantile(plain, 0.975) * 0.01 / std::sqrt(count);
        CHECK(half_width_of(found->ci95) / half == doctest::Approx(factor).epsilon(0.08));
        CHECK(half_width_of(found->ci90) / half_width_of(found->ci95) ==
              doctest::Approx(boost::math::quantile(plain, 0.95) /
                              boost::math::quantile(plain, 0.975)));
        CHECK(found->value == doctest::Approx(1));
        CHECK_FALSE(found->nodes_only);
    }
}

TEST_CASE("rounds that are alike count for fewer, and never for fewer than two") {
    const auto half = [](const std::vector<double>& logs) {
        const auto found = rate_interval(rounds_at(logs));
        REQUIRE(found);
        CHECK(found->nodes_only);
        return half_width_of(found->ci95) / 0.01;
    };
    const auto t = [](double degrees) {
        return boost::math::quantile(boost::math::students_t{degrees}, 0.975);
    };
    const double a = 0.01;
    CHECK(half({a, -a, -a, a}) == doctest::Approx(t(3) / std::sqrt(3.0)));
    CHECK(half({-3 * a, -a, a, 3 * a}) == doctest::Approx(t(1) * std::sqrt(20.0 / 3 / 2)));
    // In pairs: neighbours correlate by 1/12, which is 7/36 once its bias is taken off.
    const double worth = 12 * (1 - 7.0 / 36) / (1 + 7.0 / 36);
    CHECK(half({a, a, -a, -a, a, a, -a, -a, a, a, -a, -a}) ==
          doctest::Approx(t(worth - 1) * std::sqrt(12.0 / 11 / worth)));
    CHECK_FALSE(rate_interval(rounds_at({0, a})));
    CHECK_FALSE(rate_interval({}));
    CHECK(half({a, a, a}) == doctest::Approx(0));
}

TEST_CASE("with so many nodes, or rounds of one node, it would be decided, and with one less not") {
    for (const bool of_nodes : {true, false}) {
        for (const double ratio : {1.08, 1.04, 0.96, 0.9, 1.0, 1.01, 0.99}) {
            CAPTURE(of_nodes);
            CAPTURE(ratio);
            const auto costs = [&](int count) {
                const auto values = spread(count, of_nodes ? 4e-4 : 9e-4);
                const auto pool = of_nodes ? nodes_at(values) : rounds_at(values);
                return *compare_costs(pool, ratio * 0.5, pool, 0.5);
            };
            const auto seen = costs(3);
            CHECK(seen.ratio == doctest::Approx(ratio));
            REQUIRE(seen.verdict == cost_verdict::not_decided);
            const auto& needed = of_nodes ? seen.nodes_to_decide : seen.rounds_to_decide;
            CHECK_FALSE((of_nodes ? seen.rounds_to_decide : seen.nodes_to_decide));
            REQUIRE(needed);
            const auto verdict = ratio > 1.03   ? cost_verdict::dearer
                                 : ratio < 0.97 ? cost_verdict::cheaper
                                                : cost_verdict::tie;
            CHECK(costs(*needed).verdict == verdict);
            CHECK_FALSE(costs(*needed).nodes_to_decide);
            CHECK(costs(*needed - 1).verdict == cost_verdict::not_decided);
        }
    }
    CHECK(cost_of(7200, 3, 2) == 3);
}
