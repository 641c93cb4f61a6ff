// The example report: what is checked in is what the documents beside it make, in every form.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

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

report made_of(const loaded_documents& from) {
    auto made = make_report(from, price_table::built_in(), "2026-11-24");
    made.command = "lanewise-bench report";
    for (const auto& one : from.documents) made.command += " " + one.file;
    made.command += " --date 2026-11-24 -o report.txt";
    return made;
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

}  // namespace

TEST_CASE("the example report says what its documents say, line by line") {
    std::ifstream file{LANEWISE_EXAMPLES "/report.txt", std::ios::binary};
    const std::string kept{std::istreambuf_iterator<char>{file}, {}};
    const auto shown = lines_of(to_terminal(made_of(composed()), false)), expected = lines_of(kept);
    REQUIRE(shown.size() == expected.size());
    for (std::size_t i = 0; i < shown.size(); ++i) CHECK(shown[i] == expected[i]);
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
