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

namespace {

/// A kind of table with a row for each of these nodes of pool p: a key, a rate, and a share that
/// some lack.
node_tables kind_of(const std::vector<std::pair<std::string, double>>& nodes) {
    node_tables kind{"Threads", "How.", {"kernel", "rate", "share", "variant"}, 1};
    for (const auto& [node, rate] : nodes) {
        node_rows one{"p", node, node + ".json"};
        one.note = "Of " + node + ". ";
        one.rows = {{"dot", rate_figure(rate, "op/s", "none"),
                     percent_figure(rate > 100 ? std::optional{rate / 1000} : std::nullopt),
                     rate > 100 ? "avx512" : "avx2"}};
        kind.nodes.push_back(one);
    }
    return kind;
}

std::string text_of(const report_table& table) {
    std::string text = table.title + ": " + table.note + "\n";
    for (const auto& row : table.rows) {
        for (const auto& cell : row) text += cell + " | ";
        text += "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("a pool of one node has that node's table alone, which is not folded") {
    const auto tables = tables_by_pool(kind_of({{"a", 200}}));
    REQUIRE(tables.size() == 1);
    CHECK(text_of(tables[0]) ==
          "Threads on p a: Of a. How.\ndot | 200 op/s | 20.0 % | avx512 | \n");
    CHECK(tables[0].pool == "p");
    CHECK_FALSE(tables[0].of_node);
    CHECK(tables_by_pool(kind_of({})).empty());
    auto unnamed = kind_of({{"", 200}});
    CHECK(tables_by_pool(unnamed)[0].title == "Threads on p");
    unnamed.nodes[0].node = "p";
    CHECK(tables_by_pool(unnamed)[0].title == "Threads on p");
}

TEST_CASE("a pool of a handful has its medians with the ends first, and its nodes folded") {
    auto kind = kind_of({{"a", 200}, {"b", 300}, {"c", 100}, {"d", 400}, {"e", 300}});
    kind.note_of_pool = "Of the pool.";
    const auto tables = tables_by_pool(kind);
    REQUIRE(tables.size() == 6);
    CHECK(text_of(tables[0]) ==
          "Threads on p: Of 5 nodes the median, in brackets the lowest and the highest. Of the "
          "pool.\ndot | 300 op/s (100 op/s to 400 op/s) | 30.0 % (20.0 % to 40.0 %), 4 of 5 | "
          "avx512 (4 of 5) | \n");
    CHECK_FALSE(tables[0].of_node);
    for (std::size_t i = 1; i < 6; ++i) CHECK(tables[i].of_node);
    CHECK(text_of(tables[3]) ==
          "Threads on p c: Of c. How.\ndot | 100 op/s | not measured | avx2 | \n");
}

TEST_CASE("a pool above a handful has its medians with the quartiles, and no node") {
    const auto tables = tables_by_pool(
        kind_of({{"a", 100}, {"b", 200}, {"c", 300}, {"d", 400}, {"e", 500}, {"f", 600}}));
    REQUIRE(tables.size() == 1);
    CHECK(text_of(tables[0]) ==
          "Threads on p: Of 6 nodes the median, in brackets the quartiles; a report of one "
          "document shows its node. How.\ndot | 350 op/s (225 op/s to 475 op/s) | 40.0 % (30.0 % "
          "to 50.0 %), 5 of 6 | avx512 (5 of 6) | \n");
}

TEST_CASE("what nodes show alike is shown once, and what none shares is each its own") {
    auto kind = kind_of({{"a", 200}, {"b", 200}, {"c", 200}});
    kind.nodes[1].rows[0][3] = "x";
    kind.nodes[2].rows[0][3] = "y";
    kind.nodes[0].rows[0][2] = kind.nodes[1].rows[0][2] = "n/a";
    kind.nodes[2].rows.push_back({"sum", "alone", "alone", "alone"});
    const auto pool = tables_by_pool(kind).at(0);
    CHECK(pool.rows[0] ==
          std::vector<std::string>{"dot", "200 op/s", "n/a (2 of 3)", "each its own"});
    CHECK(pool.rows[1] == std::vector<std::string>{"sum", "alone", "alone", "alone"});
    // Half of the nodes are enough for a median.
    kind.nodes.pop_back();
    kind.nodes[1].rows[0][2] = percent_figure(0.5);
    CHECK(tables_by_pool(kind).at(0).rows[0][2] == "50.0 %, 1 of 2");
}

TEST_CASE("one table of all pools has a row of each pool, and rows of a handful of nodes") {
    auto kind = kind_of({{"a", 200}, {"b", 300}});
    node_rows other{"q", "c", "c.json"};
    other.rows = {{"dot", rate_figure(50, "op/s", "none"), "n/a", "neon"}};
    kind.nodes.push_back(other);
    const auto few = rows_by_pool(kind, "who");
    CHECK(few.head == std::vector<std::string>{"who", "kernel", "rate", "share", "variant"});
    CHECK(few.numbers_from == 2);
    CHECK(text_of(few) ==
          "Threads: How. A pool of nodes: their median, in brackets the lowest and the highest.\n"
          "p (2 nodes) | dot | 250 op/s (200 op/s to 300 op/s) | 25.0 % (20.0 % to 30.0 %) | "
          "avx512 | \n"
          "p a | dot | 200 op/s | 20.0 % | avx512 | \np b | dot | 300 op/s | 30.0 % | avx512 | \n"
          "q c | dot | 50.0 op/s | n/a | neon | \n");
    const auto many = rows_by_pool(
        kind_of({{"a", 200}, {"b", 200}, {"c", 200}, {"d", 200}, {"e", 200}, {"f", 200}}), "who");
    CHECK(text_of(many) ==
          "Threads: How. A pool of more than 5 nodes: their median, in brackets the quartiles.\n"
          "p (6 nodes) | dot | 200 op/s | 20.0 % | avx512 | \n");
    CHECK(rows_by_pool(kind_of({{"a", 200}}), "who").note == "How.");
}

TEST_CASE("a node stands out beyond its pool's spread and 3 %, of six nodes and more") {
    const auto far = [](const std::vector<double>& values) { return stand_out(values); };
    const std::vector<bool> last{false, false, false, false, false, true};
    const std::vector<bool> none(6, false);
    CHECK(far({100, 100, 100, 100, 100, 103.1}) == last);
    CHECK(far({100, 100, 100, 100, 100, 96.9}) == last);
    CHECK(far({100, 100, 100, 100, 100, 103}) == none);
    CHECK(far({100, 100, 100, 100, 50}) == std::vector<bool>(5, false));
    CHECK(far({-100, -100, -100, -100, -100, -103.1}) == last);
    // The spread is 1 · 1.4826, and of six nodes 5 + 40 ÷ 6 times that are 17.3.
    CHECK(far({99, 99, 101, 101, 101, 117.2}) == none);
    CHECK(far({99, 99, 101, 101, 101, 119}) == last);
}

TEST_CASE("nodes that stand out are named by the furthest of their figures, ten of them at most") {
    const auto of = [](int nodes, int slow) {
        std::vector<std::pair<std::string, double>> all;
        for (int i = 0; i < nodes; ++i)
            all.emplace_back("n" + std::to_string(i), i < slow ? 500 - 10 * i : 1000);
        auto kind = kind_of(all);
        kind.nodes[1].rows.push_back({"sum", rate_figure(1500, "op/s", "none")});
        for (int i = 2; i < nodes; ++i)
            kind.nodes[static_cast<std::size_t>(i)].rows.push_back(
                {"sum", rate_figure(1000, "op/s", "none")});
        return nodes_that_stand_out(std::vector{kind, kind_of({{"n0", 1}})});
    };
    const auto two = of(20, 2);
    REQUIRE(two.size() == 1);
    CHECK(two[0].title == "Nodes of p that stand out");
    CHECK(two[0].note.starts_with("Of 20 nodes. "));
    CHECK(two[0].rows ==
          std::vector<std::vector<std::string>>{
              {"n1", "2", "Threads: dot, rate", "490 op/s", "1.00 k op/s", "-51.0 %", "n1.json"},
              {"n0", "1", "Threads: dot, rate", "500 op/s", "1.00 k op/s", "-50.0 %", "n0.json"}});
    const auto ten = of(60, 10);
    CHECK(ten[0].rows.size() == 10);
    CHECK(ten[0].rows.back()[0] == "n0");
    const auto twelve = of(60, 12);
    REQUIRE(twelve[0].rows.size() == 11);
    CHECK(twelve[0].rows.back()[0] == "and 2 more");
    CHECK(of(5, 1).empty());
    CHECK(nodes_that_stand_out(std::vector{
              kind_of({{"a", 200}, {"b", 200}, {"c", 200}, {"d", 200}, {"e", 200}, {"f", 200}})})[0]
              .rows == std::vector<std::vector<std::string>>{{"none", "0", "", "", "", "", ""}});
}

TEST_CASE("a chart of a pool is the median of its nodes, with the ends or the quartiles of bars") {
    const auto chart = [](double y, bool bars) {
        report_chart made{};
        made.title = "SMT", made.note = "How.", made.x_axis = "x", made.y_axis = "y";
        if (bars) made.labels = {"dot"};
        made.lines = {{.name = "l", .x = {}, .y = {y}, .low = {}, .high = {}}};
        if (!bars) made.lines[0].x = {10 * y};
        return made;
    };
    const auto of = [&](const std::vector<double>& values, bool bars) {
        std::vector<node_chart> nodes{{"p", "empty", report_chart{}}};
        for (const double y : values)
            nodes.push_back({"p", "n" + std::to_string(nodes.size()), chart(y, bars)});
        return charts_by_pool(nodes, " on ");
    };
    const auto one = of({1}, true);
    REQUIRE(one.size() == 1);
    CHECK(one[0].title == "SMT on p n1");
    CHECK_FALSE(one[0].of_node);
    const auto two = of({1, 3}, true);
    REQUIRE(two.size() == 3);
    CHECK(two[0].title == "SMT on p");
    CHECK(two[0].note == "How. Medians of 2 nodes, with the lowest and the highest of them.");
    CHECK(two[0].lines[0].y == std::vector<double>{2});
    CHECK(two[0].lines[0].low == std::vector<double>{1});
    CHECK(two[0].lines[0].high == std::vector<double>{3});
    CHECK_FALSE(two[0].of_node);
    CHECK(two[2].of_node);
    CHECK(two[2].pool == "p");
    CHECK(of({1, 2, 3, 4, 5}, true).size() == 6);
    const auto six = of({1, 2, 3, 4, 5, 6}, true);
    REQUIRE(six.size() == 1);
    CHECK(six[0].note == "How. Medians of 6 nodes, with their quartiles.");
    CHECK(six[0].lines[0].low == std::vector<double>{2.25});
    CHECK(six[0].lines[0].high == std::vector<double>{4.75});
    const auto lines = of({1, 3}, false);
    CHECK(lines[0].note == "How. Medians of 2 nodes.");
    CHECK(lines[0].lines[0].x == std::vector<double>{20});
    CHECK(lines[0].lines[0].low.empty());
    // Only nodes that have the same points are alike.
    std::vector<node_chart> unlike{
        {"p", "a", chart(1, true)}, {"p", "b", chart(5, true)}, {"p", "c", chart(9, true)}};
    unlike[1].chart.labels = {"sum"};
    unlike[2].chart.lines[0].y = {9, 9};
    CHECK(charts_by_pool(unlike, " on ")[0].lines[0].y == std::vector<double>{1});
}

TEST_CASE("of many servers' loads those at the quartiles and the median of their rates are shown") {
    const auto of = [](int count) {
        std::vector<load_claims> loads;
        for (int i = 0; i < count; ++i) {
            load_claims load{};
            load.server.pool = "p", load.server.node = "n" + std::to_string(i);
            load.rounds.push_back({100.0 - i, false, std::nullopt, {}});
            loads.push_back(load);
        }
        load_claims other{};
        other.server.pool = "p", other.closed_loop = true;
        loads.push_back(other);
        std::vector<std::string> names;
        for (const auto& one : loads_to_show(std::move(loads))) names.push_back(one.server.node);
        return names;
    };
    CHECK(of(5) == std::vector<std::string>{"n0", "n1", "n2", "n3", "n4", ""});
    CHECK(of(9) == std::vector<std::string>{"n6 (lower quartile of 9)", "n4 (median of 9)",
                                            "n2 (upper quartile of 9)", ""});
}

TEST_CASE("a list names a handful, and of more the first two") {
    CHECK(listed({}) == "");
    CHECK(listed({"a"}) == "a");
    CHECK(listed({"a", "b"}) == "a and b");
    CHECK(listed({"a", "b", "c", "d", "e"}) == "a, b, c, d and e");
    CHECK(listed({"a", "b", "c", "d", "e", "f"}) == "a, b and 4 more");
    CHECK(rounds_figure(1).text == "1 round");
    CHECK(rounds_figure(0).show(2.6) == "3 rounds");
    CHECK(number_figure(0.5).text == "0.500");
    CHECK(number_figure({}).text == "unknown");
}
