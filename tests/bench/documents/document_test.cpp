#include "bench/documents/document.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "bench/documents/files.hpp"
#include "bench/documents/json_schema.hpp"
#include "bench/documents/sha256.hpp"
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
    write_atomically("/dev/null", "text");
    CHECK(std::filesystem::is_character_file("/dev/null"));
    check_output("/dev/null");
    CHECK_THROWS_AS(write_atomically("/dev/full", "text"), std::system_error);
    CHECK(std::filesystem::is_character_file("/dev/full"));
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
