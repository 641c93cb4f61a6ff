// Reports of pools of three, six and fifty nodes: what they show of a pool, of a node, and how long
// they get.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "bench/figures/statistics.hpp"
#include "bench/report/report.hpp"
#include "bench/report/report_nodes.hpp"
#include "tests/bench/claims/example_documents.hpp"

using namespace lanewise::bench;
namespace json = boost::json;

namespace {

/// The composed documents again and again under new names, so that each pool has so many nodes.
std::vector<document> nodes_of_both_pools(int nodes) {
    const auto examples = example_documents();
    std::vector<document> made;
    for (const auto* architecture : {"amd64", "arm64"}) {
        std::vector<const document*> of_pool;
        for (const auto& one : examples) {
            if (one.content.at("machine").at("architecture").as_string() == architecture)
                of_pool.push_back(&one);
        }
        for (int i = 0; i < nodes; ++i) {
            auto copy = *of_pool[static_cast<std::size_t>(i) % of_pool.size()];
            const auto node = std::string{architecture} + "-" + std::to_string(i + 1);
            copy.file = node + ".json";
            copy.content["machine"].as_object()["node"] = node;
            copy.content["http"].as_array()[0].as_object()["server"].as_object()["node"] = node;
            made.push_back(std::move(copy));
        }
    }
    return made;
}

/// All rates of a node's load, times this.
void slow_down(document& node, double times) {
    for (auto& round : node.content["http"].as_array()[0].as_object()["rounds"].as_array()) {
        auto& rate = round.as_object()["rate_at_target"];
        rate = rate.to_number<double>() * times;
    }
}

std::vector<std::string> titles(const report& made, bool of_node) {
    std::vector<std::string> found;
    for (const auto& one : made.charts) {
        if (one.of_node == of_node) found.push_back(one.title);
    }
    for (const auto& one : made.tables) {
        if (one.of_node == of_node) found.push_back(one.title);
    }
    return found;
}

bool has(const std::vector<std::string>& titles, const std::string& wanted) {
    return std::ranges::find(titles, wanted) != titles.end();
}

const report_table& table_of(const report& made, std::string_view title) {
    const auto found = std::ranges::find(made.tables, title, &report_table::title);
    REQUIRE_MESSAGE(found != made.tables.end(), std::string{title});
    return *found;
}

auto lines_of(const std::string& text) {
    return std::ranges::count(text, '\n');
}

auto times_in(const std::string& text, const std::string& wanted) {
    int count = 0;
    for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1))
        ++count;
    return count;
}

}  // namespace

TEST_CASE("three nodes a pool: the pool first, then each node, folded in HTML") {
    const auto made = make_report({nodes_of_both_pools(3), {}});
    const auto of_pools = titles(made, false), of_nodes = titles(made, true);
    for (const auto* title : {"SMT on m7i.2xlarge", "Scaling on m7g.2xlarge",
                              "Threads on m7i.2xlarge", "Roofline of m7g.2xlarge"})
        CHECK_MESSAGE(has(of_pools, title), title);
    for (const auto* title : {"SMT on m7i.2xlarge amd64-2", "Threads on m7g.2xlarge arm64-3",
                              "Roofline of m7g.2xlarge arm64-1"})
        CHECK_MESSAGE(has(of_nodes, title), title);
    const auto& threads = table_of(made, "Threads on m7i.2xlarge");
    REQUIRE(threads.rows.size() == 6);
    CHECK(threads.rows[0][0] == "dot_f32");
    CHECK(threads.rows[0][2] == "24.2 G/s (24.1 G/s to 24.4 G/s)");
    const auto& headroom = table_of(made, "CPU and headroom");
    REQUIRE(headroom.rows.size() == 8);
    CHECK(headroom.rows[0][0] == "m7i.2xlarge (3 nodes)");
    CHECK(headroom.rows[1][0] == "m7i.2xlarge amd64-1");
    CHECK(headroom.rows[4][0] == "m7g.2xlarge (3 nodes)");
    // In every face, what is of a pool comes before what is of its nodes.
    const auto text = to_terminal(made, false);
    CHECK(text.find("Threads on m7i.2xlarge\n") < text.find("Threads on m7i.2xlarge amd64-1\n"));
    const auto html = to_html(made);
    CHECK(times_in(html, "<details class=\"nodes\">") == 2);
    CHECK(times_in(html, "<summary>Nodes of m7i.2xlarge</summary>") == 1);
    CHECK(html.find("SMT on m7i.2xlarge</h2>") < html.find("<details class=\"nodes\">"));
    CHECK(html.find("<details class=\"nodes\">") < html.find("SMT on m7i.2xlarge amd64-1</h2>"));
}

TEST_CASE("six nodes a pool: quartiles in place of nodes, and the list of those that stand out") {
    auto documents = nodes_of_both_pools(6);
    const auto verdict = make_report({documents, {}}).verdict;
    auto made = make_report({documents, {}});
    CHECK(titles(made, true).empty());
    const auto& none = table_of(made, "Nodes of m7i.2xlarge that stand out");
    REQUIRE(none.rows.size() == 1);
    CHECK(none.rows[0][0] == "none");
    CHECK(table_of(made, "CPU and headroom").rows.size() == 2);
    CHECK(table_of(made, "CPU and headroom").rows[0][0] == "m7i.2xlarge (6 nodes)");
    CHECK(table_of(made, "Machines").rows.size() == 2);
    // The steps of three nodes: at the quartiles and the median of what they hold.
    const auto& load = table_of(made, "Latency over load");
    CHECK(load.rows.size() == 2 * 3 * 8);
    CHECK(load.rows[8][0].ends_with(" (median of 6)"));
    const auto latency = std::ranges::find(made.charts, "Latency over load", &report_chart::title);
    REQUIRE(latency != made.charts.end());
    CHECK(latency->lines.size() == 6);

    slow_down(documents[3], 0.8);
    made = make_report({documents, {}});
    const auto& far = table_of(made, "Nodes of m7i.2xlarge that stand out");
    REQUIRE(far.rows.size() == 1);
    CHECK(far.rows[0][0] == "amd64-4");
    CHECK(std::stod(far.rows[0][5]) == doctest::Approx(-20).epsilon(0.1));
    CHECK(far.rows[0][6] == "amd64-4.json");
    CHECK(std::ranges::any_of(made.warnings, [](const std::string& one) {
        return one.starts_with("Nodes of m7i.2xlarge that stand out: amd64-4 by the most, -");
    }));
}

TEST_CASE("the verdict is of all nodes, however few are shown") {
    // Five nodes are shown one by one, six are not: each counts in both.
    for (const int nodes : {5, 6, 50}) {
        const auto documents = nodes_of_both_pools(nodes);
        const auto made = make_report({documents, {}});
        CHECK(made.verdict.find("m7g.2xlarge costs 19.") != std::string::npos);
        const auto& work = table_of(made, "GET /v1/identity with p99 within 5.0 ms");
        CHECK(work.rows[0][2] == std::to_string(nodes));
    }
}

TEST_CASE("fifty nodes a pool: as short as six, but for the list of documents") {
    auto documents = nodes_of_both_pools(50);
    for (std::size_t i = 0; i < 14; ++i)
        slow_down(documents[i], 0.8 - 0.01 * static_cast<double>(i));
    const auto made = make_report({documents, {}});
    const auto text = to_terminal(made, false);
    // 100 lines name the documents.
    CHECK(lines_of(text) < 320);
    CHECK(lines_of(text) > 100);
    CHECK(lines_of(to_markdown(made)) < 400);
    const auto html = to_html(made);
    report empty;
    // What a report holds without any document: mostly the script of the charts.
    const auto bare = to_html(empty).size();
    CHECK(html.size() - bare < 200'000);
    const auto& far = table_of(made, "Nodes of m7i.2xlarge that stand out");
    REQUIRE(far.rows.size() == 11);
    CHECK(far.rows[0][0] == "amd64-14");
    CHECK(far.rows[10][0] == "and 4 more");
    CHECK(times_in(text, "100 documents by: node bench/examples/compose.mjs") == 1);
    for (const auto* node : {"amd64-33", "arm64-50"})
        CHECK_MESSAGE(times_in(text, std::string{node} + ".json") == 1, node);
}

TEST_CASE("what more than a handful of documents say alike is said once, with how often") {
    auto documents = nodes_of_both_pools(7);
    for (std::size_t i = 0; i < 7; ++i) {
        auto& disturbances =
            documents[i].content["environment"].as_object()["disturbances"].as_array();
        disturbances.push_back({{"kind", "steal"},
                                {"value", 0.1},
                                {"bound", 0.01},
                                {"bars_ranking", false},
                                {"text", "Steal took " + std::to_string(i) + ".5 % of the time."}});
    }
    const auto made = make_report({documents, {}});
    const auto about = [](const std::string& one) {
        return one.find("Steal took") != std::string::npos;
    };
    REQUIRE(std::ranges::count_if(made.warnings, about) == 1);
    CHECK(*std::ranges::find_if(made.warnings, about) ==
          "m7i.2xlarge: Steal took 0.5 % of the time. So say 6 more documents.");
    const auto& disturbances = table_of(made, "Disturbances");
    CHECK(disturbances.rows.size() == 2);
    CHECK(disturbances.rows[0][0] == "m7i.2xlarge amd64-1, m7i.2xlarge amd64-2 and 5 more");
}

TEST_CASE("alike nodes are seldom said to stand out, and one that is slower by a fifth always is") {
    random_source random{7};
    for (const std::size_t nodes : {6U, 10U, 20U, 50U}) {
        std::size_t named = 0, figures = 0;
        int missed = 0;
        for (int run = 0; run < 400; ++run) {
            std::vector<double> rates;
            for (std::size_t i = 0; i < nodes; ++i)
                rates.push_back(100 * (1 + 0.02 * random.normal()));
            const auto alike = stand_out(rates);
            named += static_cast<std::size_t>(std::ranges::count(alike, true));
            figures += nodes;
            for (auto& rate : rates) rate = 100 + (rate - 100) / 4;
            rates[0] = 80;
            if (!stand_out(rates)[0]) ++missed;
        }
        CAPTURE(nodes);
        // Of six nodes the spread is known badly, either way.
        const bool six = nodes == 6;
        CHECK(static_cast<double>(named) / static_cast<double>(figures) < (six ? 0.002 : 0.001));
        CHECK(missed <= (six ? 4 : 0));
    }
    CHECK(std::ranges::count(stand_out(std::vector<double>{1, 1, 1, 1, 9}), true) == 0);
    CHECK(std::ranges::count(stand_out(std::vector<double>{1, 1, 1, 1, 1, 9}), true) == 1);
    CHECK(std::ranges::count(stand_out(std::vector<double>{0, 0, 0, 0, 0, 0}), true) == 0);
}
