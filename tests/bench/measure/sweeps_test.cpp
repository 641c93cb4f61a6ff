#include "bench/measure/sweeps.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "bench/claims/claims_sweeps.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/typed.hpp"
#include "bench/machine/energy.hpp"
#include "bench/machine/measured_machine.hpp"
#include "bench/measure/crew.hpp"
#include "bench/measure/peaks.hpp"
#include "bench/measure/sweep_subjects.hpp"
#include "kernels/kernels.hpp"
#include "tests/bench/machine/package_counter.hpp"

using namespace lanewise::bench;
namespace json = boost::json;
namespace machine = lanewise::machine;

namespace {

machine::facts recorded(const std::string& name, const char* program) {
    return machine::read(LANEWISE_TEST_DATA "/machines/" + name, program);
}

json::object case_of(const char* kind, const char* name, const char* placement, int threads,
                     double rate) {
    json::array rounds;
    for (int i = -4; i <= 4; ++i) {
        rounds.push_back({{"rate", rate * (1 + 0.001 * i)},
                          {"slowest_thread", 0.9 * rate / threads},
                          {"fastest_thread", rate / threads},
                          {"joules_per_item", nullptr},
                          {"disturbed", nullptr}});
    }
    auto disturbed = rounds.front().as_object();
    disturbed["rate"] = rate / 100;
    disturbed["disturbed"] = "another task ran on the core";
    rounds.push_back(disturbed);
    return {{"kind", kind},
            {"name", name},
            {"level", "L1"},
            {"parameters", "n:64"},
            {"operations_per_item", 2},
            {"bytes_per_item", 8},
            {"placement", placement},
            {"threads", threads},
            {"cpus", {0}},
            {"clean_rounds", 9},
            {"rounds", rounds}};
}

document loaded(const machine::facts& facts, json::array cases) {
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "run"});
    put_machine(content, facts, {});
    content["synthetic"] = true;
    content["sweeps"] = {
        {"variant", "avx2"}, {"seconds", 0.02}, {"energy_readable", false}, {"cases", cases}};
    auto parsed = parse_document("a.json", document_text(content));
    if (auto* bad = std::get_if<std::vector<bad_document>>(&parsed)) FAIL(bad->front().sentence());
    return std::get<document>(parsed);
}

/// This one, with little memory and one small cache: few levels, and short runs.
machine::facts small_machine() {
    auto facts = machine::read();
    facts.caches = {{1, 8 << 10, 1}};
    facts.memory_bytes = std::uint64_t{64} << 20;
    return facts;
}

sweep_options quick_options(int repetitions, double seconds) {
    sweep_options options;
    options.quick = true;
    options.repetitions = repetitions;
    options.seconds = seconds;
    options.budget = 0;  // nothing is run again
    options.kernels = {"sum_f32"};
    options.variant = lanewise::kernels::active_variant();
    return options;
}

class counting_task : public task {
public:
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times * 1000; ++i) asm volatile("");
        return static_cast<double>(times);
    }
};

/// A CPU that counts the same in each stretch of time, and has no counter of the last level.
class counting_source : public event_source {
public:
    [[nodiscard]] std::unique_ptr<event_counters> of_this_thread() const override {
        return std::make_unique<counters>();
    }
    [[nodiscard]] std::unique_ptr<event_counters> of_programs() const override { return nullptr; }
    [[nodiscard]] std::vector<std::string> not_counted() const override { return {}; }

private:
    class counters : public event_counters {
    public:
        void start() override { started_ = true; }
        [[nodiscard]] event_counts stop() override {
            CHECK(started_);
            return {1000.0, 2500.0, 5.0, std::nullopt};
        }

    private:
        bool started_ = false;
    };
};

}  // namespace

TEST_CASE("a machine is filled core by core, siblings last") {
    CHECK(filling_order(recorded("m7i-2xlarge-pod", "x86_64")) ==
          std::vector{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(filling_order(recorded("rk3399", "aarch64")) == std::vector{0, 1, 2, 3, 4, 5});
    CHECK(filling_order(recorded("epyc-guest", "aarch64")) ==
          std::vector{0, 1});  // cores unknown: the cpuset's order
    machine::facts hybrid;
    hybrid.cpuset = {0, 1, 2, 3};
    hybrid.core_threads = {{0}, {1, 2}, {3}};
    CHECK(filling_order(hybrid) == std::vector{1, 0, 3, 2});
    CHECK(placements_of(hybrid).back().cpus == std::vector{1, 2});
}

TEST_CASE("placements of a hyperthreaded x86: one, one per core, all, and a neighbour") {
    auto facts = recorded("m7i-2xlarge-pod", "x86_64");
    facts.quota_cpus = std::nullopt;
    std::vector<std::pair<std::string, std::size_t>> found;
    for (const auto& one : placements_of(facts)) found.emplace_back(one.name, one.cpus.size());
    CHECK(found == std::vector<std::pair<std::string, std::size_t>>{{"one", 1},
                                                                    {"scaling", 2},
                                                                    {"one_per_core", 4},
                                                                    {"all", 8},
                                                                    {"neighbour_same", 2},
                                                                    {"neighbour_memory", 2}});
    CHECK(placements_of(facts)[4].cpus == std::vector{0, 4});  // siblings
}

TEST_CASE("where cores differ, those of two threads come first and have the neighbour") {
    const auto facts = recorded("i5-1340p", "x86_64");
    CHECK(filling_order(facts) ==
          std::vector{0, 2, 4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 1, 3, 5, 7});
    std::vector<std::pair<std::string, std::size_t>> found;
    for (const auto& one : placements_of(facts)) found.emplace_back(one.name, one.cpus.size());
    CHECK(found == std::vector<std::pair<std::string, std::size_t>>{{"one", 1},
                                                                    {"scaling", 2},
                                                                    {"scaling", 4},
                                                                    {"scaling", 8},
                                                                    {"one_per_core", 12},
                                                                    {"all", 16},
                                                                    {"neighbour_same", 2},
                                                                    {"neighbour_memory", 2}});
    CHECK(placements_of(facts).back().cpus == std::vector{0, 1});
}

TEST_CASE("128 cores of one thread each are all placed, socket after socket") {
    const auto placed = placements_of(recorded("altra-two-sockets", "aarch64"));
    CHECK(placed.front().cpus == std::vector{0});
    const auto& all = placed.back();
    CHECK(all.name == "one_per_core");
    REQUIRE(all.cpus.size() == 128);
    CHECK(all.cpus.back() == 127);
    for (const auto& one : placed) CHECK_FALSE(one.neighbour);
}

TEST_CASE("a load generator stays away from the server's cores, their siblings included") {
    const auto smt = recorded("m7i-2xlarge-pod", "x86_64");
    CHECK(cpus_apart_from({0}, smt) == std::vector{1, 2, 3, 5, 6, 7});
    CHECK(cpus_apart_from({4, 1}, smt) == std::vector{2, 3, 6, 7});
    CHECK(cpus_apart_from({0, 1, 2, 3}, smt).empty());
    CHECK(cpus_apart_from({}, smt) == smt.cpuset);
    CHECK(cpus_apart_from({0}, recorded("m7g-4xlarge", "aarch64")).size() == 15);
    CHECK(cpus_apart_from({3, 8}, recorded("i5-1340p", "x86_64")) ==
          std::vector{0, 1, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15});
    // Cores unknown: each thread stands for one.
    CHECK(cpus_apart_from({1}, recorded("epyc-guest", "aarch64")) == std::vector{0});
}

TEST_CASE("kernels run where each machine's placements say, the neighbours included") {
    for (const auto& [name, program] :
         {std::pair{"m7i-2xlarge-pod", "x86_64"}, std::pair{"i5-1340p", "x86_64"},
          std::pair{"m7g-4xlarge", "aarch64"}, std::pair{"rk3399", "aarch64"}}) {
        CAPTURE(std::string{name});
        auto facts = recorded(name, program);
        facts.quota_cpus.reset();
        facts.memory_limit_bytes.reset();
        facts.caches = {{1, 8 << 10, 1}};
        facts.memory_bytes = std::uint64_t{64} << 20;
        sweep_options options;
        options.quick = true;
        options.repetitions = 1;
        options.seconds = 0.0001;
        options.kernels = {"sum_f32"};
        options.variant = lanewise::kernels::active_variant();
        std::set<std::pair<std::string, std::vector<int>>> expected, placed;
        for (const auto& one : placements_of(facts)) expected.emplace(one.name, one.cpus);
        for (const auto& one : run_sweeps(facts, options, {}).cases) {
            if (one.name != "sum_f32" || one.level != "L1") continue;
            placed.emplace(one.placement, one.cpus);
            CHECK(one.threads == (one.beside_neighbour() ? 1 : static_cast<int>(one.cpus.size())));
        }
        CHECK(placed == expected);
    }
}

TEST_CASE("threads share half of a cache that they share, and of DRAM what memory there is") {
    machine::facts facts;
    facts.caches = {{1, 48 << 10, 2}, {2, 2 << 20, 2}, {3, 64 << 20, 8}};
    facts.memory_bytes = std::uint64_t{64} << 30;
    const level l2{"L2", 1 << 20}, l3{"L3", 32 << 20}, dram{"DRAM", std::size_t{1} << 30};
    CHECK(bytes_per_thread(facts, l2, 1) == 1 << 20);
    CHECK(bytes_per_thread(facts, l2, 2) == 1 << 19);
    CHECK(bytes_per_thread(facts, l2, 16) == 1 << 19);  // the others have caches of their own
    CHECK(bytes_per_thread(facts, l3, 4) == 8 << 20);
    CHECK(bytes_per_thread(facts, {"L1", 6000}, 2) == 4096);  // a page at least
    // Where a quarter of the memory has room for all, each thread leaves the caches alone.
    CHECK(bytes_per_thread(facts, dram, 16) == std::size_t{1} << 30);
    CHECK(bytes_per_thread(facts, dram, 32) == std::size_t{1} << 29);
    // Where it has none, they share what one would take.
    facts.memory_bytes = std::uint64_t{2} << 30;
    CHECK(bytes_per_thread(facts, dram, 1) == std::size_t{1} << 30);
    CHECK(bytes_per_thread(facts, dram, 4) == std::size_t{1} << 28);
}

TEST_CASE("a quota bounds the threads, and a core of one thread has no neighbour") {
    for (const auto& one : placements_of(recorded("m7i-2xlarge-pod", "x86_64")))
        CHECK(one.cpus.size() <= 3);
    const auto arm = placements_of(recorded("m7g-4xlarge", "aarch64"));
    CHECK(arm.back().cpus.size() == 16);
    for (const auto& one : arm) CHECK_FALSE(one.neighbour);
}

TEST_CASE("SMT yield, neighbour penalty, efficiency and limits have their known answers") {
    auto facts = recorded("m7i-2xlarge-pod", "x86_64");
    const auto from = loaded(facts, {case_of("kernel", "dot_f32", "one", 1, 100),
                                     case_of("kernel", "dot_f32", "scaling", 2, 190),
                                     case_of("kernel", "dot_f32", "one_per_core", 4, 360),
                                     case_of("kernel", "dot_f32", "all", 8, 450),
                                     case_of("kernel", "dot_f32", "neighbour_same", 1, 60),
                                     case_of("kernel", "dot_f32", "neighbour_memory", 1, 80),
                                     case_of("multiply_add", "multiply_add", "one", 1, 400),
                                     case_of("read", "read", "one", 1, 1000)});
    const auto claims = claims_about_threads(from);
    REQUIRE(claims.size() == 1);
    const auto& dot = claims[0];
    REQUIRE(dot.smt_yield);
    CHECK(dot.smt_yield->value == doctest::Approx(0.25));
    CHECK(dot.smt_yield->ci95.low < 0.25);
    CHECK(dot.smt_yield->ci95.high > 0.25);
    REQUIRE(dot.neighbour_penalty);
    CHECK(dot.neighbour_penalty->value == doctest::Approx(0.4));
    REQUIRE(dot.memory_neighbour_penalty);
    CHECK(dot.memory_neighbour_penalty->value == doctest::Approx(0.2));
    REQUIRE(dot.scaling.size() == 4);
    CHECK(dot.scaling[2].threads == 4);
    CHECK(dot.scaling[2].efficiency == doctest::Approx(0.9));
    CHECK(dot.of_arithmetic == doctest::Approx(0.5));  // 100 items of 2 operations against 400
    CHECK(dot.of_read == doctest::Approx(0.8));        // 100 items of 8 bytes against 1000
    CHECK(dot.spread_across_threads == doctest::Approx(0.1));
    CHECK(dot.disturbed_rounds == 6);
    CHECK(dot.missing.empty());
}

TEST_CASE("SMT figures are n/a where a core has one thread, and unknown under emulation, never 0") {
    const auto arm = claims_about_threads(loaded(recorded("m7g-4xlarge", "aarch64"),
                                                 {case_of("kernel", "dot_f32", "one", 1, 100),
                                                  case_of("kernel", "dot_f32", "all", 16, 1500)}));
    REQUIRE(arm.size() == 1);
    CHECK(arm[0].smt_yield == std::nullopt);
    CHECK(arm[0].neighbour_penalty == std::nullopt);
    CHECK(arm[0].missing == "n/a: one thread a core");
    CHECK(arm[0].all == doctest::Approx(1500));
    const auto emulated = claims_about_threads(
        loaded(recorded("epyc-guest", "aarch64"), {case_of("kernel", "dot_f32", "one", 1, 100)}));
    REQUIRE(emulated.size() == 1);
    CHECK(emulated[0].smt_yield == std::nullopt);
    CHECK(emulated[0].missing == "unknown: the threads of a core are not known");
}

TEST_CASE("threads that run together each say what they did, and a failure of one is not lost") {
    const auto cpu = machine::read().cpuset.front();
    const auto results = run_together({{cpu, [] { return std::make_unique<counting_task>(); }},
                                       {cpu, [] { return std::make_unique<counting_task>(); }}},
                                      0.005);
    REQUIRE(results.size() == 2);
    for (const auto& result : results) {
        CHECK(result.items > 0);
        CHECK(result.seconds >= 0.005);
        CHECK(result.cpu_seconds > 0);
        CHECK(result.pinned);
    }
    CHECK_THROWS_AS(static_cast<void>(run_together(
                        {{cpu, [] { return std::make_unique<counting_task>(); }},
                         {cpu, []() -> std::unique_ptr<task> { throw std::bad_alloc{}; }}},
                        0.001)),
                    std::bad_alloc);
}

TEST_CASE("the peak loops count what they do, in every variant that runs here") {
    alignas(64) static const char data[2048]{};
    for (const auto& variant : lanewise::kernels::variants()) {
        if (!variant.runnable) continue;
        CAPTURE(std::string{variant.name});
        const auto& loops = peak_loops_for(variant.register_bits);
        const double once = loops.multiply_add(10);
        CHECK(once > 0);
        CHECK(loops.multiply_add(20) == 2 * once);
        CHECK(loops.read(data, sizeof data) == sizeof data);
        CHECK(loops.read(data, 100) == 0);
    }
}

TEST_CASE("joules are counted over packages, a counter that wraps included") {
    const auto root =
        std::filesystem::temp_directory_path() / ("lanewise-energy-" + std::to_string(getpid()));
    const auto zone = [&](const std::string& folder, const std::string& name,
                          const std::string& counter) {
        const auto place = root / "sys/class/powercap" / folder;
        std::filesystem::create_directories(place);
        std::ofstream{place / "name"} << name << "\n";
        std::ofstream{place / "max_energy_range_uj"} << "10000000\n";
        std::ofstream{place / "energy_uj"} << counter << "\n";
    };
    zone("intel-rapl:0", "package-0", "9000000");
    zone("intel-rapl:0:0", "core", "5");
    const energy_meter meter{root.string()};
    REQUIRE(meter.readable());
    const auto before = meter.read();
    zone("intel-rapl:0", "package-0", "2000000");
    zone("intel-rapl:0:0", "core", "7000000");
    const auto used = meter.joules(before, meter.read());
    REQUIRE(used);
    CHECK(*used == doctest::Approx(3));
    std::filesystem::remove_all(root);
    CHECK_FALSE(energy_meter{root.string()}.readable());
    CHECK(energy_meter{root.string()}.joules({}, {}) == std::nullopt);
}

TEST_CASE("the joules of all that was computed are no more than the packages counted") {
    const package_counter package;
    auto options = quick_options(1, 0.01);
    options.root = package.root();
    const auto found = run_sweeps(small_machine(), options, {});
    CHECK(found.energy_readable);
    double joules = 0;
    for (const auto& one : found.cases) {
        for (const auto& round : one.rounds) {
            REQUIRE(round.joules_per_item);
            joules += *round.joules_per_item * round.rate * found.seconds;
        }
    }
    CHECK(joules > 0);
    CHECK(joules <= package.joules());
}

TEST_CASE("a sweep of this machine fits the schema and has every placement") {
    const auto facts = small_machine();
    const auto options = quick_options(2, 0.0005);
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "run"});
    content["sweeps"] = write_section(run_sweeps(facts, options, {}));
    const auto parsed = parse_document("a.json", document_text(content));
    if (const auto* bad = std::get_if<std::vector<bad_document>>(&parsed))
        FAIL(bad->front().sentence());
    const auto& cases = content["sweeps"].at("cases").as_array();
    // multiply_add and two reads at every placement but those of the curve; sum_f32 in L1 at all of
    // them
    std::size_t plain = 0, others = 0;
    for (const auto& place : placements_of(facts))
        (place.neighbour || place.name == "scaling" ? others : plain) += 1;
    CHECK(cases.size() == 4 * plain + others);
    for (const auto& one : cases) CHECK(one.at("rounds").as_array().size() == 2);
}

TEST_CASE("what the CPU counted stands by case and thread, over the rounds that count") {
    const auto facts = small_machine();
    const counting_source source;
    auto options = quick_options(2, 0.0005);
    options.events = &source;
    const auto found = run_sweeps(facts, options, {});
    for (const auto& one : found.cases) {
        CAPTURE(one.name + " " + one.placement);
        REQUIRE(one.counts.has_value() == (one.clean_rounds > 0));
        if (!one.counts) continue;
        REQUIRE(one.counts->size() == static_cast<std::size_t>(one.threads));
        for (std::size_t i = 0; i < one.counts->size(); ++i) {
            const auto& thread = (*one.counts)[i];
            CHECK(thread.cpu == one.cpus[i]);
            CHECK(thread.items > 0);
            CHECK(thread.cycles == 1000.0 * one.clean_rounds);
            CHECK(thread.instructions == 2500.0 * one.clean_rounds);
            CHECK(thread.branch_misses == 5.0 * one.clean_rounds);
            CHECK(thread.last_level_misses == std::nullopt);
        }
    }
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "run"});
    content["sweeps"] = write_section(found);
    const auto parsed = parse_document("a.json", document_text(content));
    if (const auto* bad = std::get_if<std::vector<bad_document>>(&parsed))
        FAIL(bad->front().sentence());
    const auto read = section_of<sweeps_section>(std::get<document>(parsed));
    REQUIRE(read);
    for (std::size_t i = 0; i < found.cases.size(); ++i) {
        const auto &written = found.cases[i].counts, &again = read->cases[i].counts;
        REQUIRE(written.has_value() == again.has_value());
        if (written) CHECK(written->front().items == again->front().items);
    }
}

TEST_CASE("without a source nothing is counted, and the document says null") {
    const auto facts = small_machine();
    const auto options = quick_options(1, 0.0001);
    const auto section = write_section(run_sweeps(facts, options, {}));
    for (const auto& one : section.at("cases").as_array()) CHECK(one.at("counts").is_null());
}
