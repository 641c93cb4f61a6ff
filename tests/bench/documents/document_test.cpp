#include "bench/documents/document.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <system_error>

#include "bench/documents/files.hpp"
#include "bench/documents/json_place.hpp"
#include "bench/documents/json_schema.hpp"
#include "bench/documents/sha256.hpp"
#include "bench/documents/thread_counts.hpp"
#include "bench/machine/measured_machine.hpp"
#include "tests/bench/temporary_folder.hpp"

using namespace lanewise::bench;
namespace json = boost::json;

namespace {

json::object valid() {
    const std::vector<std::string> command{"lanewise-bench", "run"};
    auto document = new_document(command);
    put_machine(document,
                lanewise::machine::read(LANEWISE_TEST_DATA "/machines/m7g-4xlarge", "aarch64"), {});
    return document;
}

std::vector<bad_document> problems_of(std::string_view text) {
    auto parsed = parse_document("a.json", text);
    if (auto* bad = std::get_if<std::vector<bad_document>>(&parsed)) return *bad;
    return {};
}

/// The problems of the document after an edit that keeps the digest honest.
std::vector<bad_document> problems_after(void (*edit)(json::object&)) {
    auto document = valid();
    edit(document);
    return problems_of(document_text(document));
}

std::ptrdiff_t files_in(const temporary_folder& place) {
    return std::distance(std::filesystem::directory_iterator{place.path()},
                         std::filesystem::directory_iterator{});
}

}  // namespace

TEST_CASE("sha256 has the published digests") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a document that was written is read back, also after it was indented anew") {
    const auto text = document_text(valid());
    auto parsed = parse_document("a.json", text);
    REQUIRE(std::holds_alternative<document>(parsed));
    CHECK(std::get<document>(parsed).sha256 == sha256_hex(text));
    CHECK(std::get<document>(parsed).content.at("machine").at("cpu_model").as_string() ==
          "Neoverse-V1");
    CHECK(problems_of(json::serialize(json::parse(text))).empty());
    // Nothing behind the text is looked at.
    const auto longer = text + "x";
    CHECK(problems_of(std::string_view{longer}.substr(0, text.size())).empty());
}

TEST_CASE("an edit by hand is named") {
    auto text = document_text(valid());
    text.replace(text.find("\"cores\": 16"), 11, "\"cores\": 32");
    const auto problems = problems_of(text);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].sentence() ==
          "a.json: field /made/digest: does not fit the rest: the document was edited after it was "
          "written.");
}

TEST_CASE("what is no document says why, by file and field") {
    const auto text = document_text(valid());
    CHECK(problems_of(text.substr(0, text.size() / 2)).at(0).problem ==
          "is cut off: the JSON ends too early");
    CHECK(problems_of("").at(0).problem == "is cut off: the JSON ends too early");
    CHECK(problems_of("hello").at(0).problem.starts_with("is no JSON:"));
    CHECK(problems_of("{\"a\": nul}").at(0).problem.starts_with("is no JSON:"));
    CHECK(problems_of(text + "{}")
              .at(0)
              .problem.starts_with("something follows the document at line "));
    CHECK(problems_of("{}").at(0).field == "/schema");
    CHECK(problems_of("[]").at(0).field == "/schema");
    CHECK(problems_of(R"({"context": {}, "benchmarks": []})")
              .at(0)
              .problem.find("Google Benchmark") != std::string::npos);
    CHECK(problems_of(R"({"schema": "lanewise.result/0"})").at(0).problem ==
          R"(is "lanewise.result/0", this program reads "lanewise.result/1")");
}

TEST_CASE("JSON that is none names the field that it stands in") {
    const auto found = [](std::string_view text) {
        const auto problems = problems_of(text);
        REQUIRE(problems.size() == 1);
        return problems[0].field;
    };
    auto text = document_text(valid());
    text.replace(text.find("\"cores\": 16") + 9, 2, "NaN");
    CHECK(found(text) == "/machine/cores");
    CHECK(problems_of(text)[0].problem.starts_with(
        "is not a finite number, which JSON has no word for, at line "));
    CHECK(found(R"({"a": [1, {"b/c": [true, 2], "d": 01}]})") == "/a/1/d");
    CHECK(found(R"({"a": [1, {"b/c": [true, -]}]})") == "/a/1/b~1c/1");
    CHECK(found(R"({"a": "x\"{", "b": )") == "/b");
    CHECK(found("") == "");
    CHECK(found("]") == "");
}

TEST_CASE("a number that no measurement gives is named, wherever it stands") {
    for (const auto* number : {"1e300", "-1e31", "1e-300", "1.5e301"}) {
        CAPTURE(number);
        auto text = document_text(valid());
        text.replace(text.find("\"cores\": 16") + 9, 2, number);
        const auto problems = problems_of(text);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].field == "/machine/cores");
        CHECK(problems[0].problem.find(": no measurement is ") != std::string::npos);
    }
    CHECK(problems_after([](json::object& it) { it["machine"].as_object()["memory_bytes"] = 1e17; })
              .at(0)
              .field == "/machine/memory_bytes");  // no double has each whole number there
}

TEST_CASE("what a document says can't move the cursor of who reads the complaint") {
    const bad_document bad{"a\x1b[2J.json", "/x\ny", "is \x9b"};
    CHECK(bad.sentence() == "a\\x1b[2J.json: field /x y: is \\x9b.");
}

TEST_CASE("a field of the wrong kind is named by its pointer") {
    const auto field = [](void (*edit)(json::object&)) {
        const auto problems = problems_after(edit);
        return problems.empty() ? "none" : problems.front().field;
    };
    CHECK(field([](json::object&) {}) == "none");
    CHECK(field([](json::object& it) { it.erase("http"); }) == "/http");
    CHECK(field([](json::object& it) { it["extra"] = 1; }) == "/extra");
    CHECK(field([](json::object& it) { it["machine"].as_object()["cores"] = "many"; }) ==
          "/machine/cores");
    CHECK(field([](json::object& it) { it["machine"].as_object()["cores"] = 0; }) ==
          "/machine/cores");
    CHECK(field([](json::object& it) { it["machine"].as_object()["quota_cpus"] = -1; }) ==
          "/machine/quota_cpus");
    CHECK(field([](json::object& it) { it["machine"].as_object()["architecture"] = "mips"; }) ==
          "/machine/architecture");
    CHECK(field([](json::object& it) {
              it["notes"].as_array().push_back({{"field", ""}, {"text", ""}});
          }).starts_with("/notes/"));
    CHECK(field([](json::object& it) { it["kernels"] = {{"context", json::object{}}}; }) ==
          "/kernels/benchmarks");
    CHECK(field([](json::object& it) { it["machine"].as_object()["threads"] = 1e12; }) ==
          "/machine/threads");
    CHECK(field([](json::object& it) {
              it["kernels"] = {{"context", json::object{}},
                               {"benchmarks",
                                {{{"name", "a"},
                                  {"run_name", "a"},
                                  {"run_type", "iteration"},
                                  {"items_per_second", 0}}}}};
          }) == "/kernels/benchmarks/0/items_per_second");
    CHECK(field([](json::object& it) {
              it["http"] = json::array{{{"url", "u"},
                                        {"closed_loop", false},
                                        {"target_p99_ms", 5},
                                        {"server", {{"cpu", {{"threads", 2.5}}}}},
                                        {"generator",
                                         {{"connections", 1},
                                          {"cpus", json::array{}},
                                          {"local", false},
                                          {"shared", false},
                                          {"pinning", "none"}}},
                                        {"rounds", json::array{}},
                                        {"curve", json::array{}}}};
          }) == "/http/0/server/cpu/threads");
}

TEST_CASE("every null of the machine has a reason in the notes") {
    auto document = valid();
    for (const auto& member : document.at("machine").as_object()) {
        if (!member.value().is_null()) continue;
        const std::string name{member.key()};
        bool explained = false;
        for (const auto& note : document.at("notes").as_array()) {
            explained = explained || note.at("field") == json::value("/machine/" + name);
        }
        CAPTURE(name);
        CHECK(explained);
    }
}

TEST_CASE("a schema may not ask for more than is checked") {
    CHECK_THROWS_AS(static_cast<void>(check_schema({{"pattern", "a+"}}, "a")),
                    std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(check_schema({{"type", "float"}}, 1)), std::invalid_argument);
}

TEST_CASE("bad files do not keep the others from counting, and one that comes twice counts once") {
    const temporary_folder place;
    write_atomically(place / "good.json", document_text(valid()));
    std::ofstream{place / "bad.json"} << "{";
    std::filesystem::copy(place / "good.json", place / "again.json");
    const std::vector<std::string> files{place / "bad.json", place / "good.json",
                                         place / "none.json", place / "again.json"};
    const auto loaded = load_documents(files);
    REQUIRE(loaded.documents.size() == 1);
    CHECK(loaded.documents[0].file == files[1]);
    REQUIRE(loaded.bad.size() == 3);
    CHECK(loaded.bad[0].file == files[0]);
    CHECK(loaded.bad[1].problem == "can't be read: No such file or directory");
    CHECK(loaded.bad[2].problem == "is the same run as " + files[1] + ", which counts once");
}

TEST_CASE("a document is written whole or not at all") {
    const temporary_folder place;
    write_atomically(place / "a.json", "old");
    write_atomically(place / "a.json", "new");
    CHECK(read_file(place / "a.json") == "new");
    CHECK(files_in(place) == 1);
    std::filesystem::create_directory(place / "taken");
    std::ofstream{place / "taken/file"} << "x";
    CHECK_THROWS_AS(write_atomically(place / "taken", "text"), std::system_error);
    CHECK_THROWS_AS(write_atomically(place / "no/such/folder", "text"), std::system_error);
    CHECK(files_in(place) == 2);
}

TEST_CASE("what is no regular file is written to and not replaced, and a link stays one") {
    const temporary_folder place;
    // Root could replace a device of the machine, if this were wrong.
    if (::geteuid() != 0) {
        write_atomically("/dev/null", "text");
        CHECK_THROWS_AS(write_atomically("/dev/full", "text"), std::system_error);
    }
    check_output("/dev/null");
    write_atomically(place / "real.json", "old");
    std::filesystem::create_symlink(place / "real.json", place / "link.json");
    write_atomically(place / "link.json", "new");
    CHECK(std::filesystem::is_symlink(place / "link.json"));
    CHECK(read_file(place / "real.json") == "new");
}

TEST_CASE("where a document can't be written is said before anything is measured for it") {
    const temporary_folder place;
    check_output("-");
    check_output(place / "a.json");
    CHECK(files_in(place) == 0);
    write_atomically(place / "a.json", "old");
    check_output(place / "a.json");
    CHECK(read_file(place / "a.json") == "old");
    CHECK_THROWS_AS(check_output(place / "no/such/folder.json"), std::system_error);
    std::filesystem::create_directory(place / "folder");
    CHECK_THROWS_WITH_AS(check_output(place / "folder"),
                         ((place / "folder") + ": Is a directory").c_str(), std::system_error);
}

TEST_CASE("odd files say what they are") {
    const temporary_folder place;
    const auto problem = [&](const char* name) {
        const auto found = load_documents(std::vector{place / name});
        REQUIRE(found.bad.size() == 1);
        return found.bad[0].problem;
    };
    std::filesystem::create_directory(place / "folder");
    CHECK(problem("folder") == "can't be read: Is a directory");
    std::ofstream{place / "empty"}.flush();
    CHECK(problem("empty") == "is cut off: the JSON ends too early");
    std::ofstream{place / "large"}.flush();
    std::filesystem::resize_file(place / "large", std::uintmax_t{200} << 20);
    CHECK(problem("large") == "can't be read: File too large");
    std::ofstream{place / "deep"} << std::string(100'000, '[');
    CHECK(problem("deep").starts_with("is no JSON: "));
    std::ofstream{place / "zeros"} << std::string(100, '\0');
    CHECK(problem("zeros").starts_with("is no JSON: "));
    std::ofstream{place / "utf16"} << std::string_view{"\xff\xfe{\0", 4};
    CHECK(problem("utf16") == "is UTF-16, as some shells write it; a document is UTF-8");
    // A byte order mark alone is no reason to refuse a document.
    std::ofstream{place / "marked"} << "\xef\xbb\xbf" << document_text(valid());
    CHECK(load_documents(std::vector{place / "marked"}).documents.size() == 1);
}

TEST_CASE("cpu_list joins neighbours") {
    CHECK(cpu_list({0, 1, 2, 3, 8}) == "0-3,8");
    CHECK(cpu_list({5}) == "5");
    CHECK(cpu_list({}).empty());
}

TEST_CASE("white space between tokens is no edit, and within a text it is one") {
    auto content = valid();
    add_note(content, "", "say \"a  b\" \\ c\\");
    const auto text = document_text(content);
    std::string spaced;
    for (const char letter : text) spaced += letter == '\n' ? "\r\n\t " : std::string{letter};
    CHECK(problems_of(spaced).empty());
    auto edited = text;
    edited.erase(edited.find("a  b") + 1, 1);
    CHECK(problems_of(edited).size() == 1);
}

TEST_CASE("a document is printed with a member a line, and lists of plain values on one") {
    const json::value value{{"a\"b", 1},
                            {"none", json::object{}},
                            {"plain", {1, "x", nullptr}},
                            {"empty", json::array{}},
                            {"nested", {{{"c", 2}, {"d", 3}}, json::array{}, 4}}};
    CHECK(pretty(value) == R"({
  "a\"b": 1,
  "none": {},
  "plain": [1,"x",null],
  "empty": [],
  "nested": [
    {
      "c": 2,
      "d": 3
    },
    [],
    4
  ]
})");
}

TEST_CASE("numbers from 1e-30 to 1e30 may be measurements, and 0 is one") {
    const auto problem = [](const json::value& number) {
        const auto found = check_part("machine", "a.json", {{"list", {{0, number}}}});
        REQUIRE(!found.empty());
        return found[0].sentence();
    };
    const auto is_refused = [&](const json::value& number) {
        return problem(number).find("no measurement") != std::string::npos;
    };
    CHECK(problem(-2e30) ==
          "a.json: field /list/0/1: is -2E30: no measurement is larger than 1e30.");
    CHECK(problem(2e-31) ==
          "a.json: field /list/0/1: is 2E-31: no measurement is smaller than 1e-30.");
    for (const double fits : {0.0, 1.0, -1.0, 1e30, -1e30, 1e-30}) {
        CAPTURE(fits);
        CHECK_FALSE(is_refused(fits));
    }
}

TEST_CASE("a part of a document is checked as it would be within one") {
    const auto machine = valid().at("machine");
    CHECK(check_part("machine", "a.json", machine).empty());
    auto other = machine;
    other.as_object()["cores"] = "many";
    const auto found = check_part("machine", "a.json", other);
    REQUIRE(found.size() == 1);
    CHECK(found[0].sentence().starts_with("a.json: field /cores: must be "));
}

TEST_CASE("what follows a document, and words that JSON has not, are named by line and column") {
    const auto text = document_text(valid());
    CHECK(problems_of(text + " \t\r\n").empty());
    CHECK(problems_of("\n {}\n x").at(0).problem ==
          "something follows the document at line 3, column 2");
    for (const auto* word : {"NaN", "Infinity", "-Infinity", "nan"}) {
        CAPTURE(word);
        CHECK(problems_of(std::string{"{\"a\":\n"} + word + "}")
                  .at(0)
                  .problem.starts_with(
                      "is not a finite number, which JSON has no word for, at line 2, column "));
    }
    CHECK(problems_of("\xfe\xff{").at(0).problem.starts_with("is UTF-16"));
    for (const auto* part : {R"({"context": {}})", R"({"benchmarks": []})"})
        CHECK(problems_of(part).at(0).problem == "is missing: this is no result of lanewise-bench");
}

TEST_CASE("the place of a byte is the pointer of the value that it stands in") {
    const std::string_view text = R"({"a": {"x": 1}, "b": [[1], 2, {"c~": "}]\"", "d/": )";
    CHECK(pointer_at(text, text.size()) == "/b/2/d~1");
    CHECK(pointer_at(text, 1000) == "/b/2/d~1");
    CHECK(pointer_at(text, text.find('}')) == "/a/x");
    CHECK(pointer_at(text, text.find("}]") - 1) == "/b/2/c~0");
    CHECK(pointer_at(text, text.find("1]")) == "/b/0/0");
    CHECK(pointer_at(text, 1) == "");
    CHECK(pointer_at(text, 0) == "");
    CHECK(pointer_at("]},:{\"a\": ", 10) == "/a");
    CHECK(pointer_at("{\"a\\", 4) == "");
}

TEST_CASE("lines and columns count from 1") {
    CHECK(line_and_column("ab\ncd", 0) == "line 1, column 1");
    CHECK(line_and_column("ab\ncd", 1) == "line 1, column 2");
    CHECK(line_and_column("ab\ncd", 3) == "line 2, column 1");
    CHECK(line_and_column("ab\n\ncd", 5) == "line 3, column 2");
}

TEST_CASE("the line of a value is where it begins, or the closest value around it") {
    const std::string_view text = R"({
 "a": 1,
 "b": [
  {"c": "x,]\"",
   "d": 22},
  [true,
   null,
   [{}, 3]]
 ],
 "e~/f": {"g":
  [1],
  "h":
   "i"}
})";
    const std::vector<std::pair<std::string_view, std::size_t>> lines{
        {"", 1},         {"/a", 2},         {"/a/b", 2},         {"/b", 3},         {"/b/0", 4},
        {"/b/0/c", 4},   {"/b/0/d", 5},     {"/b/0/d/2", 5},     {"/b/1", 6},       {"/b/1/0", 6},
        {"/b/1/1", 7},   {"/b/1/1/x", 7},   {"/b/1/2/1", 8},     {"/b/2", 3},       {"/b/c", 3},
        {"/e~0~1f", 10}, {"/e~0~1f/g", 11}, {"/e~0~1f/g/0", 11}, {"/e~0~1f/h", 13}, {"/i", 1},
        {"/h", 1},       {"/0", 1}};
    for (const auto& [pointer, line] : lines) {
        CAPTURE(pointer);
        CHECK(line_of(text, pointer) == line);
    }
    CHECK(line_of("\n7", "") == 2);
    CHECK(line_of("{\r\n\t\"a\":\r\n\t1}", "/a") == 3);
    CHECK(line_of("\n[1,\n2]", "/1") == 3);
    CHECK(line_of("\n[\n\"a\",\n2]", "/1") == 4);
}

namespace {

/// The complaints, a line each.
std::string complaints(const json::value& schema, const json::value& value) {
    std::string text;
    for (const auto& one : check_schema(schema, value)) text += one.field + " " + one.text + "\n";
    return text;
}

}  // namespace

TEST_CASE("a schema's types are JSON's, and a whole number is one that a double can count") {
    const std::vector<std::pair<std::string, json::value>> values{
        {"null", nullptr}, {"boolean", true},        {"string", "x"},
        {"number", 1.5},   {"array", json::array{}}, {"object", json::object{}}};
    for (const auto& [type, value] : values) {
        for (const auto& [other, not_it] : values) {
            CAPTURE(type);
            CAPTURE(other);
            CHECK(complaints({{"type", type}}, not_it).empty() == (type == other));
        }
    }
    const json::value integer{{"type", "integer"}};
    for (const double whole : {0.0, -3.0, 0x1p53, -0x1p53})
        CHECK(complaints(integer, whole).empty());
    for (const double none : {0.5, 0x1p53 + 2}) CHECK(!complaints(integer, none).empty());
    CHECK(complaints(integer, "1") == " must be integer, is \"1\"\n");
    CHECK(complaints({{"type", {"null", "string", "array"}}}, 1) ==
          " must be null or string or array, is 1\n");
    CHECK(complaints({{"type", {"null", "string"}}}, "x").empty());
}

TEST_CASE("a schema's limits are part of what fits") {
    const json::value limits{{"minimum", 2}, {"maximum", 4}};
    for (const int fits : {2, 3, 4}) CHECK(complaints(limits, fits).empty());
    CHECK(complaints(limits, 1.5) == " must be at least 2, is 1.5E0\n");
    CHECK(complaints(limits, 5) == " must be at most 4, is 5\n");
    CHECK(complaints({{"exclusiveMinimum", 2}}, 2) == " must be more than 2, is 2\n");
    CHECK(complaints({{"exclusiveMinimum", 2}}, 3).empty());
    CHECK(complaints({{"const", "a"}}, "b") == " must be \"a\", is \"b\"\n");
    CHECK(complaints({{"const", "a"}}, "a").empty());
    CHECK(complaints({{"enum", {"a", "b"}}}, "b").empty());
    CHECK(complaints({{"enum", {"a", "b"}}}, "c") == " must be one of [\"a\",\"b\"], is \"c\"\n");
    CHECK(complaints({{"minLength", 2}}, "ab").empty());
    CHECK(complaints({{"minLength", 2}}, "a") == " must not be empty\n");
    CHECK(complaints({{"minItems", 2}}, {1, 2}).empty());
    CHECK(complaints({{"minItems", 2}}, json::array{1}) ==
          " must have at least 2 elements, has 1\n");
    const auto sixty = std::string(58, 'x');
    CHECK(complaints({{"const", 1}}, json::value(sixty)) == " must be 1, is \"" + sixty + "\"\n");
    CHECK(complaints({{"const", 1}}, json::value(sixty + "y")) ==
          " must be 1, is \"" + sixty.substr(0, 56) + "...\n");
}

TEST_CASE("members and elements are named by their pointers") {
    const json::value number{{"type", "number"}};
    CHECK(complaints({{"items", number}}, {1, "x", 2, "y"}) ==
          "/1 must be number, is \"x\"\n/3 must be number, is \"y\"\n");
    const json::value members{{"required", {"a/b", "c~"}},
                              {"properties", {{"a/b", number}, {"c~", number}}},
                              {"additionalProperties", false}};
    CHECK(complaints(members, {{"a/b", 1}, {"c~", "x"}, {"d", 1}}) ==
          "/c~0 must be number, is \"x\"\n/d is not a field of this schema\n");
    CHECK(complaints(members, json::object{}) == "/a~1b is missing\n/c~0 is missing\n");
    CHECK(complaints({{"additionalProperties", number}}, {{"a", "x"}}) ==
          "/a must be number, is \"x\"\n");
    CHECK(complaints({{"additionalProperties", true}}, {{"a", "x"}}).empty());
    CHECK(complaints({{"properties", json::object{}}}, {{"a", "x"}}).empty());
}

TEST_CASE("of several choices the one that was meant says what is wrong") {
    const json::value choices{
        {"anyOf",
         {{{"type", "null"}},
          {{"properties", {{"a", {{"properties", {{"b", {{"type", "number"}}}}}}}}}},
          {{"properties", {{"a", {{"type", "number"}}}}}}}}};
    CHECK(complaints(choices, nullptr).empty());
    CHECK(complaints(choices, {{"a", 1}}).empty());
    CHECK(complaints(choices, {{"a", {{"b", "x"}}}}) == "/a/b must be number, is \"x\"\n");
    const json::value plain{{"anyOf", {{{"type", "null"}}, {{"type", "number"}}}}};
    CHECK(complaints(plain, "x") == " must be null, is \"x\"\n");
}

TEST_CASE("twenty complaints are enough, and a schema refers to its own parts alone") {
    const json::value numbers{{"items", {{"type", "number"}}}};
    CHECK(check_schema(numbers, json::array(20, "x")).size() == 20);
    CHECK(check_schema(numbers, json::array(21, "x")).size() == 20);
    const json::value members{{"required", json::array(25, "a")}};
    CHECK(check_schema(members, json::object{}).size() == 20);
    const json::value own{{"$defs", {{"n", {{"type", "number"}}}}}, {"$ref", "#/$defs/n"}};
    CHECK(complaints(own, "x") == " must be number, is \"x\"\n");
    CHECK_THROWS_AS(static_cast<void>(check_schema({{"$ref", "other.json"}}, 1)),
                    std::invalid_argument);
}

TEST_CASE("a pipe takes a document, and what has no size is read to its end") {
    const temporary_folder place;
    const auto path = place / "pipe";
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    const int reader = open(path.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(reader >= 0);
    check_output(path);
    write_atomically(path, "text");
    std::array<char, 8> text{};
    CHECK(read(reader, text.data(), text.size()) == 4);
    CHECK(std::string_view{text.data()} == "text");
    close(reader);
    CHECK(std::filesystem::is_fifo(path));
    CHECK(read_file("/dev/null").empty());
    CHECK_THROWS_AS(static_cast<void>(read_file(place / "none")), std::system_error);
}

TEST_CASE("what standard output does not take is an error") {
    std::ostringstream taken;
    auto* const own = std::cout.rdbuf(taken.rdbuf());
    write_atomically("-", "text");
    std::cout.rdbuf(nullptr);
    CHECK_THROWS_AS(write_atomically("-", "text"), std::system_error);
    std::cout.rdbuf(own);
    CHECK(taken.str() == "text");
}

TEST_CASE("counts of rounds add up, and a sum is known where every round's part is") {
    auto sum = thread_counts::none_yet(3);
    sum.add(10, {1.0, 2.0, 3.0, 4.0});
    sum.add(20, {10.0, 20.0, 30.0, std::nullopt});
    sum.add(30, {100.0, 200.0, 300.0, 400.0});
    CHECK(sum.cpu == 3);
    CHECK(sum.items == 60);
    CHECK(sum.cycles == 111.0);
    CHECK(sum.instructions == 222.0);
    CHECK(sum.branch_misses == 333.0);
    CHECK(!sum.last_level_misses);
}

TEST_CASE("counts are kept where a thread did something and has one of them") {
    const auto is_kept = [](double items, const event_counts& found) {
        auto one = thread_counts::none_yet(0);
        one.add(items, found);
        return where_counted({one}).has_value();
    };
    CHECK(is_kept(1, {1.0, {}, {}, {}}));
    CHECK(is_kept(1, {{}, 1.0, {}, {}}));
    CHECK(is_kept(1, {{}, {}, 1.0, {}}));
    CHECK(is_kept(1, {{}, {}, {}, 1.0}));
    CHECK(!is_kept(1, {}));
    CHECK(!is_kept(0, {1.0, 1.0, 1.0, 1.0}));
}
