#include "bench/programs/program_sweeps.hpp"

#include <doctest/doctest.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

#include "bench/claims/claims_cost.hpp"
#include "bench/claims/claims_sweeps.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/typed.hpp"
#include "bench/machine/measured_machine.hpp"
#include "bench/machine/perf_events.hpp"
#include "bench/machine/placement.hpp"
#include "bench/programs/descendants.hpp"
#include "bench/programs/program_runs.hpp"
#include "tests/bench/machine/package_counter.hpp"

using namespace lanewise::bench;
namespace fs = std::filesystem;
namespace json = boost::json;
namespace machine = lanewise::machine;

namespace {

machine::facts recorded(const std::string& name, const char* program) {
    return machine::read(LANEWISE_TEST_DATA "/machines/" + name, program);
}

/// Four cores with two threads each, and no quota.
machine::facts eight_threads() {
    auto facts = recorded("m7i-2xlarge-pod", "x86_64");
    facts.quota_cpus.reset();
    REQUIRE(facts.cpuset.size() == 8);
    return facts;
}

program_options shell(const std::string& line) {
    program_options options;
    options.command = {"sh", "-c", line};
    options.repetitions = 1;
    options.seconds = 0.001;
    options.budget = 1;
    options.timeout_seconds = 60;
    return options;
}

class folder {
public:
    folder() : path_{fs::temp_directory_path() / ("lanewise-exec-" + std::to_string(::getpid()))} {
        fs::remove_all(path_);
        fs::create_directories(path_);
    }
    ~folder() { fs::remove_all(path_); }
    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

std::vector<std::string> lines_of(const fs::path& file) {
    std::ifstream in{file};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

/// A CPU that counts the same in each round, and has no counter of the last level.
class counting_source : public event_source {
public:
    [[nodiscard]] std::unique_ptr<event_counters> of_this_thread() const override {
        return nullptr;
    }
    [[nodiscard]] std::unique_ptr<event_counters> of_programs() const override {
        return std::make_unique<counters>();
    }
    [[nodiscard]] std::vector<std::string> not_counted() const override { return {}; }

private:
    class counters : public event_counters {
    public:
        void start() override {}
        [[nodiscard]] event_counts stop() override { return {1000.0, 2500.0, 5.0, std::nullopt}; }
    };
};

}  // namespace

TEST_CASE("copies are placed as threads of kernels are, on machines of every kind") {
    for (const auto& [name, program] :
         {std::pair{"m7i-2xlarge-pod", "x86_64"}, std::pair{"m7g-4xlarge", "aarch64"},
          std::pair{"rk3399", "aarch64"}, std::pair{"i5-1340p", "x86_64"}}) {
        CAPTURE(name);
        const auto facts = recorded(name, program);
        const auto found = run_program_sweeps(facts, shell(":"));
        std::vector<std::string> expected, placed;
        for (const auto& one : placements_of(facts)) {
            if (one.name == "neighbour_memory")
                continue;  // where the data have no room, or is read
            expected.push_back(one.name + " of " + std::to_string(one.cpus.size()));
        }
        for (const auto& one : found.cases) {
            if (one.placement == "neighbour_memory") continue;
            placed.push_back(one.placement + " of " + std::to_string(one.cpus.size()));
            CHECK(
                one.threads ==
                (one.placement.starts_with("neighbour_") ? 1 : static_cast<int>(one.cpus.size())));
            CHECK_FALSE(one.failure);
        }
        CHECK(placed == expected);
    }
}

TEST_CASE("every copy has its number in its variables and its arguments") {
    const folder here;
    auto options = shell("echo $LANEWISE_COPY of $LANEWISE_COPIES >> told; echo {copy} >> given");
    options.directory = here.path().string();
    (void)run_program_sweeps(eight_threads(), options);
    const auto told = lines_of(here.path() / "told"), given = lines_of(here.path() / "given");
    const std::set<std::string> numbers(given.begin(), given.end());
    CHECK(numbers == std::set<std::string>{"0", "1", "2", "3", "4", "5", "6", "7"});
    CHECK(std::ranges::find(told, "7 of 8") != told.end());
    CHECK(std::ranges::find(told, "0 of 1") != told.end());
}

TEST_CASE("the setup runs once for each copy, before the first run") {
    const folder here;
    auto options = shell("test -f ready{copy}");
    options.directory = here.path().string();
    options.setup = "echo x >> ready{copy}";
    const auto found = run_program_sweeps(eight_threads(), options);
    for (const auto& one : found.cases) CHECK_FALSE(one.failure);
    for (int i = 0; i < 8; ++i)
        CHECK(lines_of(here.path() / ("ready" + std::to_string(i))).size() == 1);
}

TEST_CASE("a setup that fails ends everything, with the end of its errors") {
    auto options = shell(":");
    options.setup = "echo no room >&2; exit 4";
    CHECK_THROWS_WITH_AS((void)run_program_sweeps(machine::read(), options),
                         "--setup for copy 0 ended with status 4: no room\n", std::runtime_error);
}

TEST_CASE("a run that fails ends its case, with its status and the end of its errors") {
    const auto found =
        run_program_sweeps(machine::read(), shell("printf '\\033bad\\n\\377' >&2; exit 3"));
    REQUIRE_FALSE(found.cases.empty());
    for (const auto& one : found.cases) {
        REQUIRE(one.failure);
        CHECK(one.failure->status == 3);
        CHECK(one.failure->errors == "\\x1bbad\n\\xff");
        CHECK(one.failure->what.ends_with("ended with status 3"));
        CHECK(one.rounds.empty());
    }
}

TEST_CASE("a run that never ends, ends its case at its timeout") {
    auto options = shell("while :; do :; done");
    options.timeout_seconds = 0.05;
    for (const auto& one : run_program_sweeps(machine::read(), options).cases) {
        REQUIRE(one.failure);
        CHECK(one.failure->what.find("--timeout") != std::string::npos);
        CHECK_FALSE(one.failure->status);
    }
    CHECK(running_descendants().empty());
}

TEST_CASE("processes that outlive their run are ended with the round, and counted") {
    adopt_orphans();
    const auto found = run_program_sweeps(machine::read(), shell("setsid sleep 1000 & exit 0"));
    CHECK(running_descendants().empty());
    std::uint64_t left = 0;
    for (const auto& one : found.cases) {
        for (const auto& round : one.rounds) left += round.left_behind;
    }
    CHECK(left > 0);
}

TEST_CASE("work of a run is its units, given or read from its output") {
    auto options = shell("echo did 250 things");
    options.work = 1000;
    const auto given = run_program_sweeps(machine::read(), options);
    CHECK(given.unit == "units");
    for (const auto& one : given.cases) {
        for (const auto& round : one.rounds)
            CHECK(round.units == 1000 * static_cast<double>(round.runs));
    }
    options.work.reset();
    options.work_from = "did (\\d+)";
    for (const auto& one : run_program_sweeps(machine::read(), options).cases) {
        REQUIRE_FALSE(one.rounds.empty());
        for (const auto& round : one.rounds)
            CHECK(round.units == 250 * static_cast<double>(round.runs));
    }
    options.work_from = "did nothing (\\d+)";
    for (const auto& one : run_program_sweeps(machine::read(), options).cases) {
        REQUIRE(one.failure);
        CHECK(one.failure->what.find("--work-from") != std::string::npos);
    }
}

TEST_CASE("run by run at most a thousand are kept, and all are counted") {
    program_plan plan;
    plan.words = {"true"};
    plan.path = find_program("true", "").value();
    std::vector<std::unique_ptr<program_copy>> copies;
    copies.push_back(std::make_unique<program_copy>(plan, 0, 1, 0));
    const auto found = run_copies(plan, copies, 1, 0.2);
    const auto& one = found.copies.front();
    CHECK(one.runs >= 1);
    CHECK(one.run_seconds.size() == std::min<std::uint64_t>(one.runs, 1000));
    CHECK(one.run_memory_bytes.size() == one.run_seconds.size());
    CHECK(one.bench_cpu_seconds > 0);
    CHECK(one.units == static_cast<double>(one.runs));
}

TEST_CASE("a copy that is done keeps the others company until they are") {
    const folder here;
    program_plan plan;
    // The first copy takes long, the second is done at once: it has to run more than once.
    plan.words = {
        "sh", "-c",
        "echo >> ran{copy}; [ {copy} = 1 ] || until [ $(wc -l < ran1) -ge 3 ]; do :; done"};
    plan.path = "/bin/sh";
    plan.directory = here.path().string();
    std::ofstream{here.path() / "ran1"};
    std::vector<std::unique_ptr<program_copy>> copies;
    for (int i = 0; i < 2; ++i) copies.push_back(std::make_unique<program_copy>(plan, i, 2, 0));
    const auto found = run_copies(plan, copies, 2, 1e-9);
    CHECK(found.copies[0].runs == 1);
    CHECK(found.copies[1].runs == 1);
    CHECK(lines_of(here.path() / "ran1").size() >= 3);
}

TEST_CASE("the joules of all units are no more than the packages counted") {
    const package_counter package;
    auto options = shell(":");
    options.seconds = 0.1;  // for more than one run
    options.root = package.root();
    const auto found = run_program_sweeps(machine::read(), options);
    CHECK(found.energy_readable);
    double joules = 0, units = 0;
    for (const auto& one : found.cases) {
        for (const auto& round : one.rounds) {
            REQUIRE(round.joules_per_unit);
            joules += *round.joules_per_unit * round.units;
            units += round.units;
        }
    }
    CHECK(units > static_cast<double>(found.cases.size()));
    CHECK(joules > 0);
    CHECK(joules <= package.joules());
}

TEST_CASE("what the CPU counted of each copy's runs stands by copy, with the units they did") {
    const counting_source source;
    auto options = shell(":");
    options.work = 10;
    options.repetitions = 2;
    options.events = &source;
    const auto found = run_program_sweeps(machine::read(), options);
    for (const auto& one : found.cases) {
        CAPTURE(one.placement);
        REQUIRE(one.counts.has_value() == (one.clean_rounds > 0));
        if (!one.counts) continue;
        REQUIRE(one.counts->size() == static_cast<std::size_t>(one.threads));
        double units = 0, of_rounds = 0;
        for (std::size_t i = 0; i < one.counts->size(); ++i) {
            CHECK((*one.counts)[i].cpu == one.cpus[i]);
            CHECK((*one.counts)[i].cycles == 1000.0 * one.clean_rounds);
            CHECK((*one.counts)[i].last_level_misses == std::nullopt);
            units += (*one.counts)[i].items;
        }
        for (const auto& round : one.rounds) of_rounds += round.disturbed ? 0 : round.units;
        CHECK(units == of_rounds);
    }
}

TEST_CASE("a program's events are counted with all that it starts, and the bench's are not") {
    // Page faults, which the kernel counts itself, in place of a CPU's counters.
    constexpr perf_event faults{"page faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS};
    const perf_events events{{{faults, faults, faults, faults}}};
    if (const auto hidden = events.not_counted(); !hidden.empty()) {
        MESSAGE("Skipped: " << hidden.front());
        return;
    }
    program_outputs outputs;
    const auto faults_of = [&](const char* line) {
        const auto counters = events.of_programs();
        counters->start();
        const program_image image{"/bin/sh", {"sh", "-c", line}, {}, ""};
        (void)run_program(image, outputs, std::chrono::seconds{60}, -1);
        // The bench's own: a page each.
        std::vector<char> ours(std::size_t{16} << 20, 'x');
        asm volatile("" : : "r"(ours.data()) : "memory");
        return counters->stop().cycles.value_or(-1);
    };
    const double one = faults_of(":");
    CHECK(one > 0);
    CHECK(one < 4096);
    // Twenty shells below the first fault twenty times as often, about.
    const double many = faults_of(
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "
        "sh -c :; done");
    CHECK(many > 5 * one);
}

TEST_CASE("options that can't be meant are refused in a sentence") {
    const auto refused = [](program_options options, const char* why) {
        CHECK_THROWS_WITH_AS(check_program(options), doctest::Contains(why), std::invalid_argument);
    };
    refused({}, "needs a command");
    auto both = shell(":");
    both.work = 2, both.work_from = "x";
    refused(both, "give one of them");
    auto lost = shell(":");
    lost.directory = "/no/such/place";
    refused(lost, "is no directory");
    program_options missing;
    missing.command = {"no-such-program-anywhere"};
    refused(missing, "there is no program");
    auto unreadable = shell(":");
    unreadable.work_from = "(";
    refused(unreadable, "is no regular expression");
}

TEST_CASE("a program's section becomes claims: yield, penalty, cost, as of a kernel") {
    const auto facts = recorded("m7i-2xlarge-pod", "x86_64");
    const auto section = [](double of_all) {
        exec_section program;
        program.name = "gzip -9", program.command = {"gzip", "-9"}, program.unit = "runs";
        program.timeout_seconds = 1, program.seconds = 1;
        const auto add = [&](const char* where, std::vector<int> cpus, int threads, double rate) {
            exec_case one{.placement = where,
                          .threads = threads,
                          .cpus = std::move(cpus),
                          .clean_rounds = 9,
                          .failure = {},
                          .rounds = {}};
            for (int i = -4; i <= 4; ++i) {
                exec_round round;
                round.rate = rate * (1 + 0.001 * i);
                round.slowest_copy = rate / threads, round.fastest_copy = rate / threads;
                round.runs = 10, round.units = 10, round.cpu_seconds = 1;
                one.rounds.push_back(round);
            }
            program.cases.push_back(one);
        };
        add("one", {0}, 1, 10);
        add("one_per_core", {0, 1, 2, 3}, 4, 40);
        add("all", {0, 1, 2, 3, 4, 5, 6, 7}, 8, of_all);
        add("neighbour_same", {0, 4}, 1, 6);
        return program;
    };
    const auto documented = [&](const char* file, const char* pool, double of_all) {
        auto content = new_document(std::vector<std::string>{"lanewise-bench", "exec"});
        put_machine(content, facts, {.node = pool, .pod = "", .instance = pool, .pool = pool});
        content["synthetic"] = true;
        content["exec"] = write_section(section(of_all));
        auto parsed = parse_document(file, document_text(content));
        if (auto* bad = std::get_if<std::vector<bad_document>>(&parsed))
            FAIL(bad->front().sentence());
        return std::get<document>(parsed);
    };
    const std::vector documents{documented("a.json", "a", 50), documented("b.json", "b", 30)};
    const auto threads = claims_about_threads(documents.front());
    REQUIRE(threads.size() == 1);
    CHECK(threads[0].kernel == "gzip -9");
    REQUIRE(threads[0].smt_yield);
    CHECK(threads[0].smt_yield->value == doctest::Approx(0.25));
    REQUIRE(threads[0].neighbour_penalty);
    CHECK(threads[0].neighbour_penalty->value == doctest::Approx(0.4));

    auto prices = price_table::built_in();
    prices.set("a=0.36");
    prices.set("b=0.36");
    const auto works = claims_about_cost(documents, prices);
    REQUIRE(works.size() == 1);
    CHECK(works[0].name == "gzip -9, all threads");
    REQUIRE(works[0].pairs.size() == 1);
    const auto& pair = works[0].pairs.front();
    REQUIRE(pair.cost);
    CHECK(pair.cost->verdict == cost_verdict::cheaper);
    CHECK(works[0].pools[pair.first].pool == "a");
    CHECK(works[0].pools[0].cost(works[0].priced_units) == doctest::Approx(0.36 / 3600 / 50 * 1e6));
}
