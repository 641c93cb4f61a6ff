// Commands that make something of documents: in which format they write it, and how they end.
#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "tests/bench/temporary_folder.hpp"
#include "typed_command.hpp"

using namespace lanewise::bench;
namespace json = boost::json;

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

using rates = std::map<std::string, double>;  // a second, by "dot_f32/avx2/L1/n:64"

/// Programs that stand for builds of lanewise-bench: each notes how it was called, and writes a
/// document of the rates that it has.
struct builds {
    temporary_folder folder;

    std::string build(const std::string& name, const rates& of, const std::string& first = "") {
        auto document = json::parse(read_file(LANEWISE_EXAMPLES "/epyc-guest.json")).as_object();
        auto& benchmarks = document["kernels"].at("benchmarks").as_array();
        auto row = benchmarks[0].as_object();
        benchmarks.clear();
        for (const auto& [run, rate] : of) {
            row["name"] = row["run_name"] = run;
            row["items_per_second"] = rate;
            benchmarks.push_back(row);
        }
        document.erase("sweeps");
        document["sweeps"] = nullptr;
        (void)folder.with(name + ".json", document_text(std::move(document)));
        const auto program = folder.with(name, R"(#!/bin/sh
cd "${0%/*}" && echo "${0##*/} $*" >>calls || exit
)" + first + R"(
[ "$1" = --version ] && echo 'lanewise-bench 1.0' && exit
while [ "$1" != --output ]; do shift; done
cat "${0##*/}.json" >"$2"
)");
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
        return program;
    }
    told compare(const std::string& base, const std::string& head, const list& more = {}) {
        list words{"compare", base, head};
        words.insert(words.end(), more.begin(), more.end());
        return typed(add_compare, words);
    }
    /// Who measured, in this order: "base head head base".
    [[nodiscard]] std::string turns() const {
        std::string all, line;
        for (std::ifstream from{folder / "calls"}; std::getline(from, line);) {
            if (line.find(" --seconds 0.01 ") == line.npos) continue;
            all += (all.empty() ? "" : " ") + line.substr(0, line.find(' '));
        }
        return all;
    }
};

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

TEST_CASE("two builds are measured in turn, and the cases that both have are compared") {
    const rates old{{"dot_f32/avx2/L1/n:64", 1000},
                    {"dot_f32/avx2/L2/n:640", 500},
                    {"dot_f32/portable/L1/n:64", 10},
                    {"sum_f32/avx2/L1/n:64", 200},
                    {"sum_f32/avx512/L1/n:64", 300}};
    builds here;
    const auto base = here.build("base", old);
    // A case that one of them lacks, that has other parameters, or that is portable is none.
    auto changed = old;
    changed.erase("sum_f32/avx512/L1/n:64");
    changed.erase("sum_f32/avx2/L1/n:64");
    changed["sum_f32/avx2/L1/n:65"] = 1;
    changed["dot_f32/portable/L1/n:64"] = 1;
    changed["dot_f32/avx2/L1/n:64"] = 1250;
    const auto head = here.build("head", changed);
    const auto same = here.compare(base, head, {"--rounds", "4"});
    CHECK(same.status == 0);
    CHECK(same.output ==
          "No case of 2 got slower by more than 5.0 % beyond doubt.\n\n"
          "| case | change | 98 % interval | |\n|---|---:|---:|---|\n"
          "| dot_f32/avx2/L1 | +25.0 % | +25.0 % to +25.0 % |  |\n"
          "| dot_f32/avx2/L2 | +0 % | +0 % to +0 % |  |\n");
    CHECK(here.turns() == "base head head base base head head base");
    CHECK(contains(read_file(here.folder / "calls"), "--no-sweeps"));
    CHECK_FALSE(contains(same.errors, "slower"));
}

TEST_CASE("a build that looks slower is measured once more by its kernels, and counts if it is") {
    rates old{{"dot_f32/avx2/L1/n:64", 1000},
              {"dot_f32/avx2/L2/n:640", 500},
              {"sum_f32/avx2/L1/n:64", 200}};
    builds here;
    const auto base = here.build("base", old);
    old["dot_f32/avx2/L1/n:64"] = 800;
    old["dot_f32/avx2/L2/n:640"] = 400;
    const auto slower = here.compare(base, here.build("head", old), {"--rounds", "3"});
    CHECK(slower.status == 3);
    CHECK(slower.output.starts_with("2 of 3 cases got slower by more than 5.0 %, beyond doubt.\n"));
    CHECK(contains(slower.output,
                   "| dot_f32/avx2/L1 | -20.0 % | -20.0 % to -20.0 % | **slower** |\n"));
    CHECK(contains(slower.errors, "1 kernel may be slower: measured once more, to be sure\n"));
    CHECK(here.turns() == "base head head base base head base head head base base head");
    const auto calls = read_file(here.folder / "calls");
    CHECK(contains(calls, "--kernel dot_f32 --no-sweeps\n"));
    CHECK_FALSE(contains(calls, "--kernel sum_f32"));
    CHECK_FALSE(contains(calls, "--kernel dot_f32 --kernel"));
    // 20 % are no regression where 30 % may be lost, nor what is not there the second time.
    CHECK(here.compare(base, here.folder / "head", {"--rounds", "3", "--bound", "0.3"}).status ==
          0);
    const auto once = here.build(
        "once", old,
        R"(case "$*" in *' --kernel dot_f32 --no-sweeps'*) cp base.json once.json;; esac)");
    const auto gone = here.compare(base, once, {"--rounds", "3"});
    CHECK(gone.status == 0);
    CHECK(gone.output.starts_with("No case of 3 got slower"));
    CHECK(contains(gone.errors, "measured once more"));
    // Kernels that are named are measured alone.
    builds named;
    (void)named.compare(named.build("base", old), named.build("head", old),
                        {"--rounds", "3", "--kernel", "sum_f32"});
    CHECK(contains(read_file(named.folder / "calls"), "--kernel sum_f32 --no-sweeps\n"));
}

TEST_CASE("builds that can't be compared say why") {
    const rates some{{"dot_f32/avx2/L1/n:64", 1000}};
    builds here;
    const auto base = here.build("base", some);
    const auto why = [&](const std::string& head) {
        const auto made = here.compare(base, head, {"--rounds", "3"});
        return std::to_string(made.status) + ": " + made.errors;
    };
    // One from before sweeps could be left out does not know the option.
    CHECK(here.compare(base,
                       here.build("old", some, R"(case "$*" in *--no-sweeps*) exit 2;; esac)"),
                       {"--rounds", "3"})
              .status == 0);
    CHECK(contains(
        why(here.build("fails", some, "case $* in *dot_f32*) echo no room >&2; exit 5;; esac")),
        "1: " + here.folder.path() + "/fails run ended with exit code 5: no room"));
    CHECK(contains(
        why(here.build("later", some,
                       "case $* in *' --seconds 0.01 '*) echo no room >&2; exit 5;; esac")),
        "/later run ended with exit code 5: no room"));
    CHECK(contains(why(here.build("mute", some, "exit")),
                   "/mute is no lanewise-bench: --version ended with exit code 0"));
    CHECK_FALSE(contains(why(here.folder / "mute"), "said"));
    CHECK(contains(why(here.build("other", some, "echo x; exit 3")),
                   "/other is no lanewise-bench: --version ended with exit code 3 and said \"x\""));
    CHECK(contains(why(here.build("strange", some, "echo '{}' >strange.json")),
                   "/strange: its document can't be used: "));
    CHECK(contains(why(here.build("none", {{"sum_f32/avx2/L1/n:64", 1}})),
                   "1: nothing to compare: fewer than three rounds of any case that both have"));
    CHECK(why("http://127.0.0.1:1/") ==
          "2: compare takes two programs or two URLs, not one of each");
}

TEST_CASE("what machine prints in lines is what it prints as JSON") {
    const auto made = typed(add_machine, {"machine", "--instance", "m9x.large", "--pool", "p-1"});
    const auto written = typed(add_machine, {"machine", "--json", "--instance", "m9x.large"});
    REQUIRE(made.status == 0);
    REQUIRE(written.status == 0);
    const auto machine = json::parse(written.output).as_object();
    // The value of a line; what is not known is "-" and the reason in brackets.
    const auto said = [&](const std::string& name) {
        const auto at = ("\n" + made.output).find("\n" + name + " ");
        if (at == std::string::npos) return std::string{"(no line)"};
        const auto value = made.output.find_first_not_of(' ', at + name.size());
        return made.output.substr(value, made.output.find('\n', value) - value);
    };
    const auto is = [&](const char* name, const char* field) {
        CAPTURE(name);
        const auto& value = machine.at(field);
        if (value.is_null()) {
            CHECK(said(name).starts_with("- ("));
        } else if (value.is_bool()) {
            CHECK(said(name) == (value.get_bool() ? "yes" : "no"));
        } else {
            CHECK(said(name) ==
                  (value.is_string() ? std::string{value.get_string()} : json::serialize(value)));
        }
    };
    is("architecture", "architecture");
    is("cores", "cores");
    is("threads a core", "threads_per_core");
    is("CPU quota", "quota_cpus");
    is("usable threads", "usable_threads");
    is("NUMA nodes", "numa_nodes");
    is("active variant", "active_variant");
    is("emulated", "emulated");
    is("hypervisor", "hypervisor");
    is("kernel", "kernel_release");
    is("C library", "c_library");
    is("memory limit", "memory_limit_bytes");
    is("page size", "page_size_bytes");
    is("huge pages", "transparent_huge_pages");
    is("NUMA balancing", "numa_balancing");
    is("SMT control", "smt_control");
    is("microcode", "microcode");
    CHECK(said("instance") == "m9x.large");
    CHECK(said("pool") == "p-1");
    if (!machine.at("threads").is_null())
        CHECK(said("threads").starts_with(json::serialize(machine.at("threads")) + " (cpuset "));
    if (!machine.at("caches").is_null()) {
        for (const auto& cache : machine.at("caches").as_array())
            CHECK(contains(made.output,
                           "L" + json::serialize(cache.at("level")) + "                " +
                               std::to_string(cache.at("size_bytes").to_number<long>() / 1024) +
                               " KiB, shared by "));
    }
    for (const auto& variant : machine.at("variants").as_array())
        CHECK((said("variant " + std::string{variant.at("name").get_string()}) == "runs here") ==
              variant.at("runnable").as_bool());
    if (machine.at("vulnerabilities").is_null()) {
        CHECK(said("vulnerabilities").starts_with("- ("));
        return;
    }
    const auto& holes = machine.at("vulnerabilities").as_object();
    std::size_t safe = 0;
    for (const auto& [name, state] : holes) {
        safe += state == "Not affected" ? 1 : 0;
        if (state != "Not affected") CHECK(contains(made.output, "\n" + std::string{name}));
    }
    CHECK(said("not affected") == "by " + std::to_string(safe) + " of the " +
                                      std::to_string(holes.size()) +
                                      " vulnerabilities that the kernel knows");
}
