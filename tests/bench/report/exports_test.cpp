#include "bench/report/exports.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <limits>
#include <stdexcept>

#include "bench/claims/claims_kernels.hpp"
#include "bench/documents/http_section.hpp"
#include "bench/documents/typed.hpp"

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

TEST_CASE("what tells how often a case was repeated is cut off, whichever of it is there") {
    const auto name_of = [](const std::string& name) {
        auto given = with_kernels();
        given.content["kernels"] = {{"context", json::object{}},
                                    {"benchmarks", {{{"name", name}, {"run_name", "a"}}}}};
        const auto exported = to_google_benchmark(given);
        return std::string{exported.at("benchmarks").at(0).at("name").as_string()};
    };
    CHECK(name_of("dot_f32/L1") == "dot_f32/L1");
    CHECK(name_of("dot_f32/L1/iterations:5") == "dot_f32/L1");
    CHECK(name_of("dot_f32/L1/repeats:9_mean") == "dot_f32/L1_mean");
    CHECK(name_of("dot_f32/L1/iterations:5/repeats:9") == "dot_f32/L1");
}

TEST_CASE("the range of github-action-benchmark is the farther end of the interval") {
    auto given = with_kernels();
    auto& rows = given.content["kernels"].as_object()["benchmarks"].as_array();
    rows[8].as_object()["items_per_second"] = 200;
    rows[7].as_object()["items_per_second"] = 190;
    rows[6].as_object()["items_per_second"] = 180;
    const auto interval = kernel_rates(given).at(0).items_per_second;
    REQUIRE(interval.ci95.high - interval.median > interval.median - interval.ci95.low);
    const auto list = to_action_benchmark(std::vector{given});
    CHECK(std::stod(std::string{list.at(0).at("range").as_string()}) ==
          doctest::Approx(interval.ci95.high - interval.median));
    for (auto& row : rows) row.as_object()["run_name"] = "dot_f32/portable/L1/n:64";
    CHECK(to_action_benchmark(std::vector{given}).as_array().empty());
}

TEST_CASE("CSV and github-action-benchmark have what a server held, and CSV its curve and gaps") {
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "http"});
    http_entry target;
    target.url = "http://h/";
    target.pool = "m7g";
    target.node = "a";
    target.target_p99_ms = 5;
    target.generator.connections = 4;
    target.generator.pinning = "none";
    http_step step;
    step.achieved = 90;
    step.seconds = 1;
    step.p99_ms = 2.5;
    step.verdict = "held";
    target.curve = {step};
    target.rounds.resize(3);
    target.rounds[0].rate_at_target = 100;
    target.rounds[2].rate_at_target = 300;
    content["http"] = write_section(std::vector{target});
    content["gaps"] =
        boost::json::array{boost::json::object{{"what", "kernels"}, {"why", "no memory"}}};
    const document made{"h.json", "", content};
    CHECK(to_csv(std::vector{made}) ==
          "file,machine,kind,name,variant,level,threads,value,unit,low,high\n"
          "h.json,h.json,gap,kernels: no memory,,,,,,,\n"
          "h.json,m7g a,http,http://h/,,,,100,requests/s,,\n"
          "h.json,m7g a,http,http://h/,,,,,requests/s,,\n"
          "h.json,m7g a,http,http://h/,,,,300,requests/s,,\n"
          "h.json,m7g a,p99_ms,http://h/ at 90/s,,,,2.5,ms,,\n");
    const auto list = to_action_benchmark(std::vector{made});
    REQUIRE(list.as_array().size() == 1);
    CHECK(list.at(0).at("name").as_string() == "m7g a: GET / with p99 within 5.0 ms");
    CHECK(list.at(0).at("value").to_number<double>() == 200);

    target.closed_loop = true;
    target.rounds.clear();
    target.curve[0].p99_ms = std::numeric_limits<double>::infinity();
    content["http"] = write_section(std::vector{target});
    content.erase("gaps");
    const document closed{"h.json", "", content};
    CHECK(to_csv(std::vector{closed})
              .ends_with("h.json,m7g a,closed_loop,http://h/ at 90/s,,,,,ms,,\n"));
    CHECK(to_action_benchmark(std::vector{closed}).as_array().empty());
}

TEST_CASE("wrk's microseconds become milliseconds, and its numbers count up to their bounds") {
    const auto step = from_wrk(wrk_line).curve.at(0);
    CHECK(step.requests == 5000);
    CHECK(step.errors == 2);
    CHECK(step.seconds == 10);
    CHECK(step.mean_ms == 1.5005);
    CHECK(step.p50_ms == 1);
    CHECK(step.p90_ms == 2);
    CHECK(step.p99_ms == 4);
    CHECK(step.p999_ms == 8);
    CHECK(step.max_ms == 9);
    const auto with = [](const std::string& field, const std::string& value) {
        std::string line = wrk_line;
        const auto at = line.find("\"" + field + "\": ") + field.size() + 4;
        return line.replace(at, line.find_first_of(",}", at) - at, value);
    };
    CHECK(from_wrk(with("requests", "0")).curve.at(0).achieved == 0);
    CHECK(from_wrk(with("max_us", "1e15")).curve.at(0).max_ms == 1e12);
    CHECK(from_wrk(with("connections", "1")).generator.connections == 1);
    CHECK(from_wrk(with("connections", "1000000")).generator.connections == 1'000'000);
    for (const auto* count : {"0", "1000001", "\"4\"", "null"})
        CHECK_THROWS_WITH_AS(static_cast<void>(from_wrk(with("connections", count))),
                             "wrk's line: field /connections: must be a number from 1 to 1000000",
                             std::invalid_argument);
    CHECK_THROWS_WITH_AS(static_cast<void>(from_wrk(with("url", "7"))),
                         "wrk's line: field /url: is missing", std::invalid_argument);
    CHECK_THROWS_WITH_AS(static_cast<void>(from_wrk("{\"wrk\": 1}")),
                         "wrk's line: field /url: is missing", std::invalid_argument);
    // Other lines, also of JSON, are somebody else's.
    CHECK(from_wrk(std::string{"{\"a\": 1}\n{no\n[1]\n"} + wrk_line).curve.size() == 1);
}
