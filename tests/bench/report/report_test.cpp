#include "bench/report/report.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "bench/claims/claims_kernels.hpp"
#include "bench/figures/format.hpp"
#include "bench/machine/environment.hpp"
#include "bench/machine/measured_machine.hpp"

using namespace lanewise::bench;
namespace json = boost::json;

namespace {

json::object row(const std::string& name, double items_per_second) {
    return {{"name", name},
            {"run_name", name},
            {"run_type", "iteration"},
            {"items_per_second", items_per_second},
            {"bytes_per_second", 4 * items_per_second}};
}

/// Nine repetitions around a rate.
void add_rows(json::object& content, const std::string& name, double rate, double spread = 0.01) {
    if (content["kernels"].is_null())
        content["kernels"] = {{"context", json::object{}}, {"benchmarks", json::array{}}};
    for (int i = -4; i <= 4; ++i) {
        content["kernels"]
            .at("benchmarks")
            .as_array()
            .push_back(row(name + "/n:4096/iterations:100/repeats:9", rate * (1 + spread * i / 4)));
    }
}

json::object on(const char* recording, const char* program) {
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "run"});
    put_machine(
        content,
        lanewise::machine::read(std::string{LANEWISE_TEST_DATA "/machines/"} + recording, program),
        {});
    return content;
}

document loaded(const json::object& content) {
    auto parsed = parse_document("a.json", document_text(content));
    REQUIRE(std::holds_alternative<document>(parsed));
    return std::get<document>(parsed);
}

report report_of(const json::object& content) {
    return make_report({{loaded(content)}, {}});
}

/// A machine of a pool with kernels measured on it, and what it is set to.
document set_to(const char* pool, const char* node, const json::object& settings) {
    auto content = on("m7i-2xlarge-pod", "x86_64");
    add_rows(content, "dot_f32/avx2/L1", 1e9);
    auto& machine = content["machine"].as_object();
    machine["pool"] = pool;
    machine["node"] = node;
    for (const auto& [name, value] : settings) machine[name] = value;
    return loaded(content);
}

std::vector<std::string> about_settings(const report& made) {
    std::vector<std::string> found;
    for (const auto& warning : made.warnings) {
        if (warning.find("not set alike") != std::string::npos) found.push_back(warning);
    }
    return found;
}

const report_table* settings_of(const report& made) {
    const auto found = std::ranges::find(made.tables, "Settings that differ", &report_table::title);
    return found == made.tables.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("machines of one pool that are not set alike are named, with what differs") {
    const auto made = make_report(
        {{set_to("m7i", "a", {{"microcode", "0x1"}}), set_to("m7i", "b", {{"microcode", "0x2"}}),
          set_to("m7i", "c", {{"microcode", "0x2"}, {"vulnerabilities", {{"mds", "Vulnerable"}}}}),
          set_to("m7i", "d", {{"vulnerabilities", {{"mds", "Not affected"}}}})},
         {}});
    const auto warnings = about_settings(made);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0] ==
          "The machines of m7i are not set alike: they differ in microcode and vulnerability mds "
          "(table \"Settings that differ\").");
    const auto* table = settings_of(made);
    REQUIRE(table);
    REQUIRE(table->rows.size() == 4);
    CHECK(table->rows[0] == std::vector<std::string>{"microcode", "m7i", "a", "0x1"});
    CHECK(table->rows[1] == std::vector<std::string>{"microcode", "m7i", "b and c", "0x2"});
    CHECK(table->rows[3] ==
          std::vector<std::string>{"vulnerability mds", "m7i", "c", "Vulnerable"});
}

TEST_CASE("pools that are not set alike are named; what is the CPU's own is shown, not warned of") {
    const auto made = make_report({{set_to("m7i", "a",
                                           {{"microcode", "0x1"},
                                            {"transparent_huge_pages", "always"},
                                            {"vulnerabilities", {{"mds", "Mitigation: x"}}}}),
                                    set_to("m7g", "b",
                                           {{"microcode", "0x2"},
                                            {"transparent_huge_pages", "never"},
                                            {"vulnerabilities", {{"mds", "Not affected"}}}})},
                                   {}});
    const auto warnings = about_settings(made);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0] ==
          "The pools are not set alike: they differ in transparent huge pages (table \"Settings "
          "that differ\").");
    const auto* table = settings_of(made);
    REQUIRE(table);
    REQUIRE(table->rows.size() == 4);  // huge pages and mds; microcode belongs to the CPU
}

TEST_CASE("what is not recorded is no difference, and documents without settings are read") {
    auto old = on("m7i-2xlarge-pod", "x86_64");
    add_rows(old, "dot_f32/avx2/L1", 1e9);
    for (const auto* field :
         {"vulnerabilities", "smt_control", "microcode", "page_size_bytes",
          "transparent_huge_pages", "numa_balancing", "c_library", "memory_limit_bytes"}) {
        REQUIRE(old["machine"].as_object().erase(field) == 1);
    }
    const auto made = make_report({{loaded(old), set_to("m7i", "b", {{"microcode", "0x2"}}),
                                    set_to("m7i", "c", {{"microcode", nullptr}})},
                                   {}});
    CHECK(about_settings(made).empty());
    CHECK(settings_of(made) == nullptr);
}

/// A report whose every text is the same.
report all_of(const std::string& text) {
    report made;
    made.verdict = text;
    made.warnings = {text};
    made.tables = {{text, text, {text, text}, 2, {{text, text}}}};
    made.charts = {{.title = text,
                    .note = text,
                    .x_axis = text,
                    .y_axis = text,
                    .labels = {text},
                    .lines = {{.name = text, .x = {}, .y = {1}, .low = {}, .high = {}}}}};
    made.sources = {{text, text, text, text}};
    made.command = text;
    return made;
}

bool has_control(const std::string& text) {
    return std::ranges::any_of(text, [](char letter) {
        return (static_cast<unsigned char>(letter) < 0x20 && letter != '\n') || letter == 0x7f;
    });
}

TEST_CASE("no name moves a terminal's cursor, breaks a line or turns the writing direction") {
    const std::string hostile =
        "a\x1b[2J\x07\r\nb\tc\xc2\x9b"
        "d\xe2\x80\xae"
        "e\xff";
    const auto made = all_of(hostile);
    for (const auto& text : {to_terminal(made, false), to_markdown(made)}) {
        CHECK_FALSE(has_control(text));
        CHECK(text.find("\xe2\x80\xae") == std::string::npos);
        CHECK(text.find("\xc2\x9b") == std::string::npos);
    }
    CHECK(to_terminal(made, false).starts_with("a\\x1b[2J\\x07  b c\\x9bd\\u202ee\\xff\n"));
    const auto html = to_html(made);
    CHECK(html.find('\x1b') == std::string::npos);
    CHECK(html.find("\xe2\x80\xae") == std::string::npos);
}

TEST_CASE("no name becomes Markdown: links, headings, lists, elements, cells and code stay text") {
    const auto text = to_markdown(all_of("![x](http://h/y) <b> # h | c **d** `e` ~f~ &lt;"));
    CHECK(text.find(
              "\\!\\[x\\](http://h/y) \\<b\\> \\# h \\| c \\*\\*d\\*\\* \\`e\\` \\~f\\~ \\&lt;") !=
          std::string::npos);
    // In code nothing is escaped; the fence is longer than what is inside.
    CHECK(text.find("- `` ![x](http://h/y) <b> # h | c **d** `e` ~f~ &lt; ``") !=
          std::string::npos);
    CHECK(to_markdown(all_of("- x")).find("\n- \\- x") != std::string::npos);
    CHECK(to_markdown(all_of("`` a")).find("``` `` a ```") != std::string::npos);
}

TEST_CASE("no name becomes HTML") {
    const auto html = to_html(all_of("</title></script><script>alert('x')</script>\"&"));
    CHECK(html.find("<script>alert") == std::string::npos);
    CHECK(html.find("&lt;/title&gt;&lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/"
                    "script&gt;&quot;&amp;") != std::string::npos);
}

TEST_CASE("numbers are shown with three digits and a prefix") {
    CHECK(digits(0.012345) == "0.0123");
    CHECK(digits(12345) == "12300");
    CHECK(digits(1) == "1.00");
    CHECK(digits(999.6) == "1000");
    CHECK(digits(0) == "0");
    CHECK(with_prefix(28.94e9, "B/s") == "28.9 GB/s");
    CHECK(with_prefix(0.00025, "s") == "250 µs");
    CHECK(with_prefix(160e3, "requests/s") == "160 k requests/s");
    CHECK(with_prefix(160, "requests/s") == "160 requests/s");
    CHECK(percent(0.042) == "4.2 %");
    CHECK(percent(1.3) == "130 %");
    CHECK(counted(1, "core") == "1 core");
    CHECK(counted(2, "core") == "2 cores");
}

TEST_CASE(
    "the fastest variant wins where the intervals part, and is undecided where they overlap") {
    auto content = on("epyc-guest", "x86_64");
    add_rows(content, "dot_f32/avx512/L1", 2e9);
    add_rows(content, "dot_f32/avx2/L1", 1e9);
    add_rows(content, "sum_f32/avx512/L1", 1.00e9);
    add_rows(content, "sum_f32/avx2/L1", 1.001e9);
    const auto rates = kernel_rates(loaded(content));
    REQUIRE(rates.size() == 4);
    CHECK(rates[0].variant == "avx512");
    CHECK(rates[0].parameters == "n:4096");
    CHECK(rates[0].items_per_second.median == doctest::Approx(2e9));
    CHECK(rates[0].bytes_per_second == doctest::Approx(8e9));
    const auto winners = kernel_winners(rates);
    REQUIRE(winners.size() == 2);
    CHECK(winners[0].variant == "avx512");
    CHECK(winners[0].runner_up == "avx2");
    CHECK(winners[0].lead == doctest::Approx(2));
    CHECK(winners[0].decided);
    CHECK_FALSE(winners[1].decided);
    const auto made = report_of(content);
    CHECK(
        made.verdict ==
        "On AMD EPYC, avx2 is the fastest variant in 1 of 2 measured cases; in 1 the lead over the "
        "next variant is not decided.");
}

TEST_CASE("portable, wide and short rows are shown and not ranked, with the reason") {
    auto content = on("epyc-guest", "x86_64");
    add_rows(content, "dot_f32/portable/L1", 9e9);
    add_rows(content, "dot_f32/avx2/L1", 2e9, 0.3);
    content["kernels"].at("benchmarks").as_array().push_back(row("dot_f32/avx512/L1/n:4096", 3e9));
    const auto rates = kernel_rates(loaded(content));
    REQUIRE(rates.size() == 3);
    for (const auto& rate : rates) CHECK(rate.unranked);
    CHECK(kernel_winners(rates).empty());
    CHECK(report_of(content).verdict == "On AMD EPYC no kernel's figures may be ranked.");
}

TEST_CASE("an emulated document is shown, refused a rank, and says why") {
    auto content = on("epyc-guest", "aarch64");
    content["machine"].as_object()["pool"] = "arm";
    add_rows(content, "dot_f32/neon/L1", 2e9);
    const auto made = report_of(content);
    CHECK(made.verdict == "Nothing measured on arm (emulated) may be ranked.");
    REQUIRE(made.warnings.size() == 1);
    CHECK(made.warnings[0] ==
          "arm (emulated) is not ranked. The program ran under emulation: its times are the "
          "emulator's.");
    CHECK(to_terminal(made, false).find("no: see above") != std::string::npos);
}

TEST_CASE("a throttled document is refused a rank") {
    auto content = on("epyc-guest", "x86_64");
    add_rows(content, "dot_f32/avx2/L1", 2e9);
    CHECK(reasons_not_to_rank(loaded(content)).empty());
    lanewise::machine::facts machine;
    machine.cpuset = {0, 1};
    snapshot before, after;
    before.seconds = 0, before.throttled_periods = 0;
    after.seconds = 10, after.throttled_periods = 5;
    put_environment(content, machine, before, after);
    const auto made = report_of(content);
    const auto met = std::ranges::find(made.tables, "What the runs met", &report_table::title);
    REQUIRE(met != made.tables.end());
    CHECK(met->rows.at(0).at(2) == "10.0");
    CHECK(met->rows.at(0).at(4) == "5.00");
    CHECK(reasons_not_to_rank(loaded(content)) ==
          std::vector<std::string>{"The cgroup's CPU quota stopped the process in 5 periods."});
    CHECK(report_of(content).verdict == "Nothing measured on AMD EPYC may be ranked.");
}

TEST_CASE(
    "bad documents are named, contradictions shown, sources hashed, synthetic ones marked "
    "everywhere") {
    auto content = on("contradicting", "x86_64");
    content["synthetic"] = true;
    add_rows(content, "dot_f32/avx2/L1", 2e9);
    const auto one = loaded(content);
    const auto made = make_report({{one}, {{"b.json", "/machine/cores", "must be integer"}}});
    const auto text = to_terminal(made, false);
    CHECK(text.starts_with("SYNTHETIC"));
    CHECK(text.find("! Not counted: b.json: field /machine/cores: must be integer.") !=
          std::string::npos);
    CHECK(text.find("hwloc counts 8 cores, sysfs 4.") != std::string::npos);
    CHECK(text.find("a.json  sha256 " + one.sha256) != std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
    for (const auto& table : made.tables) {
        CHECK(text.find("SYNTHETIC: not all of this was measured. " + table.title) !=
              std::string::npos);
    }
}

TEST_CASE("no documents: no verdict is invented") {
    CHECK(make_report({}).verdict == "There is nothing to judge: no document holds a measurement.");
}
