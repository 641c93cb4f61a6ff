// The example report and plan: what is checked in is what the documents beside them make, in every
// form.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench/report/plan_files.hpp"
#include "bench/report/plan_parts.hpp"
#include "bench/report/plan_report.hpp"
#include "bench/report/report.hpp"
#include "tests/bench/claims/example_documents.hpp"

using namespace lanewise::bench;

namespace {

/// By the names that the example's command has for them.
loaded_documents composed() {
    loaded_documents loaded{example_documents(), {}};
    for (auto& one : loaded.documents)
        one.file = std::filesystem::path{one.file}.filename().string();
    return loaded;
}

std::string command_of(const std::string& name, const loaded_documents& from,
                       const std::string& rest) {
    auto command = "lanewise-bench " + name;
    for (const auto& one : from.documents) command += " " + one.file;
    return command + rest;
}

report made_of(const loaded_documents& from) {
    auto made = make_report(from, price_table::built_in(), "2026-11-24");
    made.command = command_of("report", from, " --date 2026-11-24 -o report.txt");
    return made;
}

plan planned(const loaded_documents& from) {
    plan_request asked;
    asked.peak = 600'000;
    asked.p99_ms = 5;
    auto found = plan_for(from.documents, price_table::built_in(), asked);
    REQUIRE(found.made);
    return *found.made;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines{""};
    for (const char letter : text) {
        if (letter == '\n')
            lines.emplace_back();
        else
            lines.back() += letter;
    }
    return lines;
}

void check_kept(const char* name, const report& made) {
    std::ifstream file{std::filesystem::path{LANEWISE_EXAMPLES} / name, std::ios::binary};
    const std::string kept{std::istreambuf_iterator<char>{file}, {}};
    const auto shown = lines_of(to_terminal(made, false)), expected = lines_of(kept);
    REQUIRE(shown.size() == expected.size());
    for (std::size_t i = 0; i < shown.size(); ++i) CHECK(shown[i] == expected[i]);
}

}  // namespace

TEST_CASE("the example report says what its documents say, line by line") {
    check_kept("report.txt", made_of(composed()));
}

TEST_CASE("the example plan says what its documents say, line by line") {
    const auto documents = composed();
    auto shown = plan_report(planned(documents), made_of(documents));
    shown.command =
        command_of("plan", documents, " --peak 600000 --p99-ms 5 --date 2026-11-24 -o plan.txt");
    check_kept("plan.txt", shown);
}

TEST_CASE("a plan's files name what they are for, and each kustomization names its files") {
    const auto found = files_of(planned(composed()), {.name = "cart", .name_space = "shop"});
    REQUIRE(found.files.size() > 5);
    for (const auto& file : found.files) {
        CAPTURE(file.path);
        CHECK(file.text.find("lanewise-a") == std::string::npos);
        if (file.path.ends_with("kustomization.yaml")) {
            CHECK(file.text.find("kind: Component") != std::string::npos);
            const auto folder = std::filesystem::path{file.path}.parent_path();
            for (const auto& other : found.files) {
                const std::filesystem::path path{other.path};
                if (path.parent_path() == folder && other.path != file.path)
                    CHECK(file.text.find(path.filename().string()) != std::string::npos);
            }
        }
    }
}

TEST_CASE("every form of a report has every table, every note and every cell") {
    const auto made = made_of(composed());
    REQUIRE(made.tables.size() > 10);
    const auto markdown = to_markdown(made), html = to_html(made);
    for (const auto& table : made.tables) {
        CAPTURE(table.title);
        CHECK(markdown.find(table.title) != std::string::npos);
        CHECK(table.rows.size() > 0);
        for (const auto& row : table.rows) {
            REQUIRE(row.size() == table.head.size());
            // What stands for itself in both forms.
            for (const auto& cell : row) {
                if (cell.find_first_of("<>&|*_\\'\"") != std::string::npos) continue;
                CHECK_MESSAGE(markdown.find(cell) != std::string::npos, cell);
                CHECK_MESSAGE(html.find(cell) != std::string::npos, cell);
            }
        }
    }
    for (const auto& source : made.sources) {
        CHECK(markdown.find(source.sha256) != std::string::npos);
        CHECK(html.find(source.sha256) != std::string::npos);
    }
}

TEST_CASE("a plan's files hold the plan's own numbers, the cheaper pool first") {
    const auto found = files_of(planned(composed()), {});
    CHECK(found.left_out.empty());
    const auto has = [&](const std::string& path, const std::string& text) {
        const auto file = std::ranges::find(found.files, path, &plan_file::path);
        return file != found.files.end() && file->text.find(text) != std::string::npos;
    };
    // Six nodes a pool over three zones, a pod a node; what is busy there is checked by hand in
    // plan_test.
    for (const std::string architecture : {"amd64", "arm64"}) {
        CAPTURE(architecture);
        CHECK(has("replicas/replicas-" + architecture + ".yaml", "  replicas: 6\n"));
        CHECK(has("autoscaled/hpa-" + architecture + ".yaml", "  minReplicas: 3\n"));
        CHECK(has("autoscaled/hpa-" + architecture + ".yaml", "  maxReplicas: 6\n"));
        CHECK(has("nodepools/nodepool-" + architecture + ".yaml", "    cpu: \"48\"\n"));
        CHECK(has("nodepools/nodepool-" + architecture + ".yaml", "kind: EC2NodeClass"));
    }
    CHECK(has("autoscaled/hpa-arm64.yaml", "averageUtilization: 45\n"));
    CHECK(has("autoscaled/hpa-amd64.yaml", "averageUtilization: 40\n"));
    CHECK(has("nodepools/nodepool-arm64.yaml", "  weight: 100\n"));
    CHECK(has("nodepools/nodepool-amd64.yaml", "  weight: 10\n"));
    CHECK(has("affinity/affinity.yaml", "- arm64\n"));
    CHECK_FALSE(has("affinity/affinity.yaml", "- amd64\n"));
    // 159 to 157 thousand a node, as many nodes of each.
    CHECK(has("route/httproute.yaml",
              "lanewise-arm64\n          port: 8080\n          weight: 50\n"));
    CHECK(has("route/httproute.yaml",
              "lanewise-amd64\n          port: 8080\n          weight: 50\n"));
}

namespace {

bool has_file(const plan_files& found, const std::string& begin) {
    return std::ranges::any_of(found.files,
                               [&](const plan_file& one) { return one.path.starts_with(begin); });
}

bool leaves_out(const plan_files& found, const std::string& text) {
    return std::ranges::find(found.left_out, text) != found.left_out.end();
}

std::string text_of(const plan_files& found, const std::string& path) {
    const auto file = std::ranges::find(found.files, path, &plan_file::path);
    return file == found.files.end() ? "" : file->text;
}

}  // namespace

TEST_CASE("a plan's figures that are not decided are no files, and why is said") {
    const auto sure = planned(composed());
    auto made = sure;
    made.pools[1].one_node = true;
    auto found = files_of(made, {});
    CHECK(leaves_out(found, "replicas and route: m7i.2xlarge rests on one node"));
    CHECK(leaves_out(found, "autoscaled, lanewise-amd64: m7i.2xlarge rests on one node"));
    CHECK_FALSE(has_file(found, "replicas/"));
    CHECK_FALSE(has_file(found, "autoscaled/hpa-amd64"));
    CHECK(has_file(found, "autoscaled/hpa-arm64"));
    CHECK(text_of(found, "autoscaled/kustomization.yaml").find("hpa-arm64.yaml") !=
          std::string::npos);
    made = sure;
    made.pools[0].node_rates.reset();
    made.pools[1].scaling.undecided = "its CPUs were hardly used";
    found = files_of(made, {});
    CHECK(leaves_out(found, "replicas and route: m7g.2xlarge has too few rounds for an interval"));
    CHECK(leaves_out(found,
                     "autoscaled, lanewise-arm64: m7g.2xlarge has too few rounds for an interval"));
    CHECK(leaves_out(found, "autoscaled, lanewise-amd64: m7i.2xlarge: its CPUs were hardly used"));
    CHECK_FALSE(has_file(found, "autoscaled/"));
    made = sure;
    made.cost_decided = false;
    found = files_of(made, {});
    CHECK(leaves_out(found, "affinity and nodepools: that a pool is cheaper is not decided"));
    CHECK_FALSE(has_file(found, "affinity/"));
    CHECK_FALSE(has_file(found, "nodepools/"));
}

TEST_CASE("an autoscaler keeps what the loss leaves room for: a pod a zone, two, or one") {
    auto made = planned(composed());
    made.asked.zones = 4;
    for (const auto& [lost, least] :
         {std::pair{loss::zone, "4"}, std::pair{loss::node, "2"}, std::pair{loss::none, "1"}}) {
        made.asked.survived = lost;
        const auto& says = made.asked.survived;
        CHECK(plan_json(made, {}).at("asked").at("survive") == (says == loss::zone   ? "zone"
                                                                : says == loss::node ? "node"
                                                                                     : "none"));
        CHECK(text_of(files_of(made, {}), "autoscaled/hpa-arm64.yaml")
                  .find(std::string{"  minReplicas: "} + least + "\n") != std::string::npos);
    }
}

TEST_CASE("a route's weights are what the planned nodes hold, and need two pools that are known") {
    const auto sure = planned(composed());
    auto made = sure;
    made.capacity = ratio_interval{3, {2.9, 3.1}, {2.9, 3.1}, false};
    made.pools[0].nodes = 2, made.pools[1].nodes = 4;
    const auto route = text_of(files_of(made, {}), "route/httproute.yaml");
    CHECK(route.find("lanewise-arm64\n          port: 8080\n          weight: 60\n") !=
          std::string::npos);
    CHECK(route.find("lanewise-amd64\n          port: 8080\n          weight: 40\n") !=
          std::string::npos);
    for (const auto& wide : {interval{1.5, 3.1}, interval{2.9, 5}}) {
        made.capacity->ci95 = wide;
        CHECK(leaves_out(files_of(made, {}),
                         "route: the interval of the pools' rates moves a weight by more than 5 of "
                         "100"));
    }
    made.capacity.reset();
    CHECK(leaves_out(files_of(made, {}), "route: weights need two pools"));
    made = sure;
    made.pools.resize(1);
    CHECK(leaves_out(files_of(made, {}), "route: weights need two pools"));
}

TEST_CASE("node pools are written for the clouds that Karpenter runs on") {
    const auto sure = planned(composed());
    auto made = sure;
    for (auto& pool : made.pools) pool.provider = "azure";
    CHECK(text_of(files_of(made, {}), "nodepools/nodepool-arm64.yaml").find("kind: AKSNodeClass") !=
          std::string::npos);
    made.pools[0].scaling.cpus = 0;  // not known
    CHECK(text_of(files_of(made, {}), "nodepools/nodepool-arm64.yaml").find("limits") ==
          std::string::npos);
    for (const auto& [provider, name] :
         {std::pair{"gcp", "gcp"}, std::pair{"", "no known cloud"}}) {
        made.pools[1].provider = provider;
        const auto found = files_of(made, {});
        CHECK(leaves_out(
            found,
            std::string{"nodepools: Karpenter runs on AWS and Azure, and m7i.2xlarge is of "} +
                name));
        CHECK_FALSE(has_file(found, "nodepools/"));
    }
}

TEST_CASE("a mix has a row of both pools together, each sum under its column") {
    plan_request asked;
    asked.peak = 600'000, asked.p99_ms = 5, asked.mix = 0.75, asked.growth = 0.2, asked.burst = 1.5;
    auto documents = composed();
    const auto found = plan_for(documents.documents, price_table::built_in(), asked);
    REQUIRE(found.made);
    auto made = *found.made;
    made.left_out = {"c7x.large: no round gave a figure"};
    const auto shown = plan_report(made, made_of(documents));
    CHECK(shown.warnings.at(0) == "No plan for c7x.large: no round gave a figure.");
    const auto table = std::ranges::find_if(
        shown.tables, [](const report_table& one) { return one.title.starts_with("Mix: "); });
    REQUIRE(table != shown.tables.end());
    CHECK(table->title == "Mix: 75.0 % on m7g.2xlarge, the rest on m7i.2xlarge");
    REQUIRE(table->rows.size() == 3);
    const auto& both = table->rows[2];
    const auto sum = [&](auto of) { return of(made.mix[0]) + of(made.mix[1]); };
    CHECK(both[0] == "both");
    CHECK(both[1] == "1.08 M/s");  // the peak, a fifth more, half as much again
    CHECK(both[4] == std::to_string(sum([](const pool_plan& of) { return of.nodes; })));
    const int best = sum([](const pool_plan& of) { return of.nodes_at_best; });
    CHECK(both[5] ==
          (std::to_string(best) == both[4] ? both[4] : std::to_string(best) + " to " + both[4]));
    const auto number = [&](std::size_t row, std::size_t column) {
        const auto& cell = table->rows[row][column];
        return std::stod(cell.substr(cell.starts_with('$') ? 1 : 0));
    };
    for (const std::size_t column : {6U, 7U, 9U, 11U}) {
        CAPTURE(column);
        CHECK(number(2, column) ==
              doctest::Approx(number(0, column) + number(1, column)).epsilon(0.01));
    }
    const auto dollars = [](const std::string& range) {
        return std::pair{std::stod(range.substr(1)),
                         std::stod(range.substr(range.find(" to $") + 5))};
    };
    const auto one = dollars(table->rows[0][12]), other = dollars(table->rows[1][12]);
    CHECK(dollars(both[12]).first == doctest::Approx(one.first + other.first).epsilon(0.01));
    CHECK(dollars(both[12]).second == doctest::Approx(one.second + other.second).epsilon(0.01));
    const auto peaks = std::ranges::find_if(shown.tables, [](const report_table& of) {
        return of.title.starts_with("Nodes and dollars over the peak");
    });
    REQUIRE(peaks != shown.tables.end());
    CHECK(peaks->note.find("; with 20.0 % of growth; with bursts of 1.50 times the peak.") !=
          std::string::npos);
}

TEST_CASE("peaks rise by 1, 2, 5 and 10 from half of what the slowest pool's node holds") {
    pool_plan fast, slow;
    fast.pool = "fast", fast.planned_node_rate = 1000, fast.usd_per_hour = 0.2;
    slow.pool = "slow", slow.planned_node_rate = 400, slow.usd_per_hour = 0.1;
    plan_request asked;
    asked.survived = loss::none;
    const auto rows = [&] { return peaks_table({"GET /", {fast, slow}}, asked).rows; };
    const auto peaks = [&] {
        std::string all;
        for (const auto& row : rows()) all += row[0] + ", ";
        return all;
    };
    CHECK(peaks() == "200 /s, 500 /s, 1.00 k/s, 2.00 k/s, 5.00 k/s, 10.0 k/s, 20.0 k/s, ");
    // At 500 a second one node of 1,000 costs what two of 400 do.
    CHECK(rows()[1] == std::vector<std::string>{"500 /s", "1", "$146", "2", "$146", "fast, slow"});
    CHECK(rows()[0].back() == "slow");
    CHECK(rows()[2] == std::vector<std::string>{"1.00 k/s", "1", "$146", "3", "$219", "fast"});
    asked.growth = 0.5, asked.burst = 2;
    CHECK(rows()[2] == std::vector<std::string>{"1.00 k/s", "3", "$438", "8", "$584", "fast"});
    fast.usd_per_hour.reset(), slow.usd_per_hour.reset();
    CHECK(rows()[2] ==
          std::vector<std::string>{"1.00 k/s", "3", "no price", "8", "no price", "no price"});
    slow.planned_node_rate = 1999.9999999999;  // 1,000 to the last digits
    fast.planned_node_rate = 3000;
    CHECK(rows()[0][0] == "1.00 k/s");
    slow.planned_node_rate = 2010;
    CHECK(rows()[0][0] == "2.00 k/s");
}

TEST_CASE("a name that Kubernetes takes, with room for the architecture behind it") {
    for (const auto& name : std::vector<std::string>{"a", "z0", "a-b", std::string(57, 'a')})
        CHECK(is_object_name(name));
    for (const auto& name :
         std::vector<std::string>{"", "9a", "-a", "a-", "A", "a.b", "a_b", std::string(58, 'a')})
        CHECK_FALSE(is_object_name(name));
}
