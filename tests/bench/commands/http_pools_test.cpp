#include "bench/commands/http_pools.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "bench/documents/document.hpp"
#include "bench/machine/measured_machine.hpp"
#include "kernels/machine/machine.hpp"
#include "tests/bench/temporary_folder.hpp"

using namespace lanewise::bench;
namespace json = boost::json;

namespace {

json::object document_of_machine() {
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "machine"});
    put_machine(content,
                lanewise::machine::read(LANEWISE_TEST_DATA "/machines/m7g-4xlarge", "aarch64"), {});
    return content;
}

pool_flags flags_of(std::vector<std::string> urls, std::vector<std::string> machines,
                    std::vector<std::string> instances) {
    pool_flags flags;
    flags.urls = std::move(urls);
    flags.machines = std::move(machines);
    flags.instances = std::move(instances);
    return flags;
}

std::string complaint(const pool_flags& flags) {
    try {
        static_cast<void>(read_pools(flags));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a pool's name ends at the first =, and a URL keeps every one of its own") {
    const auto pools = read_pools(
        flags_of({"arm=http://a:1/?x=1", "HTTP://b/?y=http://c/", "x y=https://d/"}, {}, {}));
    REQUIRE(pools.size() == 3);
    CHECK(pools[0].name == "arm");
    CHECK(pools[0].url == "http://a:1/?x=1");
    CHECK(pools[1].name.empty());
    CHECK(pools[1].url == "HTTP://b/?y=http://c/");
    CHECK(pools[2].name == "x y");
}

TEST_CASE("a pool of several URLs has what is said of it on each of them") {
    const auto pools = read_pools(
        flags_of({"arm=http://a/", "arm=http://b/", "x86=http://c/"}, {}, {"arm=m7g.large"}));
    CHECK(pools[0].instance == "m7g.large");
    CHECK(pools[1].instance == "m7g.large");
    CHECK(pools[2].instance.empty());
}

TEST_CASE("a machine comes from what machine --json prints, or from a whole document") {
    const temporary_folder here;
    const auto content = document_of_machine();
    const auto part = here.with("part.json", pretty(content.at("machine")));
    const auto whole = here.with("whole.json", document_text(content));
    const auto pools =
        read_pools(flags_of({"a=http://a/", "b=http://b/"}, {"a=" + part, "b=" + whole}, {}));
    CHECK(pools[0].machine.at("instance") == json::value("m7g.4xlarge"));
    CHECK(pools[0].machine == pools[1].machine);
}

TEST_CASE("what is wrong with a pool's flag is named, with what would be right") {
    const temporary_folder here;
    auto edited = document_of_machine().at("machine").as_object();
    edited["cores"] = "many";
    const auto broken = here.with("broken.json", pretty(edited));
    const auto cut = here.with("cut.json", "{\"architecture\":");
    const auto list = here.with("list.json", "[1]");
    const auto without = here.with(
        "without.json", document_text(new_document(std::vector<std::string>{"lanewise-bench"})));
    struct {
        pool_flags flags;
        const char* says;
    } const cases[]{
        {flags_of({"=http://a/"}, {}, {}), "\"=http://a/\" names no pool before the ="},
        {flags_of({"arm=ftp://a/"}, {}, {}), "does not start with http:// or https://"},
        {flags_of({"arm="}, {}, {}), "does not start with http:// or https://"},
        {flags_of({"arm"}, {}, {}), "does not start with http:// or https://"},
        {flags_of({"a\x1b=http://a/"}, {}, {}), "control character"},
        {flags_of({std::string(254, 'a') + "=http://a/"}, {}, {}), "over 253 characters"},
        {flags_of({"a=http://a/", "a=http://a/"}, {}, {}), "stands there twice"},
        {flags_of({"http://a/"}, {}, {"arm=m7g.large"}), "write arm=URL"},
        {flags_of({"arm=http://a/"}, {}, {"amr=m7g.large"}), "did you mean \"arm\""},
        {flags_of({"arm=http://a/"}, {}, {"arm="}), "nothing behind the ="},
        {flags_of({"arm=http://a/"}, {}, {"arm=x", "arm=y"}), "a second time"},
        {flags_of({"arm=http://a/"}, {"arm"}, {}), "is no POOL=FILE"},
        {flags_of({"arm=http://a/"}, {"arm=/none/m.json"}, {}), "No such file"},
        {flags_of({"arm=http://a/"}, {"arm=" + cut}, {}), "is no JSON object"},
        {flags_of({"arm=http://a/"}, {"arm=" + list}, {}), "is no JSON object"},
        {flags_of({"arm=http://a/"}, {"arm=" + broken}, {}),
         "field /cores: must be integer or null"},
        {flags_of({"arm=http://a/"}, {"arm=" + without}, {}), "is a document of no machine"},
    };
    for (const auto& [flags, says] : cases) {
        CAPTURE(says);
        CHECK(complaint(flags).find(says) != std::string::npos);
    }
    CHECK(complaint(flags_of({"=http://a/"}, {}, {})) ==
          "\"=http://a/\" names no pool before the =");
    CHECK(complaint(flags_of({"ftp://a/?b=c"}, {}, {})).find("ftp://a/?b=c") != std::string::npos);
    CHECK(complaint(flags_of({"arm=http://a/"}, {"arm=" + broken}, {}))
              .find(".; it is what lanewise-bench machine --json prints") == std::string::npos);
}

TEST_CASE("where CPU time is read is judged before anything is asked") {
    const auto with = [](std::vector<std::string> pool_flags::* member, const std::string& value) {
        auto flags = flags_of({"arm=http://a/"}, {}, {});
        (flags.*member).push_back(value);
        return flags;
    };
    CHECK(read_pools(with(&pool_flags::pids, "arm=" + std::to_string(getpid()))).at(0).cpu.pid ==
          getpid());
    CHECK(complaint(with(&pool_flags::pids, "arm=4194304")).find("no process has the number") !=
          std::string::npos);
    CHECK(complaint(with(&pool_flags::pids, "arm=12x")).find("is no number of a process") !=
          std::string::npos);
    CHECK(complaint(with(&pool_flags::cgroups, "arm=none/such")).find("is no cgroup") !=
          std::string::npos);
    CHECK(complaint(with(&pool_flags::pages, "arm=host:9100")).find("--server-metrics: ") !=
          std::string::npos);
    CHECK(complaint(with(&pool_flags::pods, "arm=a/b")).find("has no page") != std::string::npos);
    CHECK(complaint(with(&pool_flags::series, "arm=x{")).find("has no page") != std::string::npos);
    CHECK(complaint(with(&pool_flags::cpus, "arm=4")).find("is of no use") != std::string::npos);

    auto flags = with(&pool_flags::pages, "arm=http://h/metrics");
    flags.series = {"arm=cpu{a=\"b\"}"};
    flags.cpus = {"arm=0.5"};
    const auto cpu = read_pools(flags).at(0).cpu;
    CHECK(cpu.series->labels.at(0).value == "b");
    CHECK(cpu.cpus == 0.5);
    flags.series = {"arm=cpu{a=b}"};
    CHECK(complaint(flags).find("does not stand in quotes; a series is name{label") !=
          std::string::npos);
    flags.series = {"arm=cpu"};
    flags.cpus = {"arm=nan"};
    CHECK(complaint(flags).find("is no number of CPUs") != std::string::npos);
    flags.cpus.clear();
    flags.pods = {"arm=a/b"};
    CHECK(complaint(flags).find("has its series already") != std::string::npos);
    flags.pids = {"arm=" + std::to_string(getpid())};
    CHECK(complaint(flags).find("has a source of CPU time already") != std::string::npos);
}

TEST_CASE("names, processes and pods have bounds, and a URL behind no name is whole") {
    const std::string most(253, 'a');
    CHECK(read_pools(flags_of({most + "=http://a/"}, {}, {})).at(0).name == most);
    CHECK(complaint(flags_of({"a"}, {}, {})).find("does not start with http") != std::string::npos);
    auto flags = flags_of({"arm=http://a/"}, {}, {});
    flags.pids = {"arm=1"};
    CHECK(read_pools(flags).at(0).cpu.pid == 1);
    for (const auto* wrong : {"arm=0", "arm=-1", "arm=4194305", "arm=x"}) {
        flags.pids = {wrong};
        CHECK(complaint(flags).find("is no number of a process") != std::string::npos);
    }
    flags.pids.clear();
    flags.pages = {"arm=http://h/metrics"};
    for (const auto* wrong : {"arm=a/", "arm=/a", "arm=a/b/c", "arm=/"}) {
        flags.pods = {wrong};
        CHECK(complaint(flags).find("is no NAMESPACE/POD, and no POD") != std::string::npos);
    }
    for (const auto* right : {"arm=a", "arm=a/b"}) {
        flags.pods = {right};
        CHECK(read_pools(flags).at(0).cpu.pod == std::string{right}.substr(4));
    }
    for (const auto* right : {"arm=0.01", "arm=100000"}) {
        flags.cpus = {right};
        CHECK(read_pools(flags).at(0).cpu.cpus > 0);
    }
    for (const auto* wrong : {"arm=0.009", "arm=100001", "arm=4x"}) {
        flags.cpus = {wrong};
        CHECK(complaint(flags).find("is no number of CPUs") != std::string::npos);
    }
    flags.cpus = {"arm=4", "arm=5"};
    CHECK(complaint(flags).find("says it of arm a second time") != std::string::npos);
}
