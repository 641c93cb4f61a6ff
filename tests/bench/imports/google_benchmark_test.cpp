#include "bench/imports/google_benchmark.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

#include "bench/claims/claims_cost.hpp"
#include "bench/claims/claims_imported.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/typed.hpp"
#include "bench/imports/json_pieces.hpp"
#include "tests/bench/temporary_folder.hpp"

using namespace lanewise::bench;

namespace {

/// A row of version 1.8, with what the case at hand changes.
std::string row(const std::string& name, int repetition, const std::string& times,
                const std::string& more = "") {
    return R"({"name": ")" + name +
           R"(", "family_index": 0, "per_family_instance_index": 0, "run_name": ")" + name +
           R"(", "run_type": "iteration", "repetitions": 3, "repetition_index": )" +
           std::to_string(repetition) + R"(, "threads": 1, "iterations": 100, )" + times + more +
           "}";
}

const std::string ten_ns = R"("real_time": 20.0, "cpu_time": 10.0, "time_unit": "ns")";

std::string file_of(const std::string& rows, const std::string& context = "") {
    return R"({ "context": { "date": "2026-01-31T12:00:00+00:00", "host_name": "rack-7", "executable": "./mine", "num_cpus": 8, )"
           R"("mhz_per_cpu": 3000, "cpu_scaling_enabled": false, "caches": [{"type": "Data", "level": 1}], "load_avg": [0.1], )"
           R"("library_build_type": "release")" +
           context + " },\n  \"benchmarks\": [\n    " + rows + "\n  ]\n}\n";
}

imported_section read(const std::string& text) {
    return from_google_benchmark("mine.json", text);
}

bool says(const std::vector<std::string>& texts, const std::string& part) {
    return std::ranges::any_of(texts, [&](const auto& one) { return one.find(part) != one.npos; });
}

const std::string three_rows =
    row("BM_x", 0, ten_ns) + ",\n" + row("BM_x", 1, ten_ns) + ",\n" + row("BM_x", 2, ten_ns);

document documented(const imported_section& section, const char* file = "a.json") {
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "import"});
    content["imported"] = write_section(section);
    auto parsed = parse_document(file, document_text(content));
    if (auto* bad = std::get_if<std::vector<bad_document>>(&parsed)) FAIL(bad->front().sentence());
    return std::get<document>(parsed);
}

}  // namespace

TEST_CASE("repetitions of one benchmark are one case, by CPU time") {
    const auto found = read(file_of(three_rows));
    REQUIRE(found.cases.size() == 1);
    CHECK(found.cases[0].name == "BM_x");
    CHECK(found.cases[0].unit == "iterations");
    CHECK(found.cases[0].rates == std::vector{1e8, 1e8, 1e8});
    CHECK(found.executable == "./mine");
    CHECK(found.host == "rack-7");
    CHECK(found.cpus == 8);
    CHECK(found.warnings.empty());
    CHECK(found.left_out.empty());
}

TEST_CASE("items count before bytes, and bytes before time, where all repetitions have them") {
    const auto with = [](const std::string& more, const std::string& last) {
        return read(file_of(row("BM_x", 0, ten_ns, more) + "," + row("BM_x", 1, ten_ns, last)))
            .cases[0];
    };
    const std::string items = R"(, "items_per_second": 5e6)",
                      bytes = R"(, "bytes_per_second": 7e9)";
    CHECK(with(items + bytes, items + bytes).unit == "items");
    CHECK(with(items + bytes, items + bytes).rates == std::vector{5e6, 5e6});
    CHECK(with(items + bytes, bytes).unit == "bytes");
    CHECK(with(bytes, "").unit == "iterations");
}

TEST_CASE("each row has a unit of time of its own") {
    const auto at = [](const char* unit) {
        return read(file_of(row("BM_x", 0,
                                std::string{R"("real_time": 4, "cpu_time": 2, "time_unit": ")"} +
                                    unit + "\"")))
            .cases[0];
    };
    CHECK(at("ns").rates[0] == doctest::Approx(5e8));
    CHECK(at("us").rates[0] == doctest::Approx(5e5));
    CHECK(at("ms").rates[0] == doctest::Approx(500));
    CHECK(at("s").rates[0] == doctest::Approx(0.5));
    CHECK_THROWS_AS((void)at("fortnights"), std::runtime_error);
}

TEST_CASE("real and manual time, and time of several threads, are by the clock") {
    for (const auto* name : {"BM_x/real_time", "BM_x/8/manual_time", "BM_x/threads:4"}) {
        CAPTURE(name);
        auto text = row(name, 0, ten_ns);
        if (std::string{name}.ends_with(":4"))
            text.replace(text.find("\"threads\": 1"), 12, "\"threads\": 4");
        CHECK(read(file_of(text)).cases[0].rates[0] == doctest::Approx(5e7));
    }
    CHECK(read(file_of(row("BM_x/process_time", 0, ten_ns))).cases[0].rates[0] ==
          doctest::Approx(1e8));
}

TEST_CASE("aggregates are no repetitions: mean, median, stddev, cv, BigO, RMS") {
    std::string rows = three_rows;
    for (const auto* name : {"mean", "median", "stddev", "cv"}) {
        rows +=
            std::string{R"(, {"name": "BM_x_)"} + name +
            R"(", "family_index": 0, "per_family_instance_index": 0, "run_name": "BM_x", "run_type": "aggregate", "aggregate_name": ")" +
            name +
            R"(", "aggregate_unit": "percentage", "real_time": 0.01, "cpu_time": 0.01, "time_unit": "ns"})";
    }
    rows +=
        R"(, {"name": "BM_x_BigO", "run_name": "BM_x", "run_type": "aggregate", "aggregate_name": "BigO", "cpu_coefficient": 1.5, "real_coefficient": 1.5, "big_o": "N", "time_unit": "ns"})";
    rows +=
        R"(, {"name": "BM_x_RMS", "run_name": "BM_x", "run_type": "aggregate", "aggregate_name": "RMS", "rms": 0.02})";
    const auto found = read(file_of(rows));
    CHECK(found.cases[0].rates.size() == 3);
    for (const auto& one : found.cases) CHECK(one.rates.size() == (one.name == "BM_x" ? 3 : 0));
}

TEST_CASE("aggregates alone are shown and say that repetitions lack") {
    const auto section = read(file_of(
        R"({"name": "BM_x_mean", "run_name": "BM_x", "run_type": "aggregate", "aggregate_name": "mean", "real_time": 8, "cpu_time": 8, "time_unit": "ns"},)"
        R"({"name": "BM_x_median", "run_name": "BM_x", "run_type": "aggregate", "aggregate_name": "median", "real_time": 10, "cpu_time": 10, "time_unit": "ns"},)"
        R"({"name": "BM_x_cv", "run_name": "BM_x", "run_type": "aggregate", "aggregate_name": "cv", "real_time": 0.1, "cpu_time": 0.1, "time_unit": "ns"})"));
    REQUIRE(section.cases.size() == 1);
    CHECK(section.cases[0].rates.empty());
    CHECK(section.cases[0].aggregate == doctest::Approx(1e8));
    const auto rates = imported_rates(documented(section));
    REQUIRE(rates[0].unranked);
    CHECK(rates[0].unranked->find("aggregates alone") != std::string::npos);
}

TEST_CASE("one run, and two, give no interval") {
    for (const int count : {1, 2}) {
        std::string rows = row("BM_x", 0, ten_ns);
        if (count == 2) rows += "," + row("BM_x", 1, ten_ns);
        const auto rates = imported_rates(documented(read(file_of(rows))));
        REQUIRE(rates[0].unranked);
        CHECK(rates[0].unranked->find("no interval") != std::string::npos);
    }
    CHECK_FALSE(imported_rates(documented(read(file_of(three_rows))))[0].unranked);
}

TEST_CASE("a failed or skipped repetition is no 0, and is counted") {
    const auto found = read(
        file_of(row("BM_x", 0, ten_ns) + "," +
                row("BM_x", 1, R"("real_time": 0.0, "cpu_time": 0.0, "time_unit": "ns")",
                    R"(, "error_occurred": true, "error_message": "no file")") +
                "," +
                row("BM_x", 2, R"("real_time": 0.0, "cpu_time": 0.0, "time_unit": "ns")",
                    R"(, "skipped": true, "skip_message": "not here")") +
                "," + row("BM_x", 3, R"("real_time": 0.0, "cpu_time": 0.0, "time_unit": "ns")")));
    REQUIRE(found.cases.size() == 1);
    CHECK(found.cases[0].rates.size() == 1);
    CHECK(found.cases[0].failed == 3);
    CHECK(says(found.left_out, "BM_x: 3 repetitions failed"));
}

TEST_CASE("bare nan and inf are read as what is not known") {
    for (const auto* word :
         {"nan", "NaN", "-nan", "inf", "-inf", "Infinity", "-Infinity", "nan(ind)"}) {
        CAPTURE(word);
        const auto found = read(file_of(
            row("BM_nan_inf", 0, ten_ns,
                std::string{R"(, "items_per_second": )"} + word + R"(, "ratio": )" + word)));
        CHECK(found.cases[0].name == "BM_nan_inf");
        CHECK(found.cases[0].unit == "iterations");
        CHECK(found.warnings.empty());
    }
    CHECK(without_bare_words(R"({"nan": nan, "a": "inf \" nan", "b": -inf})") ==
          R"({"nan": null, "a": "inf \" nan", "b": null})");
}

TEST_CASE("counters are no times and no rates") {
    const auto found =
        read(file_of(row("BM_x", 0, ten_ns, R"(, "real_time_max": 1, "cycles": 123, "bytes": 5)")));
    CHECK(found.cases[0].rates == std::vector{1e8});
}

TEST_CASE("old versions lack run_type, run_name and indices") {
    const auto old = [](const std::string& name, const char* time = "10") {
        return R"({"name": ")" + name + R"(", "iterations": 100, "real_time": 20, "cpu_time": )" +
               time + R"(, "time_unit": "ns"})";
    };
    const auto found =
        read(file_of(old("BM_x") + "," + old("BM_x") + "," + old("BM_x") + "," + old("BM_x_mean") +
                     "," + old("BM_x_median") + "," + old("BM_x_stddev", "0.1") + "," +
                     old("BM_y_mean") + "," + old("BM_y_stddev", "0.1") + "," + old("find_max")));
    REQUIRE(found.cases.size() == 3);
    CHECK(found.cases[0].rates.size() == 3);
    CHECK(found.cases[1].name == "BM_y");
    CHECK(found.cases[1].rates.empty());
    CHECK(found.cases[1].aggregate == doctest::Approx(1e8));
    // Its name ends as an aggregate's does, and it is none: nothing else is of that name.
    CHECK(found.cases[2].name == "find_max");
    CHECK(found.cases[2].rates.size() == 1);
    CHECK(says(found.warnings, "numbers no repetitions"));
}

TEST_CASE("benchmarks of one name are not merged in silence") {
    const auto found = read(file_of(row("BM_x", 0, ten_ns) + "," + row("BM_x", 0, ten_ns)));
    REQUIRE(found.cases.size() == 2);
    CHECK(found.cases[0].name == "BM_x");
    CHECK(found.cases[1].name == "BM_x (2)");
    CHECK(says(found.warnings, "come more than once"));
    auto other = row("BM_x", 1, ten_ns);
    other.replace(other.find("\"family_index\": 0"), 17, "\"family_index\": 5");
    CHECK(read(file_of(row("BM_x", 0, ten_ns) + "," + other)).cases.size() == 2);
}

TEST_CASE("names are any text, and are shown harmlessly") {
    const auto found =
        read(file_of(row(R"(BM_<std::map<int, \"a/b\">>/\u001b[31m, all threads)", 0, ten_ns)));
    CHECK(found.cases[0].name == "BM_<std::map<int, \"a/b\">>/\\x1b[31m, all threads");
}

TEST_CASE("integers beyond 2^53 are read") {
    auto text =
        row("BM_x", 0, ten_ns, R"(, "big": 18446744073709551615, "larger": 36893488147419103232)");
    text.replace(text.find("\"iterations\": 100"), 17, "\"iterations\": 9007199254740993");
    CHECK(read(file_of(text)).cases[0].rates.size() == 1);
}

TEST_CASE("prints around the JSON, a byte order mark and CRLF are no part of it") {
    auto text = file_of(three_rows);
    CHECK(
        read("Loading {data} \"5\" of 6...\n" + text + "\nDone in 3 s.\n").cases[0].rates.size() ==
        3);
    CHECK(read("\xef\xbb\xbf" + text).cases[0].rates.size() == 3);
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
        text.insert(at, "\r");
    CHECK(read(text).cases[0].rates.size() == 3);
}

TEST_CASE("prints between the rows leave the rows") {
    const auto found = read(file_of(row("BM_x", 0, ten_ns) + ",\nwarming up {5}\nthe \"last\n" +
                                    row("BM_x", 1, ten_ns)));
    CHECK(found.cases[0].rates.size() == 2);
    CHECK(says(found.warnings, "no whole JSON"));
    CHECK(says(found.left_out, "line 4: is no JSON object"));
}

TEST_CASE("a file that is cut off gives the rows before its end") {
    const auto text = file_of(three_rows);
    const auto found = read(text.substr(0, text.rfind("cpu_time")));
    CHECK(found.cases[0].rates.size() == 2);
    CHECK(found.host == "rack-7");
    CHECK(says(found.warnings, "cut off"));
}

TEST_CASE("two results in one file: the first counts, the second is named") {
    const auto found = read(file_of(three_rows) + file_of(row("BM_y", 0, ten_ns)));
    CHECK(found.cases.size() == 1);
    CHECK(says(found.left_out, "a second result"));
}

TEST_CASE("a debug build and CPU scaling are warned of") {
    auto text = file_of(three_rows);
    text.replace(text.find("\"release\""), 9, "\"debug\"");
    text.replace(text.find("\"cpu_scaling_enabled\": false"), 28, "\"cpu_scaling_enabled\": true");
    const auto found = read(text);
    CHECK(says(found.warnings, "debug build"));
    CHECK(says(found.warnings, "CPU scaling"));
}

TEST_CASE("what holds no benchmark is refused in a sentence") {
    for (const auto& [text, why] : {
             std::pair{std::string{}, "is empty"},
             std::pair{std::string{" \n"}, "is empty"},
             std::pair{std::string{"name,iterations\nBM_x,5\n"},
                       "holds no JSON of Google Benchmark"},
             std::pair{std::string{"{\"schema\": \"lanewise.result/1\"}"},
                       "holds no JSON of Google Benchmark"},
             std::pair{file_of(""), "holds no benchmark"},
             std::pair{file_of("5, null"), "holds no benchmark"},
             std::pair{file_of(R"({"name": "BM_x", "real_time": "fast"})"), "holds no benchmark"},
         }) {
        CAPTURE(text);
        CHECK_THROWS_WITH_AS((void)read(text), doctest::Contains(why), std::runtime_error);
    }
}

TEST_CASE("hostile files end in an answer") {
    for (const auto& text : {std::string(1 << 20, '{'), std::string(1 << 20, '['),
                             "{ \"context\": " + std::string(100'000, '['),
                             "{\"context\": {}, \"benchmarks\": " + std::string(100'000, '{') + "}",
                             std::string{"{\"context\": 5, \"benchmarks\": 6}"},
                             std::string{"\"context\""}, std::string("{\"context\"\0", 11)}) {
        CHECK_THROWS_AS((void)read(text), std::runtime_error);
    }
}

TEST_CASE("imported benchmarks of two pools are compared as kernels are") {
    const auto of = [](const char* pool, const char* time) {
        auto section = read(file_of(three_rows));
        for (int i = 0; i < 9; ++i)
            section.cases[0].rates.push_back(std::stod(time) * (1 + 0.0001 * i));
        section.cases[0].rates.erase(section.cases[0].rates.begin(),
                                     section.cases[0].rates.begin() + 3);
        section.pool = pool;
        return documented(section, pool);
    };
    auto prices = price_table::built_in();
    prices.set("a=0.2");
    prices.set("b=0.2");
    const std::vector documents{of("a", "2e8"), of("b", "1e8")};
    const auto works = claims_about_cost(documents, prices);
    REQUIRE(works.size() == 1);
    CHECK(works[0].kind == "imported");
    REQUIRE(works[0].pairs.size() == 1);
    REQUIRE(works[0].pairs[0].cost);
    CHECK(works[0].pairs[0].cost->verdict == cost_verdict::cheaper);
    CHECK(works[0].pairs[0].cost->nodes_only);
    CHECK(works[0].pools[works[0].pairs[0].first].pool == "a");
}

TEST_CASE("a rate that no machine has is none, and a time that gives such a rate failed") {
    for (const auto* none : {"1e31", "1e30", "1e-31", "1e-30", "-5", "0"}) {
        CAPTURE(none);
        const auto rate = std::string{R"(, "items_per_second": )"} + none;
        CHECK(read(file_of(row("BM_x", 0, ten_ns, rate))).cases[0].unit == "iterations");
    }
    const std::string no_time = R"("real_time": 0, "cpu_time": 0, "time_unit": "ns")";
    CHECK(read(file_of(row("BM_x", 0, no_time, R"(, "items_per_second": 5)"))).cases[0].rates ==
          std::vector{5.0});
    CHECK(read(file_of(row("BM_x", 0, no_time, R"(, "bytes_per_second": 5)"))).cases[0].rates ==
          std::vector{5.0});
    const auto quick =
        read(file_of(three_rows + "," +
                     row("BM_x", 3, R"("real_time": 1, "cpu_time": 1e-25, "time_unit": "ns")")));
    CHECK(quick.cases[0].rates.size() == 3);
    CHECK(quick.cases[0].failed == 1);
}

TEST_CASE("where one of both times lacks the other one counts, and not where it is 0") {
    const auto rate = [](const std::string& name, const std::string& times) {
        return read(file_of(three_rows + "," + row(name, 0, times + R"(, "time_unit": "ns")")))
            .cases.at(1)
            .rates;
    };
    CHECK(rate("BM_y", R"("real_time": 20)").at(0) == doctest::Approx(5e7));
    CHECK(rate("BM_y", R"("cpu_time": 10)").at(0) == doctest::Approx(1e8));
    CHECK(rate("BM_y/real_time", R"("cpu_time": 10)").at(0) == doctest::Approx(1e8));
    CHECK(rate("BM_y", R"("real_time": 20, "cpu_time": 0)").empty());
    CHECK(rate("BM_y/real_time", R"("real_time": 0, "cpu_time": 10)").empty());
}

TEST_CASE("threads are those of the row, else those of the name") {
    const auto threads = [](const std::string& name, const std::string& field) {
        return read(file_of(R"({"name": ")" + name + R"(", "iterations": 1, )" + field + ten_ns +
                            "}"))
            .cases.at(0)
            .threads;
    };
    CHECK(threads("BM_x", "") == 1);
    CHECK(threads("BM_x/threads:4", "") == 4);
    CHECK(threads("BM_x/threads:4/real_time", "") == 4);
    CHECK(threads("BM_x/threads:x", "") == 1);
    CHECK(threads("BM_x/threads:4", R"("threads": 1, )") == 1);
    CHECK(threads("BM_x", R"("threads": 1000000, )") == 1'000'000);
    for (const auto* none : {"0", "-1", "1000001"})
        CHECK(threads("BM_x", std::string{R"("threads": )"} + none + ", ") == 1);
}

TEST_CASE("a row is an aggregate by its coefficients, and loses no more than its suffix") {
    for (const auto* more :
         {R"(, "big_o": "N")", R"(, "cpu_coefficient": 1.5)", R"(, "rms": 0.1)"}) {
        CAPTURE(more);
        const auto found = read(file_of(three_rows + "," + row("BM_y", 0, ten_ns, more)));
        CHECK(found.cases.at(1).rates.empty());
    }
    const auto name = [](const std::string& fields) {
        return read(file_of(three_rows + ", {" + fields + ", " + ten_ns + "}")).cases.at(1).name;
    };
    CHECK(name(R"("name": "BM_y_")") == "BM_y_");
    CHECK(name(R"("name": "BM_y", "run_type": "aggregate", "aggregate_name": "mean")") == "BM_y");
    CHECK(name(R"("name": "BM_y_mean", "run_type": "aggregate", "aggregate_name": "mean")") ==
          "BM_y");
    // An aggregate that has a repetition's number takes it from none.
    const auto first =
        R"({"name": "BM_x_mean", "run_name": "BM_x", "run_type": "aggregate", "aggregate_name": )"
        R"("mean", "family_index": 0, "per_family_instance_index": 0, "repetition_index": 0, )" +
        ten_ns + "}, ";
    CHECK(read(file_of(first + three_rows)).cases.size() == 1);
}

TEST_CASE("a repetition that says that it failed counts as failed, whatever time it has") {
    for (const auto* more :
         {R"(, "error_occurred": true)", R"(, "skipped": true)", R"(, "error_message": "no")"}) {
        CAPTURE(more);
        const auto found = read(file_of(three_rows + "," + row("BM_x", 3, ten_ns, more)));
        CHECK(found.cases.at(0).failed == 1);
        CHECK(found.cases.at(0).rates.size() == 3);
    }
}

TEST_CASE("what is left out is named by its row, two hundred of it at most") {
    CHECK(read(file_of("5, " + three_rows)).left_out ==
          std::vector<std::string>{"row 1: is no object"});
    CHECK(read(file_of(three_rows + R"(, {"x": 1})")).left_out ==
          std::vector<std::string>{"row 4: has no name"});
    std::string rows = three_rows;
    for (int i = 0; i < 200; ++i) rows += ", 5";
    CHECK(read(file_of(rows)).left_out.size() == 200);
    CHECK_FALSE(says(read(file_of(rows)).left_out, "and more"));
    CHECK(read(file_of(rows + ", 5")).left_out.back() == "and more");
    CHECK(read(file_of(rows + ", 5, 5, 5")).left_out.size() == 201);
}

TEST_CASE("a print that speaks of the context does not hide it") {
    const auto found = read("the \"context\" is new\n" + file_of(three_rows));
    CHECK(found.cases.at(0).rates.size() == 3);
    CHECK(found.cpus == 8);
}

TEST_CASE("a number of CPUs is one that a machine may have") {
    const auto cpus = [](const std::string& number) {
        auto text = file_of(three_rows);
        text.replace(text.find("\"num_cpus\": 8"), 13, "\"num_cpus\": " + number);
        return read(text).cpus;
    };
    CHECK(cpus("1") == 1);
    CHECK(cpus("1000000") == 1'000'000);
    for (const auto* none : {"0", "-1", "1000001", "null", "\"8\""}) CHECK_FALSE(cpus(none));
}

TEST_CASE("rows of an old version that come once are no repetitions") {
    CHECK(read(file_of(R"({"name": "BM_x", "iterations": 1, )" + ten_ns + "}")).warnings.empty());
}

TEST_CASE("the word context in what was printed is no beginning of the JSON") {
    const auto text = file_of(three_rows);
    CHECK(read("\"context\" follows\n" + text).cases.at(0).rates.size() == 3);
    CHECK(read("the \"context\" follows\n" + text).cases.at(0).rates.size() == 3);
}

TEST_CASE("a file is read by its path") {
    const temporary_folder here;
    const auto found = read_google_benchmark(here.with("mine.json", file_of(three_rows)));
    CHECK(found.cases.at(0).rates.size() == 3);
    CHECK(found.warnings.empty());
    CHECK_THROWS_WITH_AS((void)read_google_benchmark(here / "none.json"),
                         doctest::Contains("none.json: No such file"), std::runtime_error);
    // A part of gzip data gives what stands in it, and a warning.
    const std::string cut{"\x1f\x8b\x08\0\0\0\0\0\0\x03", 10};
    CHECK_THROWS_WITH_AS((void)read_google_benchmark(here.with("cut.json", cut)),
                         doctest::Contains("is empty"), std::runtime_error);
}

TEST_CASE("a word that is no JSON ends where it does, and a text where it ends") {
    CHECK(without_bare_words("nan") == "null");
    CHECK(without_bare_words("-inf") == "null");
    CHECK(without_bare_words("inf(1)") == "null(1)");
    CHECK(without_bare_words("nan(1)x") == "nullx");
    CHECK(without_bare_words(std::string_view{"\"a\""}.substr(0, 2)) == "\"a");
    CHECK(without_bare_words(std::string_view{"nanx"}.substr(0, 2)) == "na");
    CHECK(whole_value(std::string_view{"{\"a\":1}"}.substr(0, 6), 0).empty());
    CHECK(flat_objects(std::string_view{"{\"a\":1}"}.substr(0, 6), 0).empty());
}
