#include "bench/report/exports.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>

using namespace lanewise::bench;
namespace json = boost::json;

namespace {

document with_kernels() {
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "run"});
    json::array rows;
    const std::string name = "dot_f32/avx2/L1/n:64/iterations:1234/repeats:9";
    for (int i = 0; i < 9; ++i) {
        rows.push_back({{"name", name},
                        {"run_name", name},
                        {"run_type", "iteration"},
                        {"items_per_second", 100 + i}});
    }
    rows.push_back({{"name", name + "_median"},
                    {"run_name", name},
                    {"run_type", "aggregate"},
                    {"items_per_second", 104}});
    content["kernels"] = {{"context", json::object{}}, {"benchmarks", rows}};
    auto parsed = parse_document("a,b.json", document_text(content));
    REQUIRE(std::holds_alternative<document>(parsed));
    return std::get<document>(parsed);
}

/// One kernel measured on a machine, in a file, of these names.
std::string csv_of(const std::string& file, const std::string& pool) {
    auto given = with_kernels();
    given.file = file;
    given.content["machine"] = {{"pool", pool}, {"emulated", false}};
    return to_csv(std::vector{given});
}

constexpr auto wrk_line =
    R"({"wrk": 1, "url": "http://h:80/", "connections": 64, "seconds": 10.0, "requests": 5000, "errors": 2, "mean_us": 1500.5, "p50_us": 1000, "p90_us": 2000, "p99_us": 4000, "p999_us": 8000, "max_us": 9000})";

}  // namespace

TEST_CASE(
    "Google Benchmark's names lose how often a case was repeated, which differs from run to run") {
    const auto exported = to_google_benchmark(with_kernels());
    CHECK(exported.at("benchmarks").at(0).at("name").as_string() == "dot_f32/avx2/L1/n:64");
    CHECK(exported.at("benchmarks").at(9).at("name").as_string() == "dot_f32/avx2/L1/n:64_median");
    CHECK(exported.at("benchmarks").at(9).at("run_name").as_string() == "dot_f32/avx2/L1/n:64");
    auto parsed = parse_document("b.json", document_text(new_document({})));
    CHECK_THROWS_AS(static_cast<void>(to_google_benchmark(std::get<document>(parsed))),
                    std::invalid_argument);
}

TEST_CASE("github-action-benchmark gets a name, a unit and a value that is better when bigger") {
    const auto list = to_action_benchmark(std::vector{with_kernels()});
    REQUIRE(list.as_array().size() == 1);
    CHECK(list.at(0).at("name").as_string() == "a,b.json: dot_f32/avx2/L1");
    CHECK(list.at(0).at("unit").as_string() == "items/s");
    CHECK(list.at(0).at("value").to_number<double>() == 104);
}

TEST_CASE("CSV has a line a figure, and quotes what needs it") {
    const auto text = to_csv(std::vector{with_kernels()});
    CHECK(
        text.starts_with("file,machine,kind,name,variant,level,threads,value,unit,low,high\n"
                         "\"a,b.json\",\"a,b.json\",kernel,dot_f32,avx2,L1,1,104,items/s,"));
}

TEST_CASE("no name runs as a formula, breaks a row or moves a terminal's cursor in CSV") {
    const auto row = [](const std::string& name) {
        const auto text = csv_of("f.json", name);
        CHECK(std::ranges::count(text, '\n') == 2);
        CHECK(text.find('\r') == std::string::npos);
        const auto from = text.find("\nf.json,") + 8;
        return text.substr(from, text.find(",kernel,", from) - from);
    };
    CHECK(row("m7i.large") == "m7i.large");
    CHECK(row("=1+1") == "\"'=1+1\"");
    CHECK(row("+1") == "\"'+1\"");
    CHECK(row("-1") == "\"'-1\"");
    CHECK(row("@SUM(A1)") == "\"'@SUM(A1)\"");
    CHECK(row("\t=1") == "\"' =1\"");
    CHECK(row("\r\n=1") == "\"'  =1\"");
    CHECK(row("  =1") == "\"'  =1\"");
    CHECK(row("＝1") == "\"'＝1\"");
    CHECK(row("a\rb\nc") == "a b c");
    CHECK(row("a;=1") == "\"a;=1\"");
    CHECK(row("a\"b,c") == "\"a\"\"b,c\"");
    CHECK(row("\x1b[31mred") == "\\x1b[31mred");
    CHECK(csv_of("=cmd|' /C calc'!A0", "m").find("\n\"'=cmd") != std::string::npos);
}

TEST_CASE("wrk's numbers beyond any measurement are refused, not cast") {
    for (const auto* field :
         {"requests", "errors", "connections", "seconds", "mean_us", "p99_us"}) {
        for (const auto* value : {"1e300", "1e19", "-1", "1e400"}) {
            CAPTURE(field);
            CAPTURE(value);
            std::string line = wrk_line;
            const auto at =
                line.find(std::string{"\""} + field + "\": ") + std::string_view{field}.size() + 4;
            line.replace(at, line.find_first_of(",}", at) - at, value);
            CHECK_THROWS_AS(static_cast<void>(from_wrk(line)), std::invalid_argument);
        }
    }
}

TEST_CASE("wrk's line becomes a closed-loop entry that the schema takes") {
    const auto target = from_wrk(std::string{"Running 10s test\n  2 threads\n"} + wrk_line + "\n");
    CHECK(target.closed_loop);
    CHECK(target.curve.at(0).achieved == 500);
    CHECK(target.curve.at(0).p99_ms == 4);
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "import-wrk"});
    content["http"] = write_section(std::vector{target});
    CHECK(std::holds_alternative<document>(parse_document("w.json", document_text(content))));
}

TEST_CASE("what is not wrk's line says what is missing") {
    CHECK_THROWS_WITH_AS(
        static_cast<void>(from_wrk("Requests/sec: 5\n")),
        "holds no line of wrk.lua: run wrk --latency -s wrk.lua URL, whose last line is JSON",
        std::invalid_argument);
    std::string negative = wrk_line;
    negative.replace(negative.find("\"seconds\": 10.0"), 15, "\"seconds\": -1.0");
    CHECK_THROWS_WITH_AS(static_cast<void>(from_wrk(negative)),
                         "wrk's line: field /seconds: must be a number from 1e-06 to 1e+15",
                         std::invalid_argument);
}
