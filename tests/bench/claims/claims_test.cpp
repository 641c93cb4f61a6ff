// Claims about pools, on the checked-in example documents and on documents made here with known
// answers.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <filesystem>

#include "bench/claims/claims_cost.hpp"
#include "bench/claims/claims_load.hpp"
#include "bench/claims/claims_sweeps.hpp"
#include "bench/machine/measured_machine.hpp"
#include "bench/report/report.hpp"
#include "example_documents.hpp"

using namespace lanewise::bench;
namespace json = boost::json;

namespace {

struct node_plan {
    const char* recording;
    const char* program;
    const char* instance;
    const char* node;
    std::vector<double> rates;
};

json::object step(double rate) {
    return {{"rate", rate},     {"achieved", rate}, {"seconds", 2}, {"requests", 100},
            {"errors", 0},      {"late", 0},        {"mean_ms", 1}, {"p50_ms", 1},
            {"p90_ms", 2},      {"p99_ms", 3},      {"p999_ms", 4}, {"max_ms", 5},
            {"verdict", "held"}};
}

/// A document of the http command, about a server that a recording describes.
json::object http_document(const node_plan& plan, const char* name = "") {
    auto content =
        new_document(std::vector<std::string>{"lanewise-bench", "http", name, plan.node});
    const auto facts = lanewise::machine::read(
        std::string{LANEWISE_TEST_DATA "/machines/"} + plan.recording, plan.program);
    json::array rounds;
    for (std::size_t i = 0; i < plan.rates.size(); ++i) {
        rounds.push_back({{"round", i + 1},
                          {"rate_at_target", plan.rates[i]},
                          {"bound_by_generator", false},
                          {"confirmed", step(plan.rates[i])},
                          {"steps", json::array{step(plan.rates[i] / 2)}}});
    }
    const json::object cpu{
        {"model", facts.cpu_model},
        {"cores", facts.cores ? json::value(*facts.cores) : json::value(nullptr)},
        {"threads", facts.threads ? json::value(*facts.threads) : json::value(nullptr)},
        {"threads_per_core",
         facts.threads_per_core ? json::value(*facts.threads_per_core) : json::value(nullptr)}};
    content["http"] = json::array{{{"url", "http://node:8080/x?n=1"},
                                   {"closed_loop", false},
                                   {"target_p99_ms", 5},
                                   {"server",
                                    {{"architecture", facts.architecture},
                                     {"node", plan.node},
                                     {"instance", plan.instance},
                                     {"emulated", facts.emulated.value_or(false)},
                                     {"cpu", cpu}}},
                                   {"generator",
                                    {{"connections", 64},
                                     {"cpus", json::array{}},
                                     {"local", false},
                                     {"shared", false},
                                     {"pinning", "on another machine"}}},
                                   {"rounds", rounds},
                                   {"curve", json::array{step(10), step(100)}}}};
    return content;
}

document loaded(const json::object& content, const char* file = "a.json") {
    auto parsed = parse_document(file, document_text(content));
    if (auto* bad = std::get_if<std::vector<bad_document>>(&parsed)) FAIL(bad->front().sentence());
    return std::get<document>(parsed);
}

const node_plan x86{"m7i-2xlarge-pod", "x86_64", "m7i.2xlarge", "x1", {1000, 1010, 990, 1005}};
const node_plan arm{"m7g-4xlarge", "aarch64", "m7g.4xlarge", "a1", {3000, 3010, 2990, 3005}};

}  // namespace

TEST_CASE("cost, per-core figures, ratio and break-even price have their known answers") {
    const std::vector documents{loaded(http_document(x86)), loaded(http_document(arm), "b.json")};
    const auto works = claims_about_cost(documents, price_table::built_in());
    REQUIRE(works.size() == 1);
    const auto& work = works[0];
    CHECK(work.name == "GET /x?n=1 with p99 within 5.0 ms");
    REQUIRE(work.pools.size() == 2);
    CHECK(work.pools[0].pool == "m7i.2xlarge");
    CHECK(work.pools[0].rate == doctest::Approx(1002.5));
    CHECK(work.pools[0].cores == 4);
    REQUIRE(work.pools[0].cost(1e6));
    CHECK(*work.pools[0].cost(1e6) == doctest::Approx(0.4032 * 1e6 / 3600 / 1002.5));
    CHECK(*work.pools[0].cost(1e6, 0.5) == doctest::Approx(2 * *work.pools[0].cost(1e6)));
    REQUIRE(work.pairs.size() == 1);
    const auto& pair = work.pairs[0];
    CHECK(work.pools[pair.first].pool ==
          "m7g.4xlarge");  // 3 times the rate at 1.62 times the price
    REQUIRE(pair.cost);
    CHECK(pair.cost->ratio == doctest::Approx(0.6528 / 0.4032 / 3).epsilon(0.01));
    CHECK(pair.cost->verdict == cost_verdict::cheaper);
    CHECK(pair.cost->nodes_only);
    REQUIRE(pair.break_even_price);
    CHECK(*pair.break_even_price == doctest::Approx(0.6528 * 1002.5 / 3002.5));
    CHECK_FALSE(pair.break_even_smt_yield);  // what one thread a core does was not measured
    CHECK_FALSE(work.pools[0].joules);       // nor what a request takes
    CHECK(sentence_of(work, pair).find("covers those nodes only") != std::string::npos);
}

TEST_CASE(
    "a pool of which only name and price are known is ranked, and what is unknown has its flag") {
    const auto named = [](const node_plan& plan, const char* pool) {
        auto content = http_document(plan);
        auto& entry = content["http"].at(0).as_object();
        entry["server"] = nullptr;
        entry["pool"] = pool;
        entry["url"] = std::string{"http://"} + pool + "/x?n=1";
        return content;
    };
    auto prices = price_table::built_in();
    prices.set("old rack=0.5");
    prices.set("new=0.4");
    const auto known = loaded(named(x86, "old rack"));
    const auto works =
        claims_about_cost(std::vector{known, loaded(named(arm, "new"), "b.json")}, prices);
    REQUIRE(works.size() == 1);
    REQUIRE(works[0].pairs.size() == 1);
    const auto& best = works[0].pools[works[0].pairs[0].first];
    CHECK(best.pool == "new");
    CHECK(best.ranked());
    CHECK(
        what_is_unknown(best) ==
        "Of new, CPU, cores and threads are unknown: --machine new=FILE tells, where FILE is what "
        "`lanewise-bench machine --json` prints on one of its nodes (flags of `lanewise-bench "
        "http`).");
    const auto made = make_report({{known}, {}});
    CHECK(std::ranges::any_of(made.warnings, [](const std::string& one) {
        return one.find("--machine 'old rack=FILE'") != std::string::npos &&
               one.find("--instance 'old rack=NAME'") != std::string::npos;
    }));
}

TEST_CASE("runs of one URL without a node's name are one node, whatever their files") {
    auto content = http_document(x86);
    content["http"].at(0).as_object()["server"] = nullptr;
    auto again = content;
    again["made"].as_object()["time"] = "2026-01-01T00:00:00Z";
    const auto works = claims_about_cost(std::vector{loaded(content), loaded(again, "b.json")},
                                         price_table::built_in());
    CHECK(works[0].pools[0].rates.size() == 1);
    CHECK(works[0].pools[0].rounds() == 8);
}

TEST_CASE("a machine's description and an instance's name fill what the server leaves open") {
    auto content = http_document(x86);
    auto described = new_document(std::vector<std::string>{"lanewise-bench", "machine"});
    put_machine(described,
                lanewise::machine::read(LANEWISE_TEST_DATA "/machines/m7g-4xlarge", "aarch64"), {});
    auto& entry = content["http"].at(0).as_object();
    entry["machine"] = described["machine"];
    entry["instance"] = "z1.large";
    auto pool = claims_about_load(loaded(content)).at(0).server;
    CHECK(pool.instance == "m7i.2xlarge");  // the server's own word
    CHECK(pool.threads == 8);
    entry["server"] = nullptr;
    pool = claims_about_load(loaded(content)).at(0).server;
    CHECK(pool.instance == "m7g.4xlarge");
    CHECK(pool.cores == 16);
    CHECK(pool.node.empty());  // the description's node need not be the one that answers
    entry["machine"] = nullptr;
    pool = claims_about_load(loaded(content)).at(0).server;
    CHECK(pool.instance == "z1.large");
    CHECK(pool.pool == "z1.large");
    CHECK(!pool.threads);
}

TEST_CASE("what a server does not say of its CPU is not known, and the rest is") {
    auto content = http_document(x86);
    auto& server = content["http"].at(0).at("server").as_object();
    const auto known = [&] { return claims_about_load(loaded(content)).at(0).server; };
    auto& cpu = server["cpu"].as_object();
    cpu.erase("threads");
    cpu["cores"] = nullptr;
    CHECK(!known().threads);
    CHECK(!known().cores);
    CHECK(known().threads_per_core == 2);
    CHECK(!known().cpu_model.empty());
    server.erase("cpu");
    CHECK(known().cpu_model.empty());
    CHECK(known().instance == "m7i.2xlarge");
}

TEST_CASE("a pool is called emulated where the server says so, or its machine's description") {
    auto content = http_document(x86);
    auto described = new_document(std::vector<std::string>{"lanewise-bench", "machine"});
    put_machine(described,
                lanewise::machine::read(LANEWISE_TEST_DATA "/machines/m7i-2xlarge-pod", "x86_64"),
                {});
    auto& entry = content["http"].at(0).as_object();
    entry["machine"] = described["machine"];
    const auto emulated = [&](bool said, bool described_so) {
        entry["server"].as_object()["emulated"] = said;
        entry["machine"].as_object()["emulated"] = described_so;
        const auto server = claims_about_load(loaded(content)).at(0).server;
        CHECK(server.pool.ends_with("(emulated)") == server.emulated);
        return server.emulated;
    };
    CHECK_FALSE(emulated(false, false));
    CHECK(emulated(false, true));
    CHECK(emulated(true, false));
}

TEST_CASE("bytes a second are those of the step over its time") {
    auto content = http_document(x86);
    auto& steps = content["http"].at(0).at("curve").as_array();
    steps[0].as_object()["bytes_sent"] = 500;
    steps[0].as_object()["bytes_received"] = 9000;
    const auto curve = claims_about_load(loaded(content)).at(0).curve;
    CHECK(curve[0].sent_per_second == 250);  // in two seconds
    CHECK(curve[0].received_per_second == 4500);
    CHECK(!curve[1].sent_per_second);
}

TEST_CASE("a warm-up that was not steady is told of, unless its length was given") {
    const auto told = [](bool given, bool steady) {
        auto content = http_document(x86);
        content["http"].at(0).as_object()["warm_up"] = {{"seconds", 5},
                                                        {"given", given},
                                                        {"steady", steady},
                                                        {"achieved", json::array{}},
                                                        {"p99_ms", json::array{}}};
        const auto works = claims_about_cost(std::vector{loaded(content)}, price_table::built_in());
        return !works.at(0).pools.at(0).to_know.empty();
    };
    CHECK(told(false, false));
    CHECK_FALSE(told(true, false));
    CHECK_FALSE(told(false, true));
    const auto none =
        claims_about_cost(std::vector{loaded(http_document(x86))}, price_table::built_in());
    CHECK(none.at(0).pools.at(0).to_know.empty());
}

TEST_CASE("what may not be ranked is not compared, and says why") {
    struct spoiling {
        const char* reason;
        void (*how)(json::object&);
    };
    const std::vector<spoiling> ways{
        {"its server ran under emulation",
         [](json::object& it) { it["server"].as_object()["emulated"] = true; }},
        {"the generator shared cores with the server",
         [](json::object& it) { it["generator"].as_object()["shared"] = true; }},
        {"closed loop", [](json::object& it) { it["closed_loop"] = true; }},
        {"the generator could not load it further",
         [](json::object& it) {
             it["rounds"].as_array()[0].as_object()["bound_by_generator"] = true;
         }},
        {"no round gave a figure", [](json::object& it) {
             for (auto& round : it["rounds"].as_array())
                 round.as_object()["rate_at_target"] = nullptr;
         }}};
    for (const auto& way : ways) {
        CAPTURE(std::string{way.reason});
        auto spoilt = http_document(arm);
        way.how(spoilt["http"].as_array()[0].as_object());
        const auto works =
            claims_about_cost(std::vector{loaded(http_document(x86)), loaded(spoilt, "b.json")},
                              price_table::built_in());
        const auto& pools = works.at(0).pools;
        REQUIRE(pools.size() == 2);
        CHECK_FALSE(pools[1].ranked());
        REQUIRE_FALSE(pools[1].unranked.empty());
        CHECK(pools[1].unranked[0].starts_with(way.reason));
        CHECK(works[0].pairs.empty());
        CHECK(pools[1].cost(1e6).has_value() == (pools[1].rate > 0));
    }
}

TEST_CASE("a rate that rises over the rounds is shown, not ranked, and says what may help") {
    auto rising = arm;
    rising.rates = {2000, 2300, 2600, 3000, 3400};
    const std::vector documents{loaded(http_document(x86)),
                                loaded(http_document(rising), "b.json")};
    const auto works = claims_about_cost(documents, price_table::built_in());
    const auto& pools = works.at(0).pools;
    REQUIRE(pools.size() == 2);
    CHECK(pools[0].ranked());
    CHECK(!pools[1].ranked());
    REQUIRE(pools[1].unranked.size() == 1);
    CHECK(pools[1].unranked[0].starts_with("its rate rose by "));
    CHECK(pools[1].unranked[0].find("--warmup") != std::string::npos);
    const auto made = make_report({documents, {}});
    for (const auto& text : {to_terminal(made, false), to_markdown(made), to_html(made)})
        CHECK(text.find("its rate rose by ") != std::string::npos);
}

TEST_CASE("a server that others starved is shown and not ranked, with the figures") {
    auto content = http_document(arm);
    auto& entry = content["http"].as_array()[0].as_object();
    entry["cpu"] = {{"source", "process 1"}, {"cpus", 2}, {"unknown", nullptr}};
    for (auto& round : entry["rounds"].as_array()) {
        auto beyond = step(6000);
        beyond["verdict"] = "too slow";
        beyond["cpu_seconds"] = 2, beyond["cpu_window_seconds"] = 2;
        beyond["cpu_ms_per_request"] = 1, beyond["cpu_utilisation"] = 0.5;
        beyond["cpus_busy"] = 0.99, beyond["cpus_interrupts"] = 0.01;
        auto& confirmed = round.at("confirmed").as_object();
        for (const auto* field : {"cpu_seconds", "cpu_window_seconds", "cpu_ms_per_request",
                                  "cpu_utilisation", "cpus_busy", "cpus_interrupts"})
            confirmed[field] = beyond[field];
        round.at("steps").as_array().push_back(beyond);
    }
    const std::vector documents{loaded(http_document(x86)), loaded(content, "b.json")};
    const auto works = claims_about_cost(documents, price_table::built_in());
    REQUIRE(works.at(0).pools.at(1).unranked.size() == 1);
    CHECK(works[0].pools[1].unranked[0].starts_with("other work took its CPUs: "));
    const auto text = to_terminal(make_report({documents, {}}), false);
    CHECK(text.find("CPU is not what limits it") == std::string::npos);
    CHECK(text.find("50.0 % of them at most, and they were busy for 99.0 %") != std::string::npos);
}

TEST_CASE("a report of a load over TLS says in each form that no certificate was verified") {
    for (const bool verified : {true, false}) {
        CAPTURE(verified);
        auto content = http_document(x86);
        auto& entry = content["http"].as_array()[0].as_object();
        entry["url"] = "https://node:8443/x?n=1";
        entry["tls"] = {{"protection", "TLSv1.3, TLS_AES_256_GCM_SHA384"},
                        {"verified", verified},
                        {"ca", nullptr},
                        {"resumption", true}};
        const auto made =
            make_report({{loaded(content), loaded(http_document(arm), "b.json")}, {}});
        for (const auto& text : {to_terminal(made, false), to_markdown(made), to_html(made)})
            CHECK((text.find("certificate not verified") == std::string::npos) == verified);
        // Another work than one that was verified: the two are not compared.
        const auto works =
            claims_about_cost(std::vector{loaded(content), loaded(http_document(arm), "b.json")},
                              price_table::built_in());
        CHECK(works.size() == (verified ? 1 : 2));
    }
}

TEST_CASE("documents of unlike CPUs in one pool are refused to be pooled") {
    auto other = arm;
    other.instance = "m7i.2xlarge";
    const auto works = claims_about_cost(
        std::vector{loaded(http_document(x86)), loaded(http_document(other), "b.json")},
        price_table::built_in());
    REQUIRE(works.at(0).pools.size() == 1);
    CHECK(works[0].pools[0].unranked.at(0) ==
          "its documents are of unlike machines (Intel(R) Xeon(R) Platinum 8488C with 8 threads; "
          "Neoverse-V1 with 16 threads): they can't be pooled");
}

TEST_CASE("machines of one pool are unlike by their CPU alone, or by their threads alone") {
    auto second = x86;
    second.node = "x2";
    for (const auto* what : {"model", "threads", "neither"}) {
        CAPTURE(std::string{what});
        auto other = http_document(second);
        auto& cpu = other["http"].at(0).at("server").at("cpu").as_object();
        if (what == std::string_view{"model"}) cpu["model"] = "another CPU";
        if (what == std::string_view{"threads"}) cpu["threads"] = 4;
        const auto works =
            claims_about_cost(std::vector{loaded(http_document(x86)), loaded(other, "b.json")},
                              price_table::built_in());
        CHECK(works.at(0).pools.at(0).ranked() == (what == std::string_view{"neither"}));
    }
}

TEST_CASE("rounds of one node stay together, nodes count apart") {
    auto second = x86;
    second.node = "x2";
    const auto works = claims_about_cost(
        std::vector{loaded(http_document(x86)), loaded(http_document(second), "b.json"),
                    loaded(http_document(x86, "again"), "c.json")},
        price_table::built_in());
    const auto& pool = works.at(0).pools.at(0);
    CHECK(pool.rates.size() == 2);
    CHECK(pool.rounds() == 12);
    CHECK(pool.files.size() == 3);
}

TEST_CASE("an unknown instance has no price: it is shown, asked for and not compared") {
    auto unknown = arm;
    unknown.instance = "z9.huge";
    const loaded_documents both{
        {loaded(http_document(x86)), loaded(http_document(unknown), "b.json")}, {}};
    const auto made = make_report(both);
    CHECK(
        std::ranges::find(made.warnings,
                          "No price is known for z9.huge; give one by --price z9.huge=DOLLARS.") !=
        made.warnings.end());
    auto prices = price_table::built_in();
    const auto works = claims_about_cost(both.documents, prices);
    CHECK(works.at(0).pairs.empty());
    CHECK_FALSE(works[0].pools.at(1).cost(1e6));
    prices.set("z9.huge=1");
    CHECK(make_report(both, prices).verdict.find("z9.huge") != std::string::npos);
}

TEST_CASE("a document that may not be ranked is left out and named, and the others still count") {
    auto second = x86;
    second.node = "x2";
    auto shared = http_document(second);
    shared["http"].as_array()[0].as_object()["generator"].as_object()["shared"] = true;
    const auto works = claims_about_cost(
        std::vector{loaded(http_document(x86)), loaded(shared, "b.json")}, price_table::built_in());
    const auto& pool = works.at(0).pools.at(0);
    CHECK(pool.ranked());
    CHECK(pool.rates.size() == 1);
    CHECK(pool.to_know == std::vector<std::string>{
                              "b.json is left out: the generator shared cores with the server"});
}

TEST_CASE("rounds that confirmed no rate are told of") {
    auto some = http_document(x86);
    auto& rounds = some["http"].as_array()[0].as_object()["rounds"].as_array();
    for (auto& round : rounds) round.at("confirmed").as_object()["joules_per_request"] = 0.25;
    rounds[1].as_object()["rate_at_target"] = nullptr;
    rounds[1].as_object()["confirmed"] = nullptr;
    const auto works = claims_about_cost(std::vector{loaded(some)}, price_table::built_in());
    const auto& pool = works.at(0).pools.at(0);
    CHECK(pool.rounds() == 3);
    CHECK(pool.to_know == std::vector<std::string>{"a.json: 1 of 4 rounds confirmed no rate"});
    CHECK(pool.joules == 0.25);
}

TEST_CASE("a pair is ordered by the ratio that is judged, also where the medians say otherwise") {
    // By its medians x1 does 100, by its geometric mean 51: half as much as the other's 99.
    const node_plan skewed{x86.recording, x86.program, "m7i.2xlarge", "x1", {100, 100, 100, 7}};
    const node_plan even{x86.recording, x86.program, "m7a.2xlarge", "y1", {99, 99, 99, 99}};
    auto prices = price_table::built_in();
    prices.set("m7i.2xlarge=1");
    prices.set("m7a.2xlarge=1");
    const auto works = claims_about_cost(
        std::vector{loaded(http_document(skewed)), loaded(http_document(even), "b.json")}, prices);
    const auto& pair = works.at(0).pairs.at(0);
    CHECK(works[0].pools[pair.first].pool == "m7a.2xlarge");
    REQUIRE(pair.cost);
    CHECK(pair.cost->ratio == doctest::Approx(std::pow(100 * 100 * 100 * 7, 0.25) / 99));
}

TEST_CASE("pools that cost the same stay in the order of their documents") {
    auto prices = price_table::built_in();
    prices.set("m7i.2xlarge=1");
    prices.set("m7a.2xlarge=1");
    for (const std::size_t rounds : {1U, 4U}) {  // by their rates alone, and by an interval
        CAPTURE(rounds);
        const std::vector<double> rates(rounds, 100.0);
        const node_plan one{x86.recording, x86.program, "m7i.2xlarge", "x1", rates};
        const node_plan other{x86.recording, x86.program, "m7a.2xlarge", "y1", rates};
        const auto works = claims_about_cost(
            std::vector{loaded(http_document(one)), loaded(http_document(other), "b.json")},
            prices);
        const auto& pair = works.at(0).pairs.at(0);
        CHECK(pair.cost.has_value() == (rounds > 1));
        CHECK(works[0].pools[pair.first].pool == "m7i.2xlarge");
    }
}

TEST_CASE("what is said of a pair has the ratio, the interval, its scope, and what would decide") {
    work_claims work{"GET /", "requests", 1e6, true, {}, {}};
    work.pools.resize(2);
    work.pools[0].pool = "a";
    work.pools[1].pool = "b";
    pool_pair pair{0, 1, {}, {}, {}, {}};
    CHECK(sentence_of(work, pair) ==
          "For GET /, a and b are not decided: too few rounds for an interval.");
    cost_comparison cost{0.8, {0.75, 0.875}, {0.76, 0.86}, false, cost_verdict::cheaper, {}, {}};
    pair.cost = cost;
    CHECK(sentence_of(work, pair) ==
          "For GET /, a costs 20.0 % less than b (95 % interval 25.0 % less to 12.5 % less).");
    cost.verdict = cost_verdict::tie, cost.ci95 = {0.99, 1.02}, cost.nodes_only = true;
    pair.cost = cost;
    CHECK(sentence_of(work, pair) ==
          "For GET /, a and b cost the same to within 3 % (95 % interval 1.0 % less to 2.0 % more; "
          "one node a pool, so this covers those nodes only).");
    cost.verdict = cost_verdict::not_decided, cost.ci95 = {0.875, 1.125};
    cost.rounds_to_decide = 12;
    pair.cost = cost;
    CHECK(
        sentence_of(work, pair) ==
        "For GET /, a and b are not decided (95 % interval 12.5 % less to 12.5 % more; one node a "
        "pool, so this covers those nodes only; about 12 rounds would decide).");
    cost.nodes_only = false;
    CHECK(what_would_decide(cost) == "more than 1,000 nodes per pool would decide");
    cost.nodes_to_decide = 1;
    CHECK(what_would_decide(cost) == "about 1 node per pool would decide");
}

TEST_CASE("what is unknown of a service's machines is said in the number it has") {
    pool_figure pool;
    pool.pool = "a";
    pool.instance = "m7i.large";
    pool.cpu_model = "a CPU";
    pool.cores = 1, pool.threads = 2;
    CHECK(what_is_unknown(pool).empty());
    pool.cpu_model.clear();
    CHECK(what_is_unknown(pool).starts_with("Of a, CPU is unknown: --machine a=FILE tells"));
    pool.cores.reset();
    CHECK(what_is_unknown(pool).starts_with("Of a, CPU and cores are unknown: "));
    pool.cpu_model = "a CPU";
    CHECK(what_is_unknown(pool).starts_with("Of a, cores are unknown: "));
    pool.cores = 1;
    pool.instance.clear();
    CHECK(what_is_unknown(pool) ==
          "Of a, the instance is unknown: --instance a=NAME names an instance whose price is known "
          "(flags of `lanewise-bench http`).");
    pool.pool = "http://node/x";
    CHECK(what_is_unknown(pool).ends_with(
        "--instance POOL=NAME names an instance whose price is known (flags of `lanewise-bench "
        "http`, which then takes POOL=URL)."));
}

TEST_CASE("a report says at which spot price the verdict turns, and what it is at the known ones") {
    const auto rows_of = [](const char* csv, const node_plan& one, const node_plan& other) {
        const auto prices = price_table::parse(
            "p.csv",
            std::string{"instance,usd_per_hour,spot_usd_per_hour,spot_low,spot_high\n"} + csv);
        const auto made = make_report(
            {{loaded(http_document(one)), loaded(http_document(other), "b.json")}, {}}, prices);
        const auto found = std::ranges::find(
            made.tables, "On spot: GET /x?n=1 with p99 within 5.0 ms", &report_table::title);
        return found == made.tables.end() ? decltype(found->rows){} : found->rows;
    };
    auto rows = rows_of("m7i.2xlarge,1,0.2,0.1,0.3\nm7g.4xlarge,2,0.5,,\n", x86, arm);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0][0] == "m7i.2xlarge");
    CHECK(rows[0][1] == "m7g.4xlarge on demand, $2.00");
    CHECK(rows[0][2] == "$0.200 ($0.100 to $0.300)");
    CHECK(std::stod(rows[0][3].substr(1)) == doctest::Approx(2.0 / 3).epsilon(0.01));
    CHECK(rows[0][6] == "m7i.2xlarge is cheaper: the verdict turns");
    CHECK(rows[1][1] == "m7g.4xlarge on spot, $0.500");
    CHECK(rows[1][6] == "m7g.4xlarge is cheaper");
    rows = rows_of("m7i.2xlarge,1,,,\nm7g.4xlarge,2,0.5,,\n", x86, arm);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0][2] == "unknown");
    CHECK(rows[0][6] == "no spot price of m7i.2xlarge is known");
    auto few_x86 = x86, few_arm = arm;
    few_x86.rates = {1000}, few_arm.rates = {3000};
    rows = rows_of("m7i.2xlarge,1,0.2,,\nm7g.4xlarge,2,,,\n", few_x86, few_arm);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0][4] == "none");
    CHECK(rows[0][6] == "not decided: too few rounds");
}

TEST_CASE("a machine without an instance type has a price by its pool's name") {
    auto own = http_document(arm);
    own["http"].as_array()[0].as_object()["server"].as_object()["instance"] = nullptr;
    auto prices = price_table::built_in();
    prices.set("Neoverse-V1=0.5");
    const auto works = claims_about_cost(std::vector{loaded(own)}, prices);
    const auto& pool = works.at(0).pools.at(0);
    CHECK(pool.pool == "Neoverse-V1");
    REQUIRE(pool.cost(3.6e9));
    CHECK(*pool.cost(3.6e9) == doctest::Approx(3.6e9 * 0.5 / 3600 / 3002.5));
}

namespace {

/// A document of a sweep in which nothing varies: rates on one thread per core and on all threads.
json::object sweep_document(const char* recording, const char* program, const char* instance,
                            double one_per_core, double all) {
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "run", instance});
    auto facts =
        lanewise::machine::read(std::string{LANEWISE_TEST_DATA "/machines/"} + recording, program);
    put_machine(content, facts, {.node = "n", .pod = "", .instance = instance, .pool = ""});
    content["machine"].as_object()["active_variant"] = "best";
    const auto at = [](const char* placement, int threads, double rate) {
        json::array rounds;
        for (int i = 0; i < 9; ++i) {
            rounds.push_back({{"rate", rate},
                              {"slowest_thread", rate / threads},
                              {"fastest_thread", rate / threads},
                              {"joules_per_item", 1e-9},
                              {"disturbed", nullptr}});
        }
        return json::object{
            {"kind", "kernel"},       {"name", "dot_f32"},        {"level", "L1"},
            {"parameters", "n:64"},   {"operations_per_item", 2}, {"bytes_per_item", 8},
            {"placement", placement}, {"threads", threads},       {"cpus", {0}},
            {"clean_rounds", 9},      {"rounds", rounds}};
    };
    json::array cases{at("all", *facts.threads, all)};
    if (*facts.cores != *facts.threads)
        cases.push_back(at("one_per_core", *facts.cores, one_per_core));
    content["sweeps"] = {
        {"variant", "best"}, {"seconds", 0.02}, {"energy_readable", true}, {"cases", cases}};
    return content;
}

}  // namespace

TEST_CASE("kernels of one document a pool have an interval over its rounds, and break-evens") {
    // Four cores do 40 G/s alone and 50 G/s with their siblings: a yield of 25 %. Sixteen Arm cores
    // do 120 G/s.
    const std::vector documents{
        loaded(sweep_document("m7i-2xlarge-pod", "x86_64", "m7i.2xlarge", 40e9, 50e9)),
        loaded(sweep_document("m7g-4xlarge", "aarch64", "m7g.4xlarge", 0, 120e9), "b.json")};
    auto prices = price_table::built_in();
    prices.set("m7i.2xlarge=0.4");
    prices.set("m7g.4xlarge=0.6");
    const auto works = claims_about_cost(documents, prices);
    REQUIRE(works.size() == 1);
    const auto& work = works[0];
    CHECK(work.name == "dot_f32 in L1, all threads");
    CHECK(work.priced_units == 1e12);
    REQUIRE(work.pairs.size() == 1);
    const auto& pair = work.pairs[0];
    CHECK(work.pools[pair.first].pool == "m7g.4xlarge");
    // 10^12 elements: 1e12 / 50e9 / 3600 h * 0.4 $ = $0.00222, and 0.00139 on the other.
    CHECK(*work.pools[pair.second].cost(1e12) == doctest::Approx(0.4 * 1e12 / 50e9 / 3600));
    CHECK(*work.pools[pair.first].cost(1e12) == doctest::Approx(0.6 * 1e12 / 120e9 / 3600));
    CHECK(work.pools[pair.first].joules == doctest::Approx(1e-9));
    REQUIRE(pair.cost);
    CHECK(pair.cost->ratio == doctest::Approx(0.625));
    CHECK(pair.cost->verdict == cost_verdict::cheaper);  // nothing varied
    CHECK(pair.cost->nodes_only);
    CHECK(*pair.break_even_price == doctest::Approx(0.25));  // 0.6 * 50 / 120
    // 0.4 / (40 (1 + y)) = 0.6 / 120 at y = 1.
    REQUIRE(pair.break_even_smt_yield);
    CHECK(*pair.break_even_smt_yield == doctest::Approx(1.0));
    CHECK(pair.smt_pool == "m7i.2xlarge");
}

TEST_CASE(
    "threads are told apart where there are several, and operations a byte where there are bytes") {
    auto content = sweep_document("m7g-4xlarge", "aarch64", "m7g.4xlarge", 0, 120e9);
    auto& only = content["sweeps"].at("cases").at(0).as_object();
    auto claims = claims_about_threads(loaded(content)).at(0);
    CHECK(claims.spread_across_threads == 0);
    CHECK(claims.operations_per_byte == 0.25);
    only["bytes_per_item"] = 0;
    only["threads"] = 1;
    content["machine"].as_object()["threads"] = 1;
    claims = claims_about_threads(loaded(content)).at(0);
    CHECK(claims.all.has_value());
    CHECK_FALSE(claims.spread_across_threads);
    CHECK_FALSE(claims.operations_per_byte);
}

TEST_CASE("threads of no known machine make no claim, nor does what was not measured beside them") {
    auto content = sweep_document("m7i-2xlarge-pod", "x86_64", "m7i.2xlarge", 40e9, 50e9);
    auto claims = claims_about_threads(loaded(content)).at(0);
    CHECK(claims.smt_yield.has_value());
    CHECK(claims.missing.empty());
    CHECK_FALSE(claims.of_arithmetic);  // the machine's own peak was not measured
    auto& cases = content["sweeps"].at("cases").as_array();
    auto peak = cases[1].as_object();
    peak["kind"] = "multiply_add", peak["threads"] = 1;
    cases.push_back(peak);
    CHECK_FALSE(claims_about_threads(loaded(content)).at(0).of_arithmetic);  // nor one thread
    auto alone = cases[1].as_object();
    alone["placement"] = "one", alone["threads"] = 1;
    cases.push_back(alone);
    claims = claims_about_threads(loaded(content)).at(0);
    CHECK(claims.of_arithmetic == 2);  // two operations an element, at one rate
    for (auto& one : cases) {
        if (one.at("kind") == "kernel") one.as_object()["kind"] = "service";
    }
    CHECK_FALSE(claims_about_threads(loaded(content)).at(0).of_arithmetic);
    content["machine"] = nullptr;
    CHECK(claims_about_threads(loaded(content)).empty());
}

TEST_CASE("imported repetitions are priced by their unit, and are of the best name that there is") {
    json::object section{{"format", "google-benchmark"},
                         {"file", "x.json"},
                         {"executable", nullptr},
                         {"date", nullptr},
                         {"host", nullptr},
                         {"cpus", 8},
                         {"pool", nullptr},
                         {"instance", nullptr},
                         {"warnings", json::array{}},
                         {"left_out", json::array{}},
                         {"cases", json::array{{{"name", "BM_x"},
                                                {"unit", "iterations"},
                                                {"threads", 1},
                                                {"rates", {10.9, 11, 11.1}},
                                                {"aggregate", 11},
                                                {"failed", 0}}}}};
    const auto of = [&] {
        auto content = new_document(std::vector<std::string>{"lanewise-bench", "import"});
        content["imported"] = section;
        return claims_about_cost(std::vector{loaded(content)}, price_table::built_in()).at(0);
    };
    CHECK(of().priced_units == 1e6);
    CHECK(of().pools.at(0).ranked());
    CHECK(of().pools.at(0).pool == "a.json");
    section["host"] = "builder";
    CHECK(of().pools.at(0).pool == "builder");
    section["instance"] = "m7g.large";
    CHECK(of().pools.at(0).pool == "m7g.large");
    section["pool"] = "arm";
    CHECK(of().pools.at(0).pool == "arm");
    auto& only = section["cases"].at(0).as_object();
    only["unit"] = "bytes";
    CHECK(of().priced_units == 1e12);
    only["rates"] = json::array{};
    CHECK(of().pools.at(0).unranked.at(0).starts_with("the file has aggregates alone"));
    only["aggregate"] = nullptr;
    CHECK(of().pools.at(0).unranked.at(0) == "no repetition gave a figure");
}

TEST_CASE("a load of several requests is named by the first, and by how many there are") {
    auto content = http_document(x86);
    auto& entry = content["http"].at(0).as_object();
    const auto name = [&] { return claims_about_load(loaded(content)).at(0).request; };
    CHECK(name() == "GET /x?n=1");
    entry["requests"] = json::array{{{"method", "POST"},
                                     {"target", "/cart"},
                                     {"fields", json::array{}},
                                     {"body_bytes", 0},
                                     {"success", "200-299"},
                                     {"weight", 1}}};
    CHECK(name() == "POST /cart");
    entry["request_count"] = 1;
    CHECK(name() == "POST /cart");
    entry["request_count"] = 2;
    CHECK(name() == "POST /cart and 1 other");
    entry["request_count"] = 12;
    CHECK(name() == "POST /cart and 11 others");
}

TEST_CASE("elements and bytes are priced by the million million, all other work by the million") {
    auto content = sweep_document("m7g-4xlarge", "aarch64", "m7g.4xlarge", 0, 120e9);
    for (const auto* unit : {"elements", "bytes", "handshakes"}) {
        CAPTURE(std::string{unit});
        for (auto& one : content["sweeps"].at("cases").as_array()) {
            one.as_object()["kind"] = "service";
            one.as_object()["unit"] = unit;
            one.as_object()["group"] = "crypto";
        }
        const auto works = claims_about_cost(std::vector{loaded(content)}, price_table::built_in());
        REQUIRE(works.size() == 1);
        CHECK(works[0].unit == unit);
        CHECK(works[0].priced_units == (unit == std::string_view{"handshakes"} ? 1e6 : 1e12));
    }
}

TEST_CASE("a kernel of the portable variant alone is not ranked; a service's own choice is") {
    auto content = sweep_document("m7g-4xlarge", "aarch64", "m7g.4xlarge", 0, 120e9);
    content["machine"].as_object()["active_variant"] = "portable";
    auto works = claims_about_cost(std::vector{loaded(content)}, price_table::built_in());
    CHECK(works.at(0).pools.at(0).unranked ==
          std::vector<std::string>{"only portable runs there, which a pool is not measured on"});
    for (auto& one : content["sweeps"].at("cases").as_array()) one.as_object()["kind"] = "service";
    works = claims_about_cost(std::vector{loaded(content)}, price_table::built_in());
    CHECK(works.at(0).pools.at(0).unranked.empty());
}

TEST_CASE(
    "of several works the verdict counts who is cheaper, what costs the same and what is open") {
    struct measured {
        const char* name;
        double arm, x86;    ///< a second
        double spread = 0;  ///< of Arm's rounds
        const char* kind = "kernel";
    };
    auto prices = price_table::built_in();
    prices.set("m7g.4xlarge=1");
    prices.set("m7i.2xlarge=1");
    const auto verdict = [&](const std::vector<measured>& works) {
        auto arm_node = sweep_document("m7g-4xlarge", "aarch64", "m7g.4xlarge", 0, 1e9),
             x86_node = sweep_document("m7i-2xlarge-pod", "x86_64", "m7i.2xlarge", 1e9, 1e9);
        for (auto* content : {&arm_node, &x86_node}) {
            auto& cases = content->at("sweeps").at("cases").as_array();
            const auto all = cases[0];
            cases.clear();
            for (const auto& work : works) {
                auto one = all.as_object();
                one["name"] = work.name, one["kind"] = work.kind;
                double sign = content == &arm_node ? 1 : 0;
                for (auto& round : one["rounds"].as_array()) {
                    const double rate = sign == 0 ? work.x86 : work.arm * (1 + sign * work.spread);
                    round.as_object()["rate"] = rate;
                    sign = -sign;
                }
                cases.push_back(one);
            }
        }
        return make_report({{loaded(x86_node), loaded(arm_node, "b.json")}, {}}, prices).verdict;
    };
    CHECK(verdict({{"a", 2e9, 1e9}}) ==
          "For a in L1, all threads, m7g.4xlarge costs 50.0 % less than m7i.2xlarge (95 % interval "
          "50.0 % less to 50.0 % less; one node a pool, so this covers those nodes only).");
    CHECK(verdict({{"a", 2e9, 1e9}, {"b", 2e9, 1e9}}) ==
          "Of 2 comparisons of kernels on all threads, m7g.4xlarge is cheaper in 2.");
    CHECK(verdict({{"a", 1e9, 1e9}, {"b", 1e9, 1e9, 0.5}}) ==
          "Of 2 comparisons of kernels on all threads, the cost is the same in 1, 1 is not "
          "decided.");
    CHECK(verdict({{"a", 1e9, 1e9, 0.5}, {"b", 1e9, 1e9, 0.5}}) ==
          "Of 2 comparisons of kernels on all threads, 2 are not decided.");
    CHECK(verdict({{"a", 2e9, 1e9},
                   {"b", 1e9, 2e9},
                   {"c", 1e9, 2e9},
                   {"d", 1e9, 1e9},
                   {"e", 1e9, 1e9, 0.5, "service"}}) ==
          "Of 5 comparisons of services' work on all threads and kernels on all threads, "
          "m7g.4xlarge is cheaper in 1, m7i.2xlarge is cheaper in 2, the cost is the same in 1, 1 "
          "is not decided.");
}

TEST_CASE("the example documents give every kind of claim") {
    const auto documents = example_documents();
    REQUIRE(documents.size() == 6);
    const auto works = claims_about_cost(documents, price_table::built_in());
    CHECK(std::ranges::count_if(works, &work_claims::served) == 1);
    for (const auto& work : works) {
        REQUIRE(work.pools.size() == 2);
        CHECK(work.pools[0].rates.size() == 3);
        REQUIRE(work.pairs.size() == 1);
        REQUIRE(work.pairs[0].cost);
        CHECK_FALSE(work.pairs[0].cost->nodes_only);
        if (!work.served) {
            REQUIRE(work.pairs[0].break_even_smt_yield);
            CHECK(work.pairs[0].smt_pool == "m7i.2xlarge");
        }
    }
    const auto made = make_report({documents, {}});
    CHECK(made.synthetic);
    CHECK(made.verdict.starts_with(
        "For GET /v1/identity with p99 within 5.0 ms, m7g.2xlarge costs "));
    for (const auto& table : made.tables) {
        CAPTURE(table.title);
        for (const auto& row : table.rows) CHECK(row.size() == table.head.size());
        CHECK(to_terminal(made, false).find(table.title) != std::string::npos);
    }
    std::vector<std::string> titles;
    for (const auto& chart : made.charts) titles.push_back(chart.title);
    for (const auto* title :
         {"Cost against the p99 target", "Latency over load", "Cost over utilisation",
          "SMT on m7i.2xlarge amd64-1", "Scaling on m7g.2xlarge arm64-2",
          "Roofline of m7i.2xlarge amd64-3"}) {
        CAPTURE(std::string{title});
        CHECK(std::ranges::find(titles, title) != titles.end());
    }
    CHECK(std::ranges::find(titles, "SMT on m7g.2xlarge arm64-1") ==
          titles.end());  // n/a is no bar of 0
}

TEST_CASE(
    "the HTML is one file that loads nothing, marks what is synthetic, and escapes what it shows") {
    auto documents = example_documents();
    documents[0].file = "<script>alert(1)</script>.json";
    const auto made = make_report({documents, {}});
    const auto html = to_html(made);
    CHECK(html.starts_with("<!doctype html>"));
    CHECK(html.find("<script>alert(1)") == std::string::npos);
    CHECK(html.find("&lt;script&gt;alert(1)") != std::string::npos);
    CHECK(html.find(" src=") == std::string::npos);
    CHECK(html.find("href=\"http") == std::string::npos);
    CHECK(html.find("script-src 'sha256-") != std::string::npos);
    for (const auto& chart : made.charts)
        CHECK(html.find(">" + chart.title + "</a>") != std::string::npos);
    for (const auto& table : made.tables)
        CHECK(html.find("<span class=\"synthetic\">synthetic</span> " + table.title.substr(0, 5)) !=
              std::string::npos);
    for (const auto& source : made.sources) CHECK(html.find(source.sha256) != std::string::npos);
    CHECK(to_html(made) == html);
}

TEST_CASE("wrk's closed loop is shown as that, beside a load that counts") {
    auto wrk = http_document(arm);
    auto& target = wrk["http"].as_array()[0].as_object();
    target["closed_loop"] = true;
    target["rounds"] = json::array{};
    target["curve"].as_array().resize(1);
    auto& only = target["curve"].as_array()[0].as_object();
    only["rate"] = nullptr;
    only["verdict"] = "closed loop";
    const auto made = make_report({{loaded(http_document(x86)), loaded(wrk, "b.json")}, {}});
    const auto with = [&](const char* title) {
        return std::ranges::find(made.tables, title, &report_table::title);
    };
    REQUIRE(with("Latency over load") != made.tables.end());
    CHECK(with("Latency over load")->rows.size() == 2);
    REQUIRE(with("Closed loop, by wrk") != made.tables.end());
    const auto& rows = with("Closed loop, by wrk")->rows;
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].front() == "m7g.4xlarge a1");
    CHECK(rows[0].back() == "closed loop");
    for (const auto& chart : made.charts) CHECK(chart.lines.size() <= 1);  // drawn nowhere
}

TEST_CASE("every price stands with its source and its age") {
    const auto made =
        make_report({{loaded(http_document(x86))}, {}}, price_table::built_in(), "2026-11-24");
    const auto table = std::ranges::find(made.tables, "Prices", &report_table::title);
    REQUIRE(table != made.tables.end());
    REQUIRE(table->rows.size() == 1);
    CHECK(table->head[6] == "age");
    CHECK(table->rows[0][5] == "2026-07-20");
    CHECK(table->rows[0][6] == "127 days");
    CHECK(table->rows[0][7].starts_with("github.com/aws/karpenter"));
}

TEST_CASE("the Markdown stays below what a job summary takes, and says what it left out") {
    auto made = make_report({example_documents(), {}});
    const auto text = to_markdown(made);
    CHECK(text.size() < (1 << 20));
    CHECK(text.find("SYNTHETIC") != std::string::npos);
    CHECK(text.find("| pool |") != std::string::npos);
    report_table large{"large", "", {"a", "b"}, 1, {}};
    for (int i = 0; i < 20'000; ++i)
        large.rows.push_back({std::string(40, 'x'), std::string(40, 'y')});
    made.tables.insert(made.tables.begin(), large);
    made.tables.push_back(large);
    const auto cut = to_markdown(made);
    CHECK(cut.size() < (1 << 20));
    CHECK(cut.find("more tables are in the HTML report") != std::string::npos);
}
