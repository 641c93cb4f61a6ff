// The example report and plan: what is checked in is what the documents beside them make, in every
// form.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench/report/plan_files.hpp"
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

TEST_CASE("a name that Kubernetes takes, with room for the architecture behind it") {
    for (const auto& name : std::vector<std::string>{"a", "z9", "a-b", std::string(57, 'a')})
        CHECK(is_object_name(name));
    for (const auto& name :
         std::vector<std::string>{"", "9a", "-a", "a-", "A", "a.b", "a_b", std::string(58, 'a')})
        CHECK_FALSE(is_object_name(name));
}
