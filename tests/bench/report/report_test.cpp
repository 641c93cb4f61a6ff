#include "bench/report/report.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "bench/claims/claims_kernels.hpp"
#include "bench/documents/live_section.hpp"
#include "bench/documents/sha256.hpp"
#include "bench/documents/typed.hpp"
#include "bench/figures/format.hpp"
#include "bench/machine/environment.hpp"
#include "bench/machine/measured_machine.hpp"
#include "bench/report/report_parts.hpp"

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

namespace {

/// Two tables, of all pools and of a node, a line and bars with intervals.
report small_report() {
    report made;
    made.verdict = "a is cheaper.";
    made.tables = {{"Pools",
                    "By rate.",
                    {"pool", "rate", "why"},
                    1,
                    {{"a", "10", "is <b>"}, {"b\u00e4", "9.5", ""}}},
                   {"Threads", "", {"kernel"}, 1, {{"dot"}}, "a", true}};
    made.charts = {{.title = "Load",
                    .note = "A line.",
                    .x_axis = "rate",
                    .y_axis = "ms",
                    .logarithmic = true,
                    .labels = {},
                    .lines = {{.name = "a", .x = {1, 2}, .y = {3, 4}, .low = {}, .high = {}}}},
                   {.title = "Busy",
                    .note = "Bars.",
                    .x_axis = "",
                    .y_axis = "%",
                    .labels = {"one"},
                    .lines = {{.name = "x", .x = {}, .y = {5}, .low = {4}, .high = {6}},
                              {.name = "y", .x = {}, .y = {7}, .low = {}, .high = {}}},
                    .pool = "a",
                    .of_node = true}};
    made.sources = {{"a.json", "12ab", "made on a day", "lanewise-bench run"}};
    return made;
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
    const auto from = text.find(begin);
    REQUIRE(from != std::string::npos);
    const auto to = text.find(end, from + begin.size());
    REQUIRE(to != std::string::npos);
    return text.substr(from + begin.size(), to - from - begin.size());
}

/// The bytes of Base64.
std::string decoded(const std::string& text) {
    const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned kept = 0, bits = 0;
    for (const char letter : text) {
        if (letter == '=') break;
        kept = kept << 6 | static_cast<unsigned>(letters.find(letter));
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(kept >> bits & 255U);
    }
    return bytes;
}

}  // namespace

TEST_CASE("a report on a terminal is its verdict, what to know, tables in columns, and sources") {
    auto made = small_report();
    const std::string tables =
        "\nPools\nBy rate.\npool  rate  why\na       10  is <b>\nb\u00e4     9.5\n"
        "\nThreads\nkernel\ndot\n\nMade from\n";
    CHECK(to_terminal(made, false) ==
          "a is cheaper.\n" + tables +
              "a.json  sha256 12ab\n  made on a day: lanewise-bench run\n");
    made.warnings = {"b is old."};
    made.command = "lanewise-bench report a.json";
    CHECK(to_terminal(made, false) ==
          "a is cheaper.\n! b is old.\n" + tables +
              "a.json  sha256 12ab\n  made on a day: lanewise-bench run\n"
              "Made again by: lanewise-bench report a.json\n");
    made.many_nodes = true;
    const auto shortened = to_terminal(made, false);
    CHECK(shortened.find("a.json  sha256 12ab  made on a day\n") != std::string::npos);
    CHECK(to_terminal(made, true)
              .starts_with("\x1b[1ma is cheaper.\x1b[0m\n! b is old.\n\n\x1b[1mPools"));
    CHECK(to_terminal({}, false) == "\n");
}

TEST_CASE("a report in Markdown has the same, escaped, with numbers to the right") {
    auto made = small_report();
    const std::string tables =
        "\n## Pools\n\nBy rate.\n\n| pool | rate | why |\n|---|---:|---:|\n| a | 10 | is \\<b\\> "
        "|\n"
        "| b\u00e4 | 9.5 |  |\n\n## Threads\n\n| kernel |\n|---|\n| dot |\n\n## Made from\n\n";
    CHECK(to_markdown(made) ==
          "# Lanewise\n\n**a is cheaper.**\n" + tables +
              "- `a.json` sha256 `12ab`, made on a day: `lanewise-bench run`\n");
    made.warnings = {"b is old."};
    made.command = "x";
    made.synthetic = true;
    const auto text = to_markdown(made);
    CHECK(
        text.starts_with("# Lanewise\n\n> **SYNTHETIC**: not all of this was measured.\n\n**a is "
                         "cheaper.**\n\n- b is old.\n\n## SYNTHETIC: Pools\n"));
    CHECK(text.ends_with("\nMade again by `x`\n"));
    made.many_nodes = true;
    CHECK(to_markdown(made).find("- `a.json` sha256 `12ab`, made on a day\n") != std::string::npos);
}

TEST_CASE("a report in HTML has contents, charts with their points, and nodes that are folded") {
    auto made = small_report();
    const auto table = [](const std::string& id, const std::string& title, const std::string& note,
                          const std::string& rest) {
        return "<section>\n<h2 id=\"" + id + "\">" + title +
               "</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"" +
               id + "\">\n<table>\n<caption>" + note + "</caption>\n<thead>" + rest +
               "</tbody>\n</table>\n</div>\n</section>\n";
    };
    const auto chart = [](const std::string& id, const std::string& title, const std::string& note,
                          const std::string& rest) {
        return "<figure aria-labelledby=\"" + id + "-title\">\n<figcaption><h2 id=\"" + id +
               "-title\">" + title + "</h2></figcaption>\n<p class=\"note\">" + note +
               "</p>\n<div class=\"canvas\"><canvas id=\"" + id + "\" role=\"img\" aria-label=\"" +
               title + ". " + note +
               " The points stand in the table below.\"></canvas></div>\n<details><summary>The "
               "points as a table</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
               "aria-label=\"Points of " +
               title + "\"><table id=\"" + id + "-points\"><thead><tr>" + rest +
               "</tbody></table></div></details>\n</figure>\n";
    };
    const auto html = to_html(made);
    CHECK(
        between(html, "<main>\n", "</main>") ==
        "<h1>Lanewise</h1>\n<p class=\"verdict\">a is cheaper.</p>\n"
        "<nav aria-label=\"Contents\">\n<ul>\n<li><a href=\"#chart-0-title\">Load</a></li>\n"
        "<li><a href=\"#table-0\">Pools, table</a></li>\n"
        "<li><a href=\"#sources\">What this was made from</a></li>\n</ul>\n<p>a</p>\n<ul>\n"
        "</ul>\n<details><summary>Nodes of a</summary>\n<ul>\n"
        "<li><a href=\"#chart-1-title\">Busy</a></li>\n"
        "<li><a href=\"#table-1\">Threads, table</a></li>\n</ul>\n</details>\n</nav>\n" +
            chart("chart-0", "Load", "A line.",
                  "<th scope=\"col\">series</th><th scope=\"col\">rate</th><th "
                  "scope=\"col\">ms</th></tr></thead><tbody><tr><th scope=\"row\">a</th><td>1.00</"
                  "td><td>3.00</td></tr><tr><th scope=\"row\">a</th><td>2.00</td><td>4.00</td></"
                  "tr>") +
            table("table-0", "Pools", "By rate.",
                  "<tr><th scope=\"col\">pool</th><th scope=\"col\" class=\"number\">rate</th><th "
                  "scope=\"col\">why</th></tr></thead>\n<tbody>\n<tr><th scope=\"row\">a</th><td "
                  "class=\"number\">10</td><td>is &lt;b&gt;</td></tr>\n<tr><th "
                  "scope=\"row\">b\u00e4</th><td class=\"number\">9.5</td><td></td></tr>\n") +
            "<details class=\"nodes\"><summary>Nodes of a, one by one</summary>\n" +
            chart("chart-1", "Busy", "Bars.",
                  "<th scope=\"col\">series</th><th scope=\"col\">case</th><th "
                  "scope=\"col\">%</th><th scope=\"col\">95 % interval</th></tr></thead><tbody>"
                  "<tr><th scope=\"row\">x</th><td>one</td><td>5.00</td><td>4.00 to 6.00</td></tr>"
                  "<tr><th scope=\"row\">y</th><td>one</td><td>7.00</td><td>none</td></tr>") +
            table("table-1", "Threads", "",
                  "<tr><th scope=\"col\">kernel</th></tr></thead>\n<tbody>\n<tr><th "
                  "scope=\"row\">dot</th></tr>\n") +
            "</details>\n<section>\n<h2 id=\"sources\">Made from</h2>\n<ul>\n"
            "<li><code>a.json</code>, sha256 <code>12ab</code>, made on a day: "
            "<code>lanewise-bench run</code></li>\n</ul>\n</section>\n");
    made.many_nodes = true, made.synthetic = true;
    made.warnings = {"b is old."};
    made.command = "x";
    const auto other = to_html(made);
    CHECK(other.find("<title>SYNTHETIC: Lanewise report</title>") != std::string::npos);
    CHECK(other.find("<p class=\"synthetic\">Synthetic: not all of this was measured.</p>\n") !=
          std::string::npos);
    CHECK(
        other.find("<section aria-label=\"To know\">\n<ul class=\"warnings\">\n<li>b is old.</li>\n"
                   "</ul>\n</section>\n") != std::string::npos);
    CHECK(other.find("<details><summary>1 document</summary><ul>\n<li><code>a.json</code>, sha256 "
                     "<code>12ab</code>, made on a day</li>\n</ul>\n</details>\n<ul>\n") !=
          std::string::npos);
    CHECK(other.find("<p>Made again by <code>x</code></p>\n") != std::string::npos);
}

TEST_CASE("a browser runs the report's own scripts and no other, by their digests") {
    const auto html = to_html(small_report());
    std::string rest = between(html, "script-src", "\">");
    std::vector<std::string> allowed;
    for (auto at = rest.find("'sha256-"); at != std::string::npos;
         at = rest.find("'sha256-", at + 8))
        allowed.push_back(decoded(rest.substr(at + 8, rest.find('\'', at + 8) - at - 8)));
    REQUIRE(allowed.size() == 2);
    const auto last = html.rfind("<script>") + 8;
    CHECK(allowed[1] == sha256(html.substr(last, html.rfind("</script>") - last)));
    const auto first = html.find("<script>");
    if (first + 8 != last) CHECK(allowed[0] == sha256(between(html, "<script>", "</script>")));
    for (std::size_t i = 0; i < 2; ++i) CHECK(allowed[i].size() == 32);
    CHECK(between(html, "id=\"charts\">", "</script>") ==
          R"([{"x":"rate","y":"ms","logarithmic":true,"labels":[],"series":[{"name":"a",)"
          R"("x":[1E0,2E0],"y":[3E0,4E0],"low":[],"high":[],"bound":false}]},)"
          R"({"x":"","y":"%","logarithmic":false,"labels":["one"],"series":[{"name":"x",)"
          R"("x":[],"y":[5E0],"low":[4E0],"high":[6E0],"bound":false},{"name":"y","x":[],)"
          R"("y":[7E0],"low":[],"high":[],"bound":false}]}])");
}

TEST_CASE("of Google Benchmark's entries the repetitions count that have a rate, L1 before DRAM") {
    auto content = on("epyc-guest", "x86_64");
    add_rows(content, "dot_f32/avx2/DRAM", 1e9);
    add_rows(content, "dot_f32/avx2/L1", 2e9);
    auto& rows = content["kernels"].at("benchmarks").as_array();
    const auto name = "dot_f32/avx2/L1/n:4096/iterations:100/repeats:9";
    auto aggregate = row(name, 9e9), none = row(name, 9e9);
    aggregate["run_type"] = "aggregate";
    none.erase("items_per_second");
    rows.push_back(aggregate);
    rows.push_back(none);
    for (auto& one : rows) {
        auto& bytes = one.as_object()["bytes_per_second"];
        if (one.at("run_name").as_string().find("DRAM") != std::string_view::npos) bytes = nullptr;
    }
    rows.push_back(
        {{"name", "odd"}, {"run_name", "odd"}, {"run_type", "iteration"}, {"items_per_second", 1}});
    rows.push_back({{"name", "odder"}, {"items_per_second", 1}});
    rows.push_back({{"name", "oddest"}, {"run_name", 1}, {"run_type", 1}, {"items_per_second", 1}});
    document given = loaded(on("epyc-guest", "x86_64"));
    given.content["kernels"] = content["kernels"];
    const auto rates = kernel_rates(given);
    REQUIRE(rates.size() == 2);
    CHECK(rates[0].level == "L1");
    CHECK(rates[0].items_per_second.count == 9);
    CHECK(rates[0].bytes_per_second == doctest::Approx(8e9));
    CHECK(rates[1].level == "DRAM");
    CHECK(!rates[1].bytes_per_second);
    given.content["kernels"].at("benchmarks").at(0).as_object()["items_per_second"] = "many";
    CHECK(kernel_rates(given)[1].unranked == "only 8 of nine repetitions");
    CHECK(machine_and_node(given) == "AMD EPYC");
    given.content["machine"].as_object()["node"] = "n";
    CHECK(machine_and_node(given) == "AMD EPYC n");
    given.content["machine"] = nullptr;
    CHECK(machine_and_node(given) == "a.json");
}

TEST_CASE(
    "of two variants that are as fast no one leads, and one that nothing beats stands alone") {
    auto content = on("epyc-guest", "x86_64");
    add_rows(content, "dot_f32/avx2/L1", 1e9, 0);
    auto winners = kernel_winners(kernel_rates(loaded(content)));
    CHECK(winners.at(0).decided);
    add_rows(content, "dot_f32/avx512/L1", 1e9, 0);
    winners = kernel_winners(kernel_rates(loaded(content)));
    REQUIRE(winners.size() == 1);
    CHECK_FALSE(winners[0].decided);
    CHECK(winners[0].lead == 1);
}

namespace {

const report_table* table_of(const report& made, std::string_view title) {
    const auto found = std::ranges::find(made.tables, title, &report_table::title);
    return found == made.tables.end() ? nullptr : &*found;
}

bool warns(const report& made, std::string_view warning) {
    return std::ranges::find(made.warnings, warning) != made.warnings.end();
}

/// Thirty even minutes: of amd64's requests 30,000 in each, of arm64's 10,000.
live_section even_traffic() {
    live_section made;
    made.source = "http://prometheus", made.preset = "lanewise";
    made.windows = 30, made.window_seconds = 60;
    made.baseline = "amd64", made.candidate = "arm64";
    made.error_margin = 0.001, made.slow_margin = 0.005;
    made.bounds_seconds = {0.005, 0.25};
    for (const double requests : {30'000.0, 10'000.0}) {
        live_pool pool;
        pool.name = requests > 20'000 ? "amd64" : "arm64";
        pool.targets = 3, pool.cpus = 8, pool.usd_per_hour = 3.6;
        pool.requests.assign(30, requests);
        pool.errors.assign(30, requests / 1000);
        pool.cpu_seconds.assign(30, requests / 500);
        pool.buckets.assign(30, {requests * 0.6, requests * 0.995, requests});
        made.pools.push_back(std::move(pool));
    }
    made.omissions = {{"windows of a process that has a gap", 7}};
    made.warnings = {"a warning of its own"};
    return made;
}

report about(const live_section& section) {
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "live"});
    content["live"] = write_section(section);
    return report_of(content);
}

}  // namespace

TEST_CASE(
    "a report of live traffic has each pool's figures, the comparison and what was left out") {
    const auto made = about(even_traffic());
    const auto* pools = table_of(made, "Live traffic by http://prometheus");
    REQUIRE(pools);
    CHECK(pools->note.starts_with("30 windows of 60.0 s."));
    REQUIRE(pools->rows.size() == 2);
    // An hour costs 3.6 dollars: a second 0.001, in which 500 requests come, or 167.
    CHECK(pools->rows[0] ==
          std::vector<std::string>{"amd64", "3", "900000", "75.0 %", "500", "0.10 %", "0 to 5.00",
                                   "5.00 to 250", "2.00 (2.00 to 2.00)", "12.5 %",
                                   "2.00 (2.00 to 2.00)", "0.250 (0.250 to 0.250)"});
    CHECK(pools->rows[1][3] == "25.0 %");
    const auto* compared = table_of(made, "Is arm64 worse than amd64?");
    REQUIRE(compared);
    REQUIRE(compared->rows.size() == 2);
    CHECK(compared->rows[0][0] == "errors");
    CHECK(compared->rows[0][1] == "0.10 %");
    CHECK(compared->rows[0][3] == "0");
    CHECK(compared->rows[0][5] == "0.100");
    CHECK(compared->rows[0][6] == "not worse");
    CHECK(compared->rows[1][0] == "slower than 250 ms");
    const auto* left = table_of(made, "Left out of the live traffic, or mended");
    REQUIRE(left);
    CHECK(left->rows == decltype(left->rows){{"windows of a process that has a gap", "7"}});
    CHECK(warns(made, "The Prometheus of a.json warned: a warning of its own"));
    CHECK(made.verdict.starts_with(
        "By 30 windows of live traffic, arm64 is not worse than amd64: errors differ by 0 points"));
    CHECK(made.verdict.find(" A million requests cost 6.00 USD (6.00 to 6.00) on arm64") !=
          std::string::npos);
}

TEST_CASE("the interval of a difference is in points, with why it decides nothing") {
    auto section = even_traffic();
    section.pools[1].errors.assign(30, 40.0);  // 0.4 % beside 0.1 %
    section.error_margin = 0.003;
    section.bounds_seconds = {0.005};
    for (auto& pool : section.pools) {
        pool.buckets.assign(30, {1.0, *pool.requests[0]});
        pool.usd_per_hour.reset();
    }
    const auto made = about(section);
    const auto* compared = table_of(made, "Is arm64 worse than amd64?");
    REQUIRE(compared);
    const auto& errors = compared->rows[0];
    CHECK(errors[3] == "0.300");
    const double low = std::stod(errors[4]),
                 high = std::stod(errors[4].substr(errors[4].find("to") + 2));
    CHECK(low > 0.25);
    CHECK(low < 0.3);
    CHECK(low + high == doctest::Approx(0.6).epsilon(0.01));
    CHECK(errors[6] == "not decided: the interval holds the margin");
    CHECK(compared->rows[1][6] ==
          "not decided: the p99 of amd64 lies above the histogram's last bound");
    const auto& pool = table_of(made, "Live traffic by http://prometheus")->rows[0];
    CHECK(pool[6] == "above 5.00");
    CHECK(pool[10] == "unknown");
    CHECK(made.verdict.find("A million requests cost") == std::string::npos);
}

TEST_CASE("what a Prometheus does not know of a pool is unknown in its row") {
    auto section = even_traffic();
    section.bounds_seconds.clear();
    section.pools[1].emulated = true;
    section.pools[1].requests.assign(30, std::nullopt);
    section.pools[1].buckets.assign(30, {});
    section.pools[1].cpus.reset();
    const auto made = about(section);
    const auto& row = table_of(made, "Live traffic by http://prometheus")->rows[1];
    CHECK(row[0] == "arm64 (emulated)");
    CHECK(row[5] == "unknown");
    CHECK(row[6] == "unknown");
    CHECK(row[8] == "unknown");
    CHECK(row[9] == "unknown");
}

TEST_CASE("live traffic that lacks one of its pools is warned of, and nothing is said of it") {
    for (const std::size_t pool : {0U, 1U}) {
        auto section = even_traffic();
        section.pools[pool].name = "other";
        const auto made = about(section);
        CHECK(warns(made, "a.json: its live traffic lacks the pool amd64 or arm64."));
        CHECK(made.tables.size() == about(even_traffic()).tables.size() - 3);
        CHECK(made.verdict.find("live traffic") == std::string::npos);
    }
}

TEST_CASE("what was to be measured and was not stands first, each gap once for its documents") {
    const auto with_gaps = [](const char* file, const json::array& gaps) {
        auto content = on("m7i-2xlarge-pod", "x86_64");
        content["gaps"] = gaps;
        content["machine"].as_object()["node"] = file;  // no two documents are the same
        auto parsed = parse_document(file, document_text(content));
        return std::get<document>(parsed);
    };
    const json::object gap{{"what", "arm64"}, {"why", "no image"}},
        other{{"what", "arm64"}, {"why", "no node"}}, third{{"what", "riscv"}, {"why", "no node"}};
    auto made = make_report({{with_gaps("a.json", json::array{gap})}, {}});
    CHECK(made.warnings.at(0) ==
          "Not all that was to be measured was: 1 gap is listed in their table, the first: arm64: "
          "no image.");
    made = make_report({{with_gaps("a.json", json::array{gap, other}),
                         with_gaps("b.json", json::array{gap, third})},
                        {}});
    CHECK(made.warnings.at(0).starts_with("Not all that was to be measured was: 4 gaps are"));
    const auto* table = table_of(made, "Gaps: what was to be measured and was not");
    REQUIRE(table);
    CHECK(table->rows == decltype(table->rows){{"arm64", "no image", "a.json"},
                                               {"arm64", "no image", "b.json"},
                                               {"arm64", "no node", "a.json"},
                                               {"riscv", "no node", "b.json"}});
    std::vector<document> many;
    for (const auto* file : {"a", "b", "c", "d", "e", "f"})
        many.push_back(with_gaps(file, json::array{gap}));
    made = make_report({std::vector(many.begin(), many.begin() + 5), {}});
    CHECK(table_of(made, "Gaps: what was to be measured and was not")->rows.size() == 5);
    made = make_report({many, {}});
    table = table_of(made, "Gaps: what was to be measured and was not");
    CHECK(table->rows == decltype(table->rows){{"arm64", "no image", "a, b and 4 more"}});
}

TEST_CASE("imported benchmarks are shown with what they are of, and what does not count") {
    const auto one = [](const char* name, json::array rates, json::value aggregate) {
        return json::object{{"name", name}, {"unit", "items"},        {"threads", 1},
                            {"failed", 0},  {"aggregate", aggregate}, {"rates", std::move(rates)}};
    };
    json::array rates;
    for (const int rate : {90, 98, 99, 100, 100, 100, 101, 102, 110}) rates.emplace_back(rate);
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "import"});
    content["imported"] = {
        {"format", "google-benchmark"},
        {"file", "x.json"},
        {"executable", nullptr},
        {"date", nullptr},
        {"host", "builder"},
        {"cpus", 8},
        {"pool", nullptr},
        {"instance", nullptr},
        {"warnings", {"a debug build"}},
        {"left_out", {"row 3: no time"}},
        {"cases",
         {one("BM_nine", rates, nullptr), one("BM_one", {50}, nullptr),
          one("BM_two", {50, 60}, nullptr), one("BM_mean", {}, 20), one("BM_none", {}, nullptr)}}};
    auto made = report_of(content);
    CHECK(warns(made, "x.json: a debug build."));
    CHECK(warns(made, "x.json: 1 row does not count, the first: row 3: no time."));
    const auto* table = table_of(made, "Imported benchmarks on builder");
    REQUIRE(table);
    CHECK(table->note.starts_with("From x.json. "));
    REQUIRE(table->rows.size() == 5);
    CHECK(table->rows[0][1] == "100 items/s");
    const auto& interval = table->rows[0][2];
    CHECK(interval.starts_with("-"));
    CHECK(interval.find(" % +") != std::string::npos);
    CHECK(std::stod(interval.substr(1)) <= 2);
    CHECK(std::stod(interval.substr(interval.find('+') + 1)) <= 2);
    CHECK(table->rows[0][3] == "1.0 %");
    CHECK(table->rows[0][4] == "9");
    CHECK(table->rows[0][5] == "yes");
    CHECK(table->rows[1][2] == "none");
    CHECK(table->rows[1][3] == "none");
    CHECK(table->rows[2][2] != "none");
    CHECK(table->rows[2][3] != "none");
    CHECK(table->rows[3][1] == "20.0 items/s (the file's own)");
    CHECK(table->rows[4][1] == "none");
    CHECK(table->rows[4][5] == "no: no repetition gave a figure");
    content["imported"].as_object()["left_out"].as_array().emplace_back("row 4: no name");
    made = report_of(content);
    CHECK(warns(made, "x.json: 2 rows do not count, the first: row 3: no time."));
}

TEST_CASE("documents are named by their commands, the most frequent first, five of them at most") {
    std::vector<report_source> sources;
    for (const auto* command : {"a", "b", "b", "c", "d", "e"})
        sources.push_back({"x.json", "", "", command});
    const auto five = commands_of(sources);
    REQUIRE(five.size() == 5);
    CHECK(five[0] == "2 documents by: b");
    CHECK(five[1] == "1 document by: a");
    for (const auto* command : {"f", "g", "h"}) sources.push_back({"x.json", "", "", command});
    const auto more = commands_of(sources);
    REQUIRE(more.size() == 6);
    CHECK(more[5] == "3 further commands: each document has its own");
}
