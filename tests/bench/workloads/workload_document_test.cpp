// lanewise.workload/1: what is written is read again, and what is wrong is named by field and line.
#include "bench/workloads/workload_document.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/documents/json_schema.hpp"
#include "bench/workloads/text_input.hpp"

using namespace lanewise::bench;
using namespace lanewise::bench::workloads;
namespace json = boost::json;

namespace {

workloads::document parse(const std::string& text) {
    return parse_workload(text, "w.json", ".");
}

std::string with(const std::string& request) {
    return "{\n\"schema\": \"lanewise.workload/1\",\n\"requests\": [\n{\"path\": \"/ok\"},\n" +
           request + "\n]}";
}

std::string problem_of(const std::string& text) {
    try {
        (void)parse(text);
    } catch (const unusable& error) {
        return error.what();
    }
    FAIL("was taken: " << text);
    return "";
}

}  // namespace

TEST_CASE("what is written is valid by its schema, and read again as it was") {
    workloads::document made;
    made.sources.push_back({.name = "a.log",
                            .kind = "access log",
                            .unit = "line",
                            .units = 5,
                            .requests = 3,
                            .left_out = {{"empty", 2, {{1, 1}, {2, 2}}}},
                            .remarks = {{"cut", 1, {{3, 30}}}}});
    made.origin = "https://a";
    made.dropped = {{"Cookie", 3}};
    made.notes = {"a note"};
    weighted_request one;
    one.what = {.method = "POST",
                .path = "/a?b",
                .headers = {{"X", "1"}, {"Accept", "*/*"}, {"X", "2"}, {"Empty", ""}},
                .has_body = true,
                .body = "{\"\xc3\xa4\":1}\n",
                .body_file = ""};
    one.weight = 3;
    one.success = {{200, 299}, {404, 404}};
    made.requests.push_back(one);
    one.what.body = std::string("\0\xff\x01", 3);
    one.weight = 0.25;
    made.requests.push_back(one);
    one.what = {
        .method = "PUT", .path = "*", .headers = {}, .has_body = true, .body = "", .body_file = ""};
    one.what.method = "OPTIONS";
    made.requests.push_back(one);

    const auto text = to_text(made);
    CHECK(check_schema(workload_schema(), json::parse(text)).empty());
    // Lines stand beside numbers where they are others.
    const auto source = json::parse(text).at("sources").as_array().at(0);
    CHECK(source.at("name") == "a.log");
    CHECK_FALSE(source.at("left_out").at(0).as_object().contains("lines"));
    CHECK(source.at("remarks").at(0).at("lines") == json::array{30});
    CHECK(text.find("\"notes\": [\n    \"a note\"\n  ],\n") != std::string::npos);
    const auto read = parse(text);
    REQUIRE(read.requests.size() == 3);
    CHECK(read.origin == "https://a");
    CHECK(read.requests.at(0).weight == 3);
    CHECK(read.requests.at(0).what.body == "{\"\xc3\xa4\":1}\n");
    CHECK(read.requests.at(0).what.headers ==
          std::vector<header>{{"X", "1"}, {"X", "2"}, {"Accept", "*/*"}, {"Empty", ""}});
    CHECK(read.requests.at(0).success == made.requests.at(0).success);
    CHECK(read.requests.at(1).what.body == std::string("\0\xff\x01", 3));
    CHECK(read.requests.at(1).weight == 0.25);
    CHECK(read.requests.at(2).what.has_body);
    CHECK(read.requests.at(2).what.body == "");
}

TEST_CASE("a body that a person can read is written as text, any other in base64") {
    const auto body_of = [](const std::string& body) {
        workloads::document made;
        weighted_request one;
        one.what.has_body = true;
        one.what.body = body;
        made.requests.push_back(one);
        made.sources.push_back(
            {.name = "\xff", .kind = "", .unit = "", .left_out = {}, .remarks = {}});
        const auto text = to_text(made);
        CHECK(text.find("\"notes\": [],\n") != std::string::npos);
        CHECK(text.find("\"name\":\"?\"") != std::string::npos);
        return json::parse(text).at("requests").at(0).at("body");
    };
    CHECK(body_of("a b\r\n\t\xc3\xa4") == "a b\r\n\t\xc3\xa4");
    for (const auto* bytes : {"\x01", "\x1f", "\xff", "a\x08"})
        CHECK(body_of(bytes).as_object().contains("base64"));
}

TEST_CASE("a request that a person writes needs no more than an object") {
    const auto read = parse(with("{}"));
    CHECK(read.requests.at(1).what.method == "GET");
    CHECK(read.requests.at(1).what.path == "/");
    CHECK(read.requests.at(1).weight == 1);
    CHECK(!read.requests.at(1).what.has_body);
    CHECK(read.requests.at(1).success == std::vector<status_range>{{200, 299}});
    CHECK(parse(with(R"({"expect": ["3xx", 404, "5xx"]})")).requests.at(1).success ==
          std::vector<status_range>{{300, 399}, {404, 404}, {500, 599}});
    std::string unknown = "{\"a\": 1";
    for (int i = 0; i < 25; ++i) unknown += ", \"b" + std::to_string(i) + "\": 1";
    CHECK(parse(with(unknown + "}")).unused.size() == 20);
    CHECK(parse(with(R"({"wieght": 3})")).unused.at(0).find("/requests/1/wieght, line 5") !=
          std::string::npos);
}

TEST_CASE("what is wrong is named by field and line, with what would be right") {
    const auto says = [](const std::string& text, std::string_view field, std::string_view line,
                         std::string_view right) {
        const auto problem = problem_of(text);
        CAPTURE(problem);
        CHECK(problem.starts_with("w.json: "));
        CHECK(problem.find("field " + std::string{field} + ",") != std::string::npos);
        CHECK(problem.find("line " + std::string{line} + ":") != std::string::npos);
        CHECK(problem.find(right) != std::string::npos);
    };
    says("{\n\"requests\": []}", "/schema", "1", "lanewise.workload/1");
    says("{\n\"schema\": \"lanewise.result/1\"}", "/schema", "2", "lanewise.workload/1");
    says("{\"schema\": \"lanewise.workload/1\"}", "/requests", "1", "missing");
    says("{\"schema\": \"lanewise.workload/1\",\n\"requests\": []}", "/requests", "2",
         "at least 1");
    says(with("{\"weight\":\n0}"), "/requests/1/weight", "6", "more than 0");
    says(with("{\"weight\": -1}"), "/requests/1/weight", "5", "more than 0");
    says(with("{\"weight\": \"3\"}"), "/requests/1/weight", "5", "number");
    says(with("{\"method\": \"GE T\"}"), "/requests/1/method", "5", "such as GET");
    says(with("{\"method\": \"CONNECT\"}"), "/requests/1/method", "5", "CONNECT");
    says(with("{\"method\": 5}"), "/requests/1/method", "5", "string");
    says(with("{\"path\": \"a\"}"), "/requests/1/path", "5", "begin with /");
    says(with("{\"path\": \"http://a/\"}"), "/requests/1/path", "5", "begin with /");
    says(with("{\"path\": \"/a b\"}"), "/requests/1/path", "5", "%XX");
    says(with("{\"path\": \"/a\\r\\nX: y\"}"), "/requests/1/path", "5", "%XX");
    says(with("{\"path\": \"/\\u00e4\"}"), "/requests/1/path", "5", "%XX");
    says(with("{\"path\": \"/\\u007f\"}"), "/requests/1/path", "5", "%XX");
    says(with("{\"path\": \"/a#b\"}"), "/requests/1/path", "5", "fragment");
    says(with("{\"path\": \"*\"}"), "/requests/1/path", "5", "begin with /");
    says(with(R"({"headers": {"A B": "x"}})"), "/requests/1/headers", "5", "A B");
    says(with(R"({"headers": {"A": "x\ny"}})"), "/requests/1/headers/A", "5", "line feeds");
    says(with(R"({"headers": {"A": 5}})"), "/requests/1/headers/A", "5", "string");
    says(with(R"({"headers": ["A"]})"), "/requests/1/headers", "5", "object");
    says(with(R"({"headers": {"content-Length": "5"}})"), "/requests/1/headers/content-Length", "5",
         "body");
    says(with(R"({"headers": {"Transfer-Encoding": "chunked"}})"),
         "/requests/1/headers/Transfer-Encoding", "5", "body");
    says(with(R"({"body": 5})"), "/requests/1/body", "5", "string");
    says(with(R"({"body": {"base64": "%"}})"), "/requests/1/body/base64", "5", "base64");
    says(with(R"({"body": {"file": "no/such/file"}})"), "/requests/1/body/file", "5",
         "no/such/file");
    says(with(R"({"body": {"file": "."}})"), "/requests/1/body/file", "5", "file");
    says(with(R"({"expect": []})"), "/requests/1/expect", "5", "at least 1");
    says(with(R"({"expect": [700]})"), "/requests/1/expect/0", "5", "from 200 to 599");
    says(with(R"({"expect": ["20x"]})"), "/requests/1/expect/0", "5", "2xx");
    says(with("5"), "/requests/1", "5", "object");
    says(with(R"({"weight": 1e308}, {"weight": 1e308})"), "/requests", "3", "add up");
}

TEST_CASE("JSON that is none is named by line") {
    CHECK(problem_of("") == "w.json: is empty");
    CHECK(problem_of(" \t\r\n") == "w.json: is empty");
    CHECK(problem_of("{") == "w.json: is cut off: the JSON ends too early, at line 1, column 2");
    CHECK(problem_of("{\"schema\": ") ==
          "w.json: is cut off: the JSON ends too early, in field /schema at line 1, column 12");
    CHECK(problem_of("{\"schema\": \"lanewise.workload/1\",\n\"requests\": [").find("line 2") !=
          std::string::npos);
    CHECK(problem_of("{\n\n,}").find("line 3") != std::string::npos);
    CHECK(problem_of(with("{}") + "\nx").find("line 7") != std::string::npos);
    CHECK(parse(with("{}") + "\n \t\r\n").requests.size() == 2);
    CHECK(problem_of("[]").find("/schema") != std::string::npos);
    CHECK(problem_of(std::string(1000, '[')).find("JSON") != std::string::npos);
}

TEST_CASE("a body's file lies beside the workload") {
    const auto folder =
        std::filesystem::temp_directory_path() /
        ("lanewise_workload_" +
         std::to_string(std::hash<std::string>{}(std::filesystem::current_path().string())));
    std::filesystem::create_directories(folder);
    std::ofstream{folder / "body.bin", std::ios::binary} << std::string("\0\xff", 2);
    std::ofstream{folder / "w.json"} << "\xef\xbb\xbf" << with(R"({"body": {"file": "body.bin"}})");
    const auto read = read_workload((folder / "w.json").string());
    CHECK(read.requests.at(1).what.body == std::string("\0\xff", 2));
    std::filesystem::resize_file(folder / "body.bin", (std::uintmax_t{64} << 20) + 1);
    CHECK_THROWS_WITH_AS((void)read_workload((folder / "w.json").string()),
                         doctest::Contains("w.json: field /requests/1/body/file, line 5: is too "
                                           "large: a file may have 64 MiB"),
                         unusable);
    std::filesystem::remove_all(folder);
    CHECK_THROWS_AS((void)read_workload((folder / "w.json").string()), unusable);
}
