#include "bench/commands/live_prices.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "bench/claims/prices.hpp"

using namespace lanewise::bench;

namespace {

using nodes_by_pool = std::map<std::string, live::pool_nodes>;

live_section two_pools() {
    live_section section;
    section.baseline = "amd64";
    section.candidate = "arm64";
    section.pools.resize(2);
    section.pools[0].name = "amd64";
    section.pools[1].name = "arm64";
    return section;
}

live_pool priced(live_section& section, const live_price_flags& flags,
                 const nodes_by_pool& nodes = {}) {
    set_prices(flags, section, [&] { return nodes; });
    return section.pools[1];
}

price price_of(const std::string& instance) {
    return price_table::built_in().find(instance).value();
}

}  // namespace

TEST_CASE("a price by hand is the pool's, and says nothing of its CPUs") {
    auto section = two_pools();
    const auto arm = priced(section, {{"arm64=0.5", "amd64=2"}, {}, {}});
    CHECK(arm.usd_per_hour == 0.5);
    CHECK(arm.price_source == "--price");
    CHECK_FALSE(arm.cpus);
    CHECK(section.pools[0].usd_per_hour == 2);
}

TEST_CASE("an instance gives price and CPUs, as often as it is there") {
    const auto one = price_of("m7g.2xlarge");
    auto section = two_pools();
    const auto arm = priced(section, {{}, {"arm64=3xm7g.2xlarge", "amd64=m7g.2xlarge"}, {}});
    CHECK(arm.usd_per_hour == 3 * one.usd_per_hour);
    CHECK(arm.cpus == 3 * one.vcpus);
    CHECK(arm.price_source == "--instance 3xm7g.2xlarge");
    CHECK(section.pools[0].usd_per_hour == one.usd_per_hour);
}

TEST_CASE("a price by hand and CPUs by hand count more than the instance") {
    auto section = two_pools();
    const auto arm =
        priced(section, {{"arm64=0.5", "amd64=1"}, {"arm64=m7g.2xlarge"}, {"arm64=6"}});
    CHECK(arm.usd_per_hour == 0.5);
    CHECK(arm.price_source == "--price");
    CHECK(arm.cpus == 6);
}

TEST_CASE("nodes give the price of a pool that no flag has one for") {
    const auto one = price_of("m7g.2xlarge"), other = price_of("m7i.2xlarge");
    const nodes_by_pool nodes{{"arm64", {{{"m7g.2xlarge", 2}, {"m7i.2xlarge", 0.5}}, 0}}};
    auto section = two_pools();
    // Two flags, both of the other pool.
    const auto arm = priced(section, {{"amd64=1"}, {"amd64=m7i.2xlarge"}, {}}, nodes);
    CHECK(arm.usd_per_hour == 2 * one.usd_per_hour + 0.5 * other.usd_per_hour);
    CHECK(arm.cpus == 2 * one.vcpus + 0.5 * other.vcpus);
    CHECK(arm.price_source == "nodes by kube_node_labels, whole nodes");
    CHECK(section.pools[0].price_source == "--price");
}

TEST_CASE("nodes are not asked for where flags have both pools") {
    auto section = two_pools();
    bool asked = false;
    set_prices({{"amd64=1"}, {"arm64=m7g.2xlarge"}, {}}, section, [&] {
        asked = true;
        return nodes_by_pool{};
    });
    CHECK_FALSE(asked);
}

TEST_CASE("what OpenCost says of the nodes counts more than the list's price") {
    auto section = two_pools();
    const auto arm = priced(section, {}, {{"arm64", {{{"m7g.2xlarge", 1}}, 0.2}}});
    CHECK(arm.usd_per_hour == 0.2);
    CHECK(arm.price_source == "node_total_hourly_cost (OpenCost), whole nodes");
    CHECK(arm.cpus == price_of("m7g.2xlarge").vcpus);
    CHECK_FALSE(section.pools[0].usd_per_hour);
}

TEST_CASE("nodes of which one has no known price give the pool none") {
    auto section = two_pools();
    const auto arm = priced(section, {}, {{"arm64", {{{"m7g.2xlarge", 1}, {"m99.huge", 1}}, 0}}});
    CHECK_FALSE(arm.usd_per_hour);
    CHECK_FALSE(arm.cpus);
}

TEST_CASE("a flag that is no pair, of another pool or of an unknown instance is refused") {
    const auto refuses = [](const live_price_flags& flags) {
        auto section = two_pools();
        CHECK_THROWS_AS(priced(section, flags), std::invalid_argument);
    };
    for (const auto* pair : {"arm64", "arm64=", "arm=1", "=1", "arm64=0", "arm64=-1", "arm64=x",
                             "arm64=1x", "arm64=2000000000", "arm64=nan"})
        refuses({{pair}, {}, {}});
    for (const auto* pair : {"arm64=m99.huge", "arm64=0xm7g.2xlarge", "arm64=3x", "arm64=xm7g"})
        refuses({{}, {pair}, {}});
    refuses({{}, {}, {"arm64=0"}});
}

TEST_CASE("the largest price is a thousand million") {
    auto section = two_pools();
    CHECK(priced(section, {{"arm64=1000000000"}, {}, {}}).usd_per_hour == 1e9);
}
