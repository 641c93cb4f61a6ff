// Commands that make something of documents: in which format they write it, and how they end.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "bench/documents/files.hpp"
#include "tests/bench/temporary_folder.hpp"
#include "typed_command.hpp"

using namespace lanewise::bench;

namespace {

using list = std::vector<std::string>;

const std::string amd64 = LANEWISE_EXAMPLES "/synthetic-amd64-1.json";
const std::string arm64 = LANEWISE_EXAMPLES "/synthetic-arm64-1.json";

/// By how a text begins: "html", "markdown", "json", "csv" or "text".
std::string format_of(const std::string& text) {
    if (text.starts_with("<!")) return "html";
    if (text.starts_with('{') || text.starts_with('[')) return "json";
    if (text.starts_with("file,machine,")) return "csv";
    return text.find("|---") != text.npos || text.find("|:---") != text.npos ||
                   text.find("| ---") != text.npos
               ? "markdown"
               : "text";
}

}  // namespace

TEST_CASE("documents are exported in the format that is named, Google Benchmark's one at a time") {
    const auto exported = [](const list& files, const char* format) {
        list words{"export", "--format", format};
        words.insert(words.end(), files.begin(), files.end());
        return typed(add_export, words);
    };
    CHECK(format_of(exported({amd64, arm64}, "csv").output) == "csv");
    CHECK(exported({amd64, arm64}, "csv").status == 0);
    CHECK(exported({amd64}, "action-benchmark").output.starts_with("["));
    CHECK(exported({amd64, arm64}, "action-benchmark").status == 0);
    CHECK(exported({amd64, arm64}, "google-benchmark").status == 2);
    CHECK(exported({amd64, arm64}, "google-benchmark").errors ==
          "compare.py reads one document a file: export one at a time");
    CHECK(exported({"/none.json"}, "csv").status == 1);
    CHECK(exported({"/none.json"}, "csv").errors.find("not counted: /none.json") !=
          std::string::npos);
    CHECK(exported({"/none.json", amd64}, "csv").status == 0);
    CHECK(exported({amd64}, "pdf").status == 2);
}

TEST_CASE("a report is written in the format that is named, else in that of its file's ending") {
    const temporary_folder here;
    const auto written = [&](const std::string& name, const list& more = {}) {
        list words{"report", amd64, "--date", "2026-02-02", "-o", here / name};
        words.insert(words.end(), more.begin(), more.end());
        const auto made = typed(add_report, words);
        return made.status == 0 ? format_of(read_file(here / name)) : made.errors;
    };
    for (const auto* name : {"a.md", "a.markdown"}) CHECK(written(name) == "markdown");
    for (const auto* name : {"a.html", "a.htm"}) CHECK(written(name) == "html");
    for (const auto* name : {"a.txt", "a.log", "a", "a.b-c"}) CHECK(written(name) == "text");
    CHECK(written("a.pdf").find("a report is never pdf") != std::string::npos);
    CHECK(written("a.p").find("a report is never p;") != std::string::npos);
    CHECK(written("a.pdf", {"--format", "html"}) == "html");
    CHECK(written("a.md", {"--format", "text"}) == "text");
    const auto shown = typed(add_report, {"report", amd64, "--date", "2026-02-02"});
    CHECK(shown.status == 0);
    CHECK(format_of(shown.output) == "text");
    CHECK(typed(add_report, {"report", "/none.json"}).status == 1);
    CHECK(typed(add_report, {"report", amd64, "--date", "2026-2-2"}).status == 2);
}

TEST_CASE("a plan is written in the format that is named, else in that of its file's ending") {
    const temporary_folder here;
    list files;
    for (const auto* pool : {"amd64", "arm64"})
        for (const auto* number : {"1", "2", "3"})
            files.push_back(LANEWISE_EXAMPLES "/synthetic-" + std::string{pool} + "-" + number +
                            ".json");
    const auto written = [&](const std::string& name, const list& more = {}) {
        list words{"plan", "--peak", "600000", "--date", "2026-02-02", "-o", here / name};
        words.insert(words.end(), files.begin(), files.end());
        words.insert(words.end(), more.begin(), more.end());
        const auto made = typed(add_plan, words);
        return made.status == 0 ? format_of(read_file(here / name)) : made.errors;
    };
    CHECK(written("a.md") == "markdown");
    CHECK(written("a.htm") == "html");
    CHECK(written("a.json") == "json");
    CHECK(written("a.txt") == "text");
    CHECK(written("a.json", {"--format", "markdown"}) == "markdown");
    // Its files go into a new folder or an empty one, under names that Kubernetes takes.
    CHECK(written("a", {"--emit", here / "new"}) == "text");
    CHECK(written("a", {"--emit", here / "new"}).find("must be a new folder or an empty one") !=
          std::string::npos);
    CHECK(written("a", {"--emit", here / "a"}).find("must be a new folder or an empty one") !=
          std::string::npos);
    CHECK(written("a", {"--emit", here / "other", "--name", "Shop"}).find("--name must be") !=
          std::string::npos);
}
