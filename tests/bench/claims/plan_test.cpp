// Plans: counts and dollars by hand, then a simulation of the service that a plan is for.
#include "bench/claims/claims_plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <filesystem>

#include "bench/claims/claims_spot.hpp"
#include "bench/documents/document.hpp"
#include "bench/figures/statistics.hpp"
#include "example_documents.hpp"

using namespace lanewise::bench;
namespace json = boost::json;

namespace {

/// A node that was loaded: its rates by round, and how busy its CPUs were at shares of its rate.
struct loaded_node {
    std::string instance, node;
    std::vector<double> rates;
    double target_ms = 5;
    double busy = 0.8;  ///< at the rate that held; 0: not asked for
    double p99_ms = 3;
    std::string path = "/x";
    bool emulated = false;
};

json::object step_of(double rate, double busy, double p99_ms) {
    json::object step{{"rate", rate},     {"achieved", rate}, {"seconds", 2}, {"requests", 100},
                      {"errors", 0},      {"late", 0},        {"mean_ms", 1}, {"p50_ms", 1},
                      {"p90_ms", 2},      {"p99_ms", p99_ms}, {"p999_ms", 9}, {"max_ms", 9},
                      {"verdict", "held"}};
    if (busy > 0) {
        step["cpu_utilisation"] = busy;
        step["cpu_ms_per_request"] = 8000 * busy / rate;
    }
    return step;
}

document document_of(const loaded_node& from) {
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "http", from.node});
    json::array rounds;
    for (std::size_t i = 0; i < from.rates.size(); ++i) {
        const double rate = from.rates[i];
        rounds.push_back({{"round", i + 1},
                          {"rate_at_target", rate},
                          {"bound_by_generator", false},
                          {"confirmed", step_of(rate, from.busy, from.p99_ms)},
                          {"steps", json::array{}}});
    }
    const double rate = from.rates.empty() ? 1 : from.rates.front();
    const bool arm = from.instance.find('g') != std::string::npos;
    json::object entry{
        {"url", "http://node" + from.path},
        {"closed_loop", false},
        {"target_p99_ms", from.target_ms},
        {"server",
         {{"architecture", arm ? "arm64" : "amd64"},
          {"node", from.node},
          {"instance", from.instance},
          {"emulated", from.emulated},
          {"cpu", {{"model", "a CPU"}, {"cores", 8}, {"threads", 8}, {"threads_per_core", 1}}}}},
        {"generator",
         {{"connections", 64},
          {"cpus", json::array{}},
          {"local", false},
          {"shared", false},
          {"pinning", "on another machine"}}},
        {"rounds", rounds},
        {"curve", json::array{step_of(rate / 2, from.busy / 2, 1)}}};
    if (from.busy > 0) entry["cpu"] = {{"source", "test"}, {"cpus", 8}, {"unknown", nullptr}};
    content["http"] = json::array{entry};
    auto parsed = parse_document(from.node + ".json", document_text(content));
    if (auto* bad = std::get_if<std::vector<bad_document>>(&parsed)) FAIL(bad->front().sentence());
    return std::get<document>(parsed);
}

/// Two pools that differ by a fifth in their price, of three even nodes each.
std::vector<document> two_pools() {
    return {document_of({"m7i.2xlarge", "x1", {1000, 1000, 1000}}),
            document_of({"m7i.2xlarge", "x2", {1001, 1001, 1001}}),
            document_of({"m7i.2xlarge", "x3", {999, 999, 999}}),
            document_of({"m7g.2xlarge", "g1", {1000, 1000, 1000}}),
            document_of({"m7g.2xlarge", "g2", {1001, 1001, 1001}}),
            document_of({"m7g.2xlarge", "g3", {999, 999, 999}})};
}

plan made(const std::vector<document>& documents, const plan_request& asked) {
    auto found = plan_for(documents, price_table::built_in(), asked);
    if (!found.made) FAIL(found.reason);
    return *found.made;
}

std::string refused(const std::vector<document>& documents, const plan_request& asked) {
    const auto found = plan_for(documents, price_table::built_in(), asked);
    CHECK_FALSE(found.made);
    return found.reason;
}

plan_request at(double peak) {
    plan_request asked;
    asked.peak = peak;
    return asked;
}

}  // namespace

TEST_CASE("the fewest nodes of which those that are left hold the rate") {
    CHECK(nodes_for(3700, 1000, loss::none, 3) == 4);
    CHECK(nodes_for(3700, 1000, loss::node, 3) == 5);
    CHECK(nodes_for(3700, 1000, loss::zone, 3) == 6);  // zones of 2, 2, 2: 4 are left; of 5, 3 are
    CHECK(nodes_for(3700, 1000, loss::zone, 2) == 8);
    CHECK(nodes_for(3000, 1000, loss::none, 3) == 3);  // exactly at the load that held
    CHECK(nodes_for(3000.001, 1000, loss::none, 3) == 4);
    CHECK(nodes_for(0.1 * 3, 0.1, loss::none, 3) == 3);  // 0.30000000000000004 ÷ 0.1
    CHECK(nodes_for(1, 1000, loss::none, 3) == 1);
    CHECK(nodes_for(1, 1000, loss::node, 3) == 2);
    CHECK(nodes_for(1, 1000, loss::zone, 3) == 2);
    for (int zones = 2; zones <= 7; ++zones) {
        for (int needed = 1; needed <= 200; ++needed) {
            int nodes = needed;
            while (nodes - (nodes + zones - 1) / zones < needed) ++nodes;
            CHECK(nodes_for(needed * 10.0, 10, loss::zone, zones) == nodes);
        }
    }
}

TEST_CASE("nodes, dollars and their interval by hand") {
    // 3,700 requests a second; a node holds 1,000, and by the 95 % interval of three nodes that
    // differ by 0.1 % (t = 4.30, widened by 1.8) 995.5 at least: 3.72 nodes, so 4, and 6 in zones.
    const auto found = made(two_pools(), at(3700));
    REQUIRE(found.pools.size() == 2);
    const auto& arm = found.pools[0];
    CHECK(arm.pool == "m7g.2xlarge");
    CHECK(arm.node_rate == doctest::Approx(1000));
    CHECK(arm.planned_node_rate == doctest::Approx(995.5).epsilon(0.0005));
    CHECK(arm.needed == 4);
    CHECK(arm.nodes == 6);
    CHECK(arm.nodes_at_best == 6);
    CHECK(arm.after_loss == 4);
    CHECK(arm.load_after_loss() == 925);
    CHECK(*arm.usd_month == doctest::Approx(6 * 0.3264 * 730));
    CHECK(*found.pools[1].usd_month == doctest::Approx(6 * 0.4032 * 730));
    CHECK(arm.driver ==
          "With 5 nodes instead of 6, each of the 3 left when a zone is lost would have to hold "
          "1.23 k requests/s; a node held p99 within the target up to 996 requests/s.");
    CHECK(found.cost_decided);
    CHECK(found.verdict.starts_with(
        "For GET /x with p99 within 5.0 ms at 3.70 k requests/s with a zone of 3 lost: 6 nodes of "
        "m7g.2xlarge ($1430 a month), 19.0 % less than 6 nodes of m7i.2xlarge ($1770 a month)"));
}

TEST_CASE("the example documents, by hand") {
    // 600,000 requests a second. m7g: 159,000 a node at the lower end, 3.77 nodes, so 4 and, with
    // one zone of three to lose, 6 (2 + 2 + 2). m7i: 157,000, 3.81, 4 and 6. At $0.3264 and $0.4032
    // an hour, 730 hours: $1,429.63 and $1,766.02 a month.
    auto asked = at(600'000);
    asked.p99_ms = 5;
    const auto found = made(example_documents(), asked);
    REQUIRE(found.pools.size() == 2);
    const auto& arm = found.pools[0];
    const auto& x86 = found.pools[1];
    CHECK(arm.pool == "m7g.2xlarge");
    CHECK(arm.planned_node_rate == doctest::Approx(159'000).epsilon(0.005));
    CHECK(arm.exact == doctest::Approx(3.77).epsilon(0.002));
    CHECK(arm.nodes == 6);
    CHECK(arm.after_loss == 4);
    CHECK(*arm.usd_month == doctest::Approx(1429.63).epsilon(0.00001));
    CHECK(x86.planned_node_rate == doctest::Approx(157'000).epsilon(0.005));
    CHECK(x86.nodes == 6);
    CHECK(*x86.usd_month == doctest::Approx(1766.02).epsilon(0.00001));
    CHECK(found.cost_decided);
    // Whole cores are busier at the same share of what they hold than cores of two threads.
    CHECK(arm.scaling.utilisation_percent == 45);
    CHECK(x86.scaling.utilisation_percent == 40);
}

TEST_CASE("growth, bursts and pods a node") {
    auto asked = at(1000);
    asked.growth = 0.5, asked.burst = 2, asked.survived = loss::none, asked.pods_per_node = 3;
    const auto found = made(two_pools(), asked);
    CHECK(found.pools[0].rate == 3000);  // 1,000 · 1.5 · 2
    CHECK(found.pools[0].nodes == 4);    // 3,000 ÷ 995.5 is 3.01
    CHECK(found.pools[0].nodes_at_rate == 3);
    CHECK(found.pools[0].replicas == 12);
    CHECK(found.pools[0].usd_months->low == doctest::Approx(3 * 0.3264 * 730));
    CHECK(found.pools[0].usd_months->high == doctest::Approx(4 * 0.3264 * 730));
    // 4 nodes at $0.3264 are dearer than 3 at $0.4032: the intervals overlap.
    CHECK_FALSE(found.cost_decided);
    CHECK(found.verdict.find("Not decided: their intervals overlap") != std::string::npos);
}

TEST_CASE("a mix shares the peak, and each pool survives the loss by itself") {
    auto asked = at(5000);
    asked.mix = 0.6;
    const auto found = made(two_pools(), asked);
    REQUIRE(found.mix.size() == 2);
    CHECK(found.mix[0].pool == "m7g.2xlarge");
    CHECK(found.mix[0].rate == 3000);
    CHECK(found.mix[0].nodes == 6);  // 3,000 ÷ 995.5 takes 4; 6 − 2
    CHECK(found.mix[1].rate == 2000);
    CHECK(found.mix[1].nodes == 5);  // takes 3; 5 − 2
}

TEST_CASE(
    "at a small size rounding to whole nodes decides more than the rate, and the plan says so") {
    std::vector<document> documents;
    for (const auto* node : {"1", "2", "3"}) {
        documents.push_back(
            document_of({"m7i.2xlarge", std::string{"x"} + node, {1300, 1300, 1300}}));
        documents.push_back(
            document_of({"m7g.2xlarge", std::string{"g"} + node, {1000, 1000, 1000}}));
    }
    // By the rate: 0.3264 ÷ 1000 against 0.4032 ÷ 1300, 5 % more; in nodes 2 against 1 without
    // loss.
    auto asked = at(1200);
    asked.survived = loss::none;
    const auto found = made(documents, asked);
    CHECK(found.pools[0].pool == "m7i.2xlarge");
    CHECK(found.pools[0].nodes == 1);
    CHECK(found.pools[1].nodes == 2);
    REQUIRE(found.to_know.size() == 1);
    CHECK(found.to_know[0].starts_with("At this size, rounding to whole nodes decides more than"));
    CHECK(made(documents, at(1'200'000)).to_know.empty());
}

TEST_CASE("one node a pool is marked, and decides nothing") {
    const std::vector documents{document_of({"m7i.2xlarge", "x1", {1000, 1001, 999, 1000}}),
                                document_of({"m7g.2xlarge", "g1", {1000, 1001, 999, 1000}})};
    const auto found = made(documents, at(3700));
    CHECK(found.pools[0].one_node);
    CHECK_FALSE(found.cost_decided);
    CHECK(found.verdict.find("one node a pool, so this covers those nodes only") !=
          std::string::npos);
    CHECK(found.to_know.size() == 2);
    CHECK(found.pools[0].scaling.undecided == "it rests on one node");
    const auto short_run = made({document_of({"m7i.2xlarge", "x1", {1000}})}, at(3700));
    CHECK_FALSE(short_run.pools[0].node_rates);
    CHECK(short_run.pools[0].nodes == 6);
    CHECK(short_run.to_know[1].find("too few rounds for an interval") != std::string::npos);
}

TEST_CASE(
    "the use of CPUs at which to add pods leaves room for the loss and for the start of a pod") {
    auto asked = at(3700);
    asked.survived = loss::none, asked.ramp = 0, asked.pods_per_node = 2;
    // At the rate that held 80 % of 8 CPUs, 6.4: 3,200 m a pod. Pods may ask for
    // 8,000 − 60 − 10 − 10 − 10 − 150 = 7,760 m, 3,880 each: 82.4 %, less a tenth: 74 %.
    auto scaling = made(two_pools(), asked).pools[0].scaling;
    CHECK(millicores_for_pods(8) == 7760);
    CHECK(scaling.load_share == 1);
    CHECK(*scaling.busy == doctest::Approx(0.8));
    CHECK(scaling.cpu_millicores == 3880);
    CHECK(scaling.utilisation_percent == 74);
    CHECK(scaling.undecided.empty());
    // A fifth more a minute, and a minute to start: 1 ÷ 1.2; a zone of three: · 2 ÷ 3.
    asked.survived = loss::zone, asked.ramp = 0.2;
    scaling = made(two_pools(), asked).pools[0].scaling;
    CHECK(scaling.load_share == doctest::Approx(2.0 / 3 / 1.2));
    CHECK(*scaling.busy == doctest::Approx(0.8 * 2 / 3 / 1.2));  // the curve is a straight line
    const auto blind = made({document_of({"m7g.2xlarge", "g1", {1000, 1000, 1000}, 5, 0}),
                             document_of({"m7g.2xlarge", "g2", {1000, 1000, 1000}, 5, 0})},
                            asked);
    CHECK(blind.pools[0].scaling.undecided == "no document says how busy its CPUs were");
}

TEST_CASE("what is wrong with the question is said by flag") {
    const auto said = [](auto change) {
        auto asked = at(1000);
        change(asked);
        return problem_of(asked);
    };
    using r = plan_request;
    CHECK(said([](r&) {}).empty());
    CHECK(said([](r& a) { a.peak = 0; }).starts_with("--peak must be"));
    CHECK(said([](r& a) { a.peak = -1; }).starts_with("--peak must be"));
    CHECK(said([](r& a) { a.peak = std::nan(""); }).starts_with("--peak must be"));
    CHECK(said([](r& a) { a.peak = 1e300; }).starts_with("--peak must be"));
    CHECK(said([](r& a) { a.zones = 1; }).starts_with("--zones 1 with --survive zone"));
    CHECK(said([](r& a) { a.zones = 1, a.survived = loss::node; }).empty());
    CHECK(said([](r& a) { a.zones = 0; }).starts_with("--zones must be"));
    CHECK(said([](r& a) { a.growth = -0.1; }).starts_with("--growth must be"));
    CHECK(said([](r& a) { a.burst = 0.5; }).starts_with("--burst must be"));
    CHECK(said([](r& a) { a.mix = 1; }).starts_with("--mix must be"));
    CHECK(said([](r& a) { a.mix = 0; }).starts_with("--mix must be"));
    CHECK(said([](r& a) { a.pods_per_node = 0; }).starts_with("--pods-per-node must be"));
    CHECK(said([](r& a) { a.p99_ms = 0; }).starts_with("--p99-ms must be"));
    CHECK(said([](r& a) { a.ramp = -1; }).starts_with("--ramp must be"));
    CHECK(said([](r& a) { a.pod_start_seconds = 1e9; }).starts_with("--pod-start-seconds must"));
}

TEST_CASE("documents that allow no plan: the reason is said") {
    const auto fast = document_of({"m7i.2xlarge", "x1", {1000, 1000, 1000}});
    CHECK(refused({}, at(1000)).starts_with("no document holds load of a server"));
    const auto other_target = document_of({"m7g.2xlarge", "g1", {1000, 1000, 1000}, 10});
    const auto two_targets = refused({fast, other_target}, at(1000));
    CHECK(two_targets.starts_with("the documents are of different requests or p99 targets"));
    CHECK(two_targets.find("p99 within 10 ms (m7g.2xlarge)") != std::string::npos);
    auto asked = at(1000);
    asked.p99_ms = 8;
    CHECK(refused({fast}, asked).find("not within 8.00 ms") != std::string::npos);
    asked.p99_ms = 5;
    CHECK(made({fast}, asked).pools.size() == 1);
    loaded_node emulated{"m7g.2xlarge", "g1", {1000, 1000, 1000}};
    emulated.emulated = true;
    CHECK(refused({document_of(emulated)}, at(1000)).find("emulation") != std::string::npos);
    CHECK(made({fast, document_of(emulated)}, at(1000)).left_out.size() == 1);
    asked = at(1000);
    asked.mix = 0.5;
    CHECK(refused({fast}, asked).starts_with("--mix needs two pools"));
    CHECK(refused({fast}, at(1e12)).find("more than 100,000 nodes") != std::string::npos);
    const std::vector unlike{document_of({"m7g.2xlarge", "g1", {100, 100, 100}}),
                             document_of({"m7g.2xlarge", "g2", {1000, 1000, 1000}})};
    CHECK(refused(unlike, at(1000)).find("differ so much") != std::string::npos);
}

namespace {

// The service that is planned for. Four threads on two cores: with more than two of them busy each
// is slower by a quarter. A request takes 1 ms and an exponential time of 1 ms on average.
constexpr double target_ms = 10;

struct simulated_node {
    std::array<double, 4> free_at{};

    /// Milliseconds from the arrival to the reply; first come, first served.
    double serve(double now, random_source& random) {
        const auto busy = std::ranges::count_if(free_at, [&](double one) { return one > now; });
        const auto next = std::ranges::min_element(free_at);
        const double work = 0.001 * (1 + random.exponential()) * (busy >= 2 ? 1.25 : 1);
        *next = std::max(now, *next) + work;
        return 1000 * (*next - now);
    }
};

struct arrivals {
    double rate;
    double burst = 1;  ///< above 1: half of the time at so many times the rate, else at the rest
};

/// p99 of so many nodes behind a balancer that draws one at random.
double p99_of(const arrivals& load, int nodes, double seconds, std::uint64_t seed) {
    random_source random{seed};
    std::vector<simulated_node> pool(static_cast<std::size_t>(nodes));
    std::vector<double> latencies;
    double now = 0, phase_end = 0;
    bool high = false;
    while (now < seconds) {
        if (load.burst > 1 && now >= phase_end) {
            high = !high;
            phase_end = now + random.exponential();
        }
        const double rate =
            load.burst > 1 ? load.rate * (high ? load.burst : 2 - load.burst) : load.rate;
        now += random.exponential() / rate;
        latencies.push_back(pool[random.below(pool.size())].serve(now, random));
    }
    const auto place = latencies.begin() + static_cast<std::ptrdiff_t>(latencies.size() * 99 / 100);
    std::ranges::nth_element(latencies, place);
    return *place;
}

/// What the http command finds: the highest rate whose p99 is within the target, confirmed.
double rate_at_target(std::uint64_t seed) {
    double low = 200, high = 4000;
    for (std::uint64_t i = 0; i < 9; ++i) {
        const double middle = (low + high) / 2;
        (p99_of({middle}, 1, 30, seed * 100 + i) <= target_ms ? low : high) = middle;
    }
    while (p99_of({low}, 1, 30, seed * 100 + 50) > target_ms) low *= 0.98;
    return low;
}

int runs_that_hold(const arrivals& load, int nodes) {
    int held = 0;
    for (std::uint64_t run = 0; run < 100; ++run)
        held += nodes > 0 && p99_of(load, nodes, 8, 1000 + run) <= target_ms ? 1 : 0;
    return held;
}

}  // namespace

TEST_CASE(
    "simulated: at the plan's count p99 holds in 95 of 100 runs, with one node less it does not") {
    std::vector<document> documents;
    for (std::uint64_t node = 1; node <= 3; ++node) {
        loaded_node measured{"m7g.2xlarge", "g" + std::to_string(node), {}};
        measured.target_ms = target_ms;
        for (std::uint64_t round = 1; round <= 3; ++round)
            measured.rates.push_back(rate_at_target(10 * node + round));
        documents.push_back(document_of(measured));
    }
    const double node_rate = made(documents, at(1000)).pools[0].planned_node_rate;
    for (const double burst : {1.0, 1.5}) {
        for (const int needed : {2, 4}) {
            for (const auto lost : {loss::node, loss::zone}) {
                // In the middle of a step, so that neither count is at its edge.
                auto asked = at((needed - 0.4) * node_rate / burst);
                asked.burst = burst, asked.survived = lost;
                const auto pool = made(documents, asked).pools[0];
                REQUIRE(pool.needed == needed);
                const arrivals load{asked.peak, burst};
                const int held = runs_that_hold(load, nodes_after(pool.nodes, lost, 3));
                const int fewer = runs_that_hold(load, nodes_after(pool.nodes - 1, lost, 3));
                MESSAGE(std::string{burst > 1 ? "bursty" : "Poisson"}
                        << ", " << asked.peak << " requests/s, a "
                        << std::string{lost == loss::zone ? "zone" : "node"}
                        << " lost: " << pool.nodes << " nodes hold in " << held << " of 100 runs, "
                        << pool.nodes - 1 << " in " << fewer);
                CHECK(held >= 95);
                CHECK(fewer <= 5);
            }
        }
        // Right before the next step, where the nodes have nothing to spare.
        auto asked = at(3.97 * node_rate / burst);
        asked.burst = burst, asked.survived = loss::zone;
        const auto pool = made(documents, asked).pools[0];
        REQUIRE(pool.nodes == 6);
        const int held = runs_that_hold({asked.peak, burst}, pool.after_loss);
        MESSAGE(std::string{burst > 1 ? "bursty" : "Poisson"}
                << ", at the end of a step: 6 nodes hold in " << held << " of 100 runs");
        CHECK(held >= 95);
    }
}

TEST_CASE("every number of the question may be as small and as large as is said") {
    const auto fits = [](auto change) {
        auto asked = at(1000);
        asked.survived = loss::none;
        change(asked);
        return problem_of(asked).empty();
    };
    using r = plan_request;
    CHECK(fits([](r& a) { a.peak = 1e-3; }));
    CHECK(!fits([](r& a) { a.peak = 0.9e-3; }));
    CHECK(fits([](r& a) { a.peak = 1e12; }));
    CHECK(!fits([](r& a) { a.peak = 1.1e12; }));
    CHECK(fits([](r& a) { a.p99_ms = 1e-3; }));
    CHECK(fits([](r& a) { a.p99_ms = 1e7; }));
    CHECK(!fits([](r& a) { a.p99_ms = 1.1e7; }));
    CHECK(fits([](r& a) { a.zones = 1; }));
    CHECK(fits([](r& a) { a.zones = 100; }));
    CHECK(!fits([](r& a) { a.zones = 101; }));
    CHECK(fits([](r& a) { a.zones = 2, a.survived = loss::zone; }));
    CHECK(fits([](r& a) { a.pods_per_node = 1000; }));
    CHECK(!fits([](r& a) { a.pods_per_node = 1001; }));
    CHECK(fits([](r& a) { a.growth = 1000; }));
    CHECK(!fits([](r& a) { a.growth = 1001; }));
    CHECK(fits([](r& a) { a.burst = 1000; }));
    CHECK(!fits([](r& a) { a.burst = 1001; }));
    CHECK(fits([](r& a) { a.mix = 0.5; }));
    CHECK(!fits([](r& a) { a.mix = std::nan(""); }));
    CHECK(fits([](r& a) { a.ramp = 0; }));
    CHECK(fits([](r& a) { a.ramp = 1000; }));
    CHECK(!fits([](r& a) { a.ramp = 1001; }));
    CHECK(fits([](r& a) { a.pod_start_seconds = 0; }));
    CHECK(fits([](r& a) { a.pod_start_seconds = 86'400; }));
    CHECK(!fits([](r& a) { a.pod_start_seconds = 86'401; }));
}

TEST_CASE("what drives a count is said for every loss, and what one node less would miss") {
    auto asked = at(3700);
    const auto driver = [&](loss survived, double peak) {
        asked.survived = survived, asked.peak = peak;
        CHECK(in_words(asked) == (survived == loss::none   ? "nothing"
                                  : survived == loss::node ? "a node"
                                                           : "a zone of 3"));
        return made(two_pools(), asked).pools[0].driver;
    };
    const std::string held = "; a node held p99 within the target up to 996 requests/s.";
    CHECK(driver(loss::none, 3700) ==
          "With 3 nodes instead of 4, each of the 3 left with nothing lost would have to hold "
          "1.23 k requests/s" +
              held);
    CHECK(driver(loss::node, 3700) ==
          "With 4 nodes instead of 5, each of the 3 left when a node is lost would have to hold "
          "1.23 k requests/s" +
              held);
    CHECK(driver(loss::none, 10) == "A pool has one node at least.");
    CHECK(driver(loss::node, 10) ==
          "With 1 node instead of 2, none would be left when a node is lost.");
    CHECK(driver(loss::zone, 10) ==
          "With 1 node instead of 2, none would be left when a zone is lost.");
    CHECK(driver(loss::node, 1500).starts_with("With 2 nodes instead of 3, each of the 1 left"));
}

TEST_CASE("room is left for a lost node, and for as long as a pod takes to start") {
    auto asked = at(3700);
    asked.survived = loss::node, asked.pod_start_seconds = 120, asked.ramp = 0.2;
    CHECK(made(two_pools(), asked).pools[0].scaling.load_share ==
          doctest::Approx(4.0 / 5 / 1.4));  // of five nodes four are left
    asked.ramp = 0, asked.peak = 10;
    CHECK(made(two_pools(), asked).pools[0].scaling.load_share == doctest::Approx(0.5));
}

TEST_CASE("a verdict on pools of which not all have a price names no cheaper one") {
    auto asked = at(3700);
    asked.survived = loss::none;
    const auto one = made({document_of({"m7g.2xlarge", "g1", {1000, 1000, 1000}})}, asked);
    CHECK(one.verdict ==
          "For GET /x with p99 within 5.0 ms at 3.70 k requests/s with nothing lost: 4 nodes of "
          "m7g.2xlarge ($953 a month).");
    std::vector<document> documents;
    for (const std::string node : {"1", "2", "3"}) {
        documents.push_back(document_of({"z9.huge", "z" + node, {1000, 1001, 999}}));
        documents.push_back(document_of({"m7g.2xlarge", "g" + node, {1000, 1001, 999}}));
    }
    const auto both = made(documents, asked);
    CHECK(both.pools[0].pool == "m7g.2xlarge");
    CHECK_FALSE(both.cost_decided);
    CHECK(
        both.verdict.ends_with("4 nodes of m7g.2xlarge ($953 a month) or 4 nodes of z9.huge; "
                               "without a price of both, no pool is cheaper."));
    CHECK(both.to_know.empty());
    for (auto& from : documents) {
        if (from.file.starts_with("g"))
            from = document_of({"a9.huge", from.file.substr(0, 2), {1000, 1001, 999}});
    }
    const auto neither = made(documents, asked);
    CHECK(neither.pools[0].pool == "z9.huge");  // in the order of the documents
    const auto few = made(
        {document_of({"m7i.2xlarge", "x1", {1000}}), document_of({"m7g.2xlarge", "g1", {1000}})},
        asked);
    CHECK(few.verdict.ends_with("Not decided: a pool has too few rounds for an interval."));
    CHECK_FALSE(few.cost_decided);
    CHECK(few.to_know.size() == 4);
}

TEST_CASE("of as many dollars in whole nodes, what costs less by its rate comes first") {
    auto prices = price_table::built_in();
    prices.set("m7i.2xlarge=0.4");
    prices.set("m7g.2xlarge=0.4");
    auto asked = at(3500);
    asked.survived = loss::none;
    for (const double speed : {1.05, 0.95}) {
        const std::vector documents{
            document_of({"m7i.2xlarge", "x1", {1000, 1000, 1000}}),
            document_of({"m7g.2xlarge", "g1", {1000 * speed, 1000 * speed, 1000 * speed}})};
        const auto found = plan_for(documents, prices, asked);
        REQUIRE(found.made);
        CHECK(found.made->pools[0].pool == (speed > 1 ? "m7g.2xlarge" : "m7i.2xlarge"));
        CHECK(found.made->capacity->value == doctest::Approx(speed > 1 ? 1.05 : 1 / 0.95));
        CHECK(found.made->verdict.find("Not decided: their intervals overlap") !=
              std::string::npos);
        REQUIRE(found.made->pair);
        CHECK(found.made->pair->cost->ratio < 1);
    }
}

TEST_CASE("what rounding decides is said in dollars, by the rate and in whole nodes") {
    const auto said = [](double fast) {
        std::vector<document> documents;
        for (const std::string node : {"1", "2", "3"}) {
            documents.push_back(document_of({"m7i.2xlarge", "x" + node, {fast, fast, fast}}));
            documents.push_back(document_of({"m7g.2xlarge", "g" + node, {1000, 1000, 1000}}));
        }
        auto asked = at(1100);
        asked.survived = loss::none;
        const auto found = made(documents, asked);
        REQUIRE(found.to_know.size() == 1);
        return found.to_know[0];
    };
    // $0.4032 ÷ 1,300 against $0.3264 ÷ 1,000, then against ÷ 1,150; one node against two.
    CHECK(said(1300) ==
          "At this size, rounding to whole nodes decides more than the rate: by the rate alone "
          "m7i.2xlarge would cost 5.0 % less than m7g.2xlarge, in whole nodes 38.2 % less.");
    CHECK(said(1150) ==
          "At this size, rounding to whole nodes decides more than the rate: by the rate alone "
          "m7i.2xlarge would cost 7.4 % more than m7g.2xlarge, in whole nodes 38.2 % less.");
}

TEST_CASE("documents of two requests are named with their pools, and a target that none has") {
    loaded_node other{"m7g.2xlarge", "g1", {1000, 1000, 1000}};
    other.path = "/y";
    CHECK(refused({document_of({"m7i.2xlarge", "x1", {1000, 1000, 1000}}), document_of(other),
                   document_of({"m7a.2xlarge", "y1", {1000, 1000, 1000}})},
                  at(1000)) ==
          "the documents are of different requests or p99 targets, and a plan needs one: GET /x "
          "with p99 within 5.0 ms (m7i.2xlarge, m7a.2xlarge); GET /y with p99 within 5.0 ms "
          "(m7g.2xlarge)");
    auto asked = at(1000);
    asked.p99_ms = 8;
    CHECK(refused({document_of({"m7i.2xlarge", "x1", {1000, 1000, 1000}})}, asked) ==
          "the documents say what holds with p99 within 5.00 ms, not within 8.00 ms: measure with "
          "--p99-ms 8.00");
    const auto silent = document_of({"m7g.2xlarge", "g1", {}});
    CHECK(
        refused({silent}, at(1000))
            .starts_with(
                "no pool may be ranked, so there is no plan: m7g.2xlarge: no round gave a figure"));
    CHECK(made({document_of({"m7g.2xlarge", "g1", {1000, 1000, 1000}})}, at(1e8)).pools.size() ==
          1);  // a hundred thousand nodes, before any is lost
}

namespace {

load_claims busy_load(const std::vector<std::pair<double, double>>& points) {
    load_claims load{};
    load.rounds.push_back({200.0, false, std::nullopt, {}});
    for (const auto& [rate, busy] : points) {
        load_step step{};
        step.achieved = rate, step.cpu_utilisation = busy, step.verdict = "held";
        load.measured.push_back(step);
    }
    load.cpus = 8;
    return load;
}

}  // namespace

TEST_CASE("how busy CPUs are at a share of the rate lies on the line between the steps around it") {
    auto load = busy_load({{200, 0.6}, {100, 0.2}});
    CHECK(busy_at(load, 0.5) == doctest::Approx(0.2));
    CHECK(busy_at(load, 0.75) == doctest::Approx(0.4));
    CHECK(busy_at(load, 0.25) == doctest::Approx(0.1));
    CHECK(busy_at(load, 0) == doctest::Approx(0));
    CHECK(busy_at(load, 1) == doctest::Approx(0.6));
    CHECK(busy_at(load, 1.5) == doctest::Approx(0.6));
    auto idle = load;
    idle.measured[0].achieved = 0;
    CHECK(busy_at(idle, 1) == doctest::Approx(0.2));
    idle.measured[1].cpu_utilisation.reset();
    CHECK(!busy_at(idle, 1));
    auto spoilt = load;
    spoilt.measured[0].verdict = "generator";
    CHECK(busy_at(spoilt, 1) == doctest::Approx(0.2));
    load.rounds.clear();
    CHECK(!busy_at(load, 1));
}

TEST_CASE("the kubelet keeps 6 % of the first core, 1 % of the second, and less of more") {
    CHECK(millicores_for_pods(1) == 1000 - 60 - 150);
    CHECK(millicores_for_pods(2) == 2000 - 70 - 150);
    CHECK(millicores_for_pods(4) == 4000 - 80 - 150);
    CHECK(millicores_for_pods(0.5) == 500 - 30 - 150);
    CHECK(millicores_for_pods(64) == 64'000 - 80 - 150 - 150);
    CHECK(millicores_for_pods(0.1) == 10);
}

TEST_CASE("a target of the autoscaler needs two nodes that are alike, and CPUs that are used") {
    const auto of = [](const std::vector<double>& busy, int pods = 1) {
        std::vector<load_claims> nodes;
        for (const double each : busy) nodes.push_back(busy_load({{200, each}}));
        return scaling_of(nodes, 1, pods);
    };
    CHECK(of({0.5}).undecided == "it rests on one node");
    CHECK(of({0.5, 0.55}).undecided.empty());
    CHECK(of({0.5, 0.61}).undecided.find("differ by more than 10 %") != std::string::npos);
    CHECK(of({0.001, 0.001}).undecided == "its CPUs were hardly used");
    CHECK(of({0.011, 0.011}).undecided.empty());
    CHECK(of({}).undecided == "no document says how busy its CPUs were");
    const auto found = of({0.5, 0.52, 0.56}, 4);
    CHECK(*found.busy == doctest::Approx(0.52));
    CHECK(found.busy_range->low == doctest::Approx(0.5));
    CHECK(found.busy_range->high == doctest::Approx(0.56));
    CHECK(*found.busy_at_target == doctest::Approx(0.52));
    CHECK(found.cpus == 8);
    CHECK(found.cpu_millicores == 1940);  // 7,760 ÷ 4
    // 0.52 · 8,000 ÷ 4 = 1,040 of 1,940 m: 53.6 %, less a tenth.
    CHECK(found.utilisation_percent == 48);
    CHECK(of({0.5, 0.5}, 3).cpu_millicores == 2580);  // 2,586, in tens
    CHECK(of({0.5, 0.5}, 1000).cpu_millicores == 10);
    auto unknown = busy_load({{200, 0.5}});
    unknown.cpus.reset();
    CHECK(scaling_of(std::vector{unknown}, 1, 1).undecided.starts_with("no document"));
}

TEST_CASE(
    "a spot price turns a verdict where both cost the same, and beyond doubt 3 % from there") {
    work_claims work{"work", "requests", 1e6, true, {}, {}};
    for (const double rate : {1000.0, 800.0}) {
        pool_figure pool;
        pool.rate = rate;
        pool.rates = {{rate}, {rate}};
        pool.paid = price{};
        pool.paid->usd_per_hour = 0.5;
        work.pools.push_back(pool);
    }
    pool_pair pair{0, 1, {}, {}, {}, {}};
    CHECK(spot_cases(work, pair).empty());
    pair.break_even_price = 0.4;
    auto cases = spot_cases(work, pair);
    REQUIRE(cases.size() == 1);
    CHECK_FALSE(cases[0].both);
    CHECK(*cases[0].turns_at == doctest::Approx(0.4));  // 0.5 · 800 ÷ 1000
    CHECK(*cases[0].first_cheaper_above == doctest::Approx(0.4 / 0.97));
    CHECK(*cases[0].second_cheaper_below == doctest::Approx(0.4 / 1.03));
    CHECK_FALSE(cases[0].at_spot);
    work.pools[1].paid->spot = price::spot_price{0.2, {}, {}, ""};
    cases = spot_cases(work, pair);
    REQUIRE(cases.size() == 1);
    CHECK(cases[0].at_spot->ratio == doctest::Approx(2));
    work.pools[0].paid->spot = price::spot_price{0.1, {}, {}, ""};
    cases = spot_cases(work, pair);
    REQUIRE(cases.size() == 2);
    CHECK(cases[1].both);
    CHECK(*cases[1].turns_at == doctest::Approx(0.08));
    CHECK(cases[1].first_spot->usd_per_hour == 0.1);
    CHECK(cases[1].at_spot->ratio == doctest::Approx(0.4));
    work.pools[1].paid->spot.reset();
    CHECK(spot_cases(work, pair).size() == 1);
    // One round each has no interval, and the rates still say where it turns.
    for (auto& pool : work.pools) pool.rates = {{pool.rate}};
    cases = spot_cases(work, pair);
    CHECK(*cases[0].turns_at == doctest::Approx(0.4));
    CHECK_FALSE(cases[0].first_cheaper_above);
    work.pools[0].paid.reset();
    CHECK(spot_cases(work, pair).empty());
}

TEST_CASE("two nodes are more than one, and the best that they may do needs fewer of them") {
    auto asked = at(1e5);
    asked.survived = loss::none;
    const auto plan = made({document_of({"m7g.2xlarge", "g1", {1000, 1000, 1000}}),
                            document_of({"m7g.2xlarge", "g2", {1010, 1010, 1010}})},
                           asked);
    const auto& pool = plan.pools.at(0);
    CHECK_FALSE(pool.one_node);
    CHECK(pool.nodes_at_best < pool.nodes_at_rate);
    CHECK(pool.nodes_at_rate < pool.nodes);
    CHECK(pool.usd_months->low < *pool.usd_month);
}

TEST_CASE("one pool of one node, or of too few rounds, is enough for nothing to be decided") {
    auto asked = at(3700);
    asked.survived = loss::none;
    auto documents = two_pools();
    documents.resize(4);  // three nodes of m7i, one of m7g
    const auto one_node = made(documents, asked);
    CHECK_FALSE(one_node.cost_decided);
    CHECK(one_node.verdict.find("one node a pool, so this covers those nodes only") !=
          std::string::npos);
    documents.pop_back();
    documents.push_back(document_of({"m7g.2xlarge", "g1", {1000}}));
    CHECK(made(documents, asked)
              .verdict.ends_with("Not decided: a pool has too few rounds for an interval."));
}
