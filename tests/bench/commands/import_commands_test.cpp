// Commands that make documents, workloads and price tables of other tools' files: what they write,
// what they say of it, and how they end.
#include <doctest/doctest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/documents/files.hpp"
#include "tests/bench/temporary_folder.hpp"
#include "typed_command.hpp"

using namespace lanewise::bench;
namespace json = boost::json;

namespace {

using list = std::vector<std::string>;

constexpr const char* items =
    R"({"Items": [{"retailPrice": 0.5, "currencyCode": "USD", "armRegionName": "eastus",)"
    R"( "armSkuName": "Standard_D8s_v6", "serviceName": "Virtual Machines",)"
    R"( "type": "Consumption", "unitOfMeasure": "1 Hour"}], "NextPageLink": "https://a.example/"})";

constexpr const char* benchmarks =
    R"({"context": {"host_name": "h1", "num_cpus": 8, "library_build_type": "debug"},
        "benchmarks": [{"name": "BM_a", "iterations": 1, "real_time": 10, "cpu_time": 10,
        "time_unit": "ns"}, 5]})";

/// The columns of a table's row, by the names in its head.
std::string column(const std::string& csv, const std::string& name) {
    const auto words = [](const std::string& line) {
        list all{""};
        for (const char letter : line) {
            if (letter == ',') {
                all.emplace_back();
            } else {
                all.back() += letter;
            }
        }
        return all;
    };
    const auto end = csv.find('\n');
    const auto names = words(csv.substr(0, end));
    const auto row = words(csv.substr(end + 1, csv.find('\n', end + 1) - end - 1));
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return row.at(i);
    return "(no column)";
}

std::string note_on(const json::object& document, std::string_view field) {
    for (const auto& note : document.at("notes").as_array())
        if (note.at("field") == json::value(field)) return std::string{note.at("text").as_string()};
    return "";
}

}  // namespace

TEST_CASE("a workload is written whole, and each line that is left out is told on its own line") {
    const temporary_folder here;
    const auto log = here.with("a.log",
                               "192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a?token=S3CRET "
                               "HTTP/1.1\" 200 5\nbroken\n");
    const auto made = typed(add_workload, {"workload", log, "-o", here / "w.json"});
    CHECK(made.status == 0);
    CHECK(made.output.empty());
    CHECK(json::parse(read_file(here / "w.json")).at("requests").at(0).at("path") == "/a");
    CHECK(made.errors ==
          "lanewise-bench: " + log +
              ": access log, 2 lines, 1 request\n"
              "lanewise-bench: " +
              log +
              ": left out 1 line: no access log line: it has no request in quotes behind a time in "
              "brackets: line 2\n"
              "lanewise-bench: dropped query parameter token: 1 time (--keep-secrets takes secrets "
              "over)\n"
              "lanewise-bench: the log does not say which replies were compressed: without "
              "Accept-Encoding servers compress none\n"
              "lanewise-bench: 1 request, 1 different\n");
    CHECK(contains(typed(add_workload, {"workload", log, "--keep-secrets"}).output, "S3CRET"));
    CHECK(typed(add_workload, {"workload", here / "none.log"}).status == 2);
    CHECK(typed(add_workload, {"workload", log, "-o", here / "no/w.json"}).status == 1);
}

TEST_CASE("a price table is of the day that is named, else of the day its list was written") {
    const temporary_folder here;
    const auto file = here.with("items.json", items);
    const std::chrono::sys_seconds then = std::chrono::sys_days{std::chrono::year{2025} / 3 / 4} +
                                          std::chrono::hours{23} + std::chrono::minutes{30};
    std::filesystem::last_write_time(file, std::chrono::file_clock::from_sys(then));
    const auto made = typed(add_prices, {"prices", "import", file});
    CHECK(made.status == 0);
    CHECK(column(made.output, "instance") == "Standard_D8s_v6");
    CHECK(column(made.output, "usd_per_hour") == "0.5");
    CHECK(column(made.output, "date") == "2025-03-04");
    CHECK(column(made.output, "source") == "Azure retail price API: items.json");
    CHECK(made.errors ==
          "lanewise-bench: items.json: there is a next page (NextPageLink) that this file does not "
          "hold\nlanewise-bench: 1 entries, 1 instances, 0 with a spot price\n");
    const auto dated = typed(add_prices, {"prices", "import", file, "--date", "2026-01-02"});
    CHECK(column(dated.output, "date") == "2026-01-02");
    CHECK(typed(add_prices, {"prices", "import", file, "--date", "2026-1-2"}).status == 2);
    const auto spot = here.with(
        "spot.json",
        R"({"SpotPriceHistory": [{"AvailabilityZone": "us-east-1a", "InstanceType": "m7g.large",)"
        R"( "ProductDescription": "Linux/UNIX", "SpotPrice": "0.03",)"
        R"( "Timestamp": "2026-01-01T00:00:00Z"}]})");
    const auto both = typed(add_prices, {"prices", "import", file, spot, "--date", "2026-01-02"});
    CHECK(contains(both.errors, "2 entries, 2 instances, 1 with a spot price\n"));
}

TEST_CASE("lists without a price are refused, with all that is known of them") {
    const temporary_folder here;
    const auto why = [](const std::string& file) {
        const auto made = typed(add_prices, {"prices", "import", file});
        CHECK(made.status == 2);
        CHECK(made.output.empty());
        return made.errors;
    };
    CHECK(why(here.with("empty", "")) == "no price that can be used: empty: is empty");
    CHECK(contains(why(here / "none"), "none: No such file"));
    // The start of what gzip makes, and nothing of its data.
    const std::string cut{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10};
    CHECK(contains(why(here.with("cut.gz", cut)),
                   "cut.gz: its gzip data end too early: the end is missing"));
}

TEST_CASE("what a Google Benchmark program wrote becomes a document that says what it lacks") {
    const temporary_folder here;
    const auto file = here.with("b.json", benchmarks);
    const auto import = [&](const list& more) {
        list words{"import-google-benchmark", file};
        words.insert(words.end(), more.begin(), more.end());
        return typed(add_import_google_benchmark, words);
    };
    const auto made = import({});
    REQUIRE(made.status == 0);
    const auto document = json::parse(made.output).as_object();
    CHECK(document.at("machine").is_null());
    CHECK(note_on(document, "/machine").starts_with("unknown: --machine FILE tells"));
    CHECK(note_on(document, "/kernels") == "not measured by this command");
    CHECK(contains(note_on(document, "/imported"), "debug build"));
    CHECK(contains(made.errors, "b.json: the library of Google Benchmark was a debug build"));
    CHECK(contains(made.errors, "b.json: left out: row 2: is no object\n"));
    CHECK(document.at("imported").at("host") == "h1");
    // What the user says counts before what the file and the machine say.
    const auto machine = typed(add_machine, {"machine", "--json", "--node", "n1", "--pool", "p1"});
    const auto known = here.with("m.json", machine.output);
    const auto told = json::parse(import({"--machine", known, "--pool", "p2"}).output);
    CHECK(told.at("machine").at("pool") == "p2");
    CHECK(told.at("machine").at("node") == "h1");
    CHECK(json::parse(import({"--node", "n2"}).output).at("imported").at("host") == "n2");
    CHECK(import({"--machine", here / "none"}).status == 2);
    CHECK(typed(add_import_google_benchmark, {"import-google-benchmark", here / "none"}).status ==
          1);
}

TEST_CASE("what wrk printed becomes a document of a closed loop; what it did not print is none") {
    const temporary_folder here;
    const auto import = [&](const std::string& text) {
        return typed(add_import_wrk, {"import-wrk", here.with("wrk.txt", text)});
    };
    const auto made = import(
        R"({"wrk": 1, "url": "http://h:80/", "connections": 64, "seconds": 10.0, "requests": 5000,)"
        R"( "errors": 2, "mean_us": 1500.5, "p50_us": 1000, "p90_us": 2000, "p99_us": 4000,)"
        R"( "p999_us": 8000, "max_us": 9000})"
        "\n");
    REQUIRE(made.status == 0);
    const auto document = json::parse(made.output).as_object();
    CHECK(document.at("http").at(0).at("url") == "http://h:80/");
    CHECK(note_on(document, "/http/0").starts_with("closed loop, by wrk: "));
    CHECK(note_on(document, "/sweeps") == "not measured by this command");
    const auto none = import("Requests/sec: 5\n");
    CHECK(none.status == 1);
    CHECK(contains(none.errors, "wrk.txt: holds no line of wrk.lua"));
}
