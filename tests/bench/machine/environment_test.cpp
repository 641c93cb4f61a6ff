#include "bench/machine/environment.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "bench/documents/document.hpp"

using namespace lanewise::bench;
using lanewise::machine::facts;

namespace {

facts two_threads() {
    facts machine;
    machine.cpuset = {0, 1};
    machine.emulated = false;
    return machine;
}

snapshot quiet(double seconds) {
    snapshot moment;
    moment.seconds = seconds;
    moment.steal_seconds = 10;
    moment.throttled_periods = 3;
    moment.cpu_pressure_seconds = 5;
    moment.clock_ghz = 3;
    return moment;
}

bool has(const std::vector<disturbance>& found, std::string_view kind, bool bars_ranking) {
    return std::ranges::any_of(found, [&](const auto& one) {
        return one.kind == kind && one.bars_ranking == bars_ranking;
    });
}

}  // namespace

TEST_CASE("nothing happened: nothing is reported") {
    CHECK(disturbances(two_threads(), quiet(0), quiet(10)).empty());
    CHECK(disturbances(two_threads(), snapshot{}, snapshot{}).empty());
}

TEST_CASE("each disturbance is found beyond its bound, and not below it") {
    auto after = quiet(10);
    after.steal_seconds = 10.09;  // 0.45 % of 20 CPU seconds
    CHECK(disturbances(two_threads(), quiet(0), after).empty());
    after.steal_seconds = 10.11;
    CHECK(has(disturbances(two_threads(), quiet(0), after), "steal", true));

    after = quiet(10);
    after.throttled_periods = 4;
    CHECK(has(disturbances(two_threads(), quiet(0), after), "throttling", true));

    after = quiet(10);
    after.clock_ghz = 2.92;
    CHECK(disturbances(two_threads(), quiet(0), after).empty());
    after.clock_ghz = 2.9;
    CHECK(has(disturbances(two_threads(), quiet(0), after), "frequency", true));

    after = quiet(10);
    after.cpu_pressure_seconds = 7.5;
    CHECK(has(disturbances(two_threads(), quiet(0), after), "pressure", false));

    auto emulated = two_threads();
    emulated.emulated = true;
    CHECK(has(disturbances(emulated, quiet(0), quiet(10)), "emulation", true));
}

TEST_CASE("a disturbance says by how much and beyond which bound, for a faster clock too") {
    auto after = quiet(10);
    after.steal_seconds = 10.4;  // of 20 CPU seconds
    after.throttled_periods = 5;
    after.clock_ghz = 3.75;
    after.cpu_pressure_seconds = 9;
    const auto found = disturbances(two_threads(), quiet(0), after);
    REQUIRE(found.size() == 4);
    CHECK(found[0].text == "The cgroup's CPU quota stopped the process in 2 periods.");
    CHECK(found[1].value == doctest::Approx(0.02));
    CHECK(found[1].text == "The hypervisor gave 2 % of the CPU time to others (bound 0.5 %).");
    CHECK(found[2].value == doctest::Approx(0.25));
    CHECK(found[2].text == "The clock moved by 25 % between start and end (bound 3 %).");
    CHECK(found[3].value == doctest::Approx(0.4));
    CHECK(found[3].text ==
          "Tasks waited for a CPU in 40 % of the time: the machine was not quiet.");

    // Where no time passed there is no share of it, but a quota that stopped us has stopped us.
    CHECK(disturbances(two_threads(), quiet(10), after).size() == 1);
}

TEST_CASE("counters are read from files, over the cpuset only, for both versions of cgroups") {
    const auto root = std::filesystem::temp_directory_path() /
                      ("lanewise-environment-" + std::to_string(getpid()));
    std::filesystem::copy(LANEWISE_TEST_DATA "/machines/m7i-2xlarge-pod", root,
                          std::filesystem::copy_options::recursive);
    std::filesystem::create_directories(root / "proc/pressure");
    std::ofstream{root / "proc/stat"}
        << "cpu  1 2 3 4 5 6 7 900 0 0\ncpu0 1 2 3 4 5 6 7 100 0 0\n"
           "cpu1 1 2 3 4 5 6 7 200 0 0\ncpu2 1 2 3 4 5 6 7 600 0 0\nintr 5\n";
    std::ofstream{root / "proc/pressure/cpu"}
        << "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\n"
           "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";
    std::ofstream{root / "proc/loadavg"} << "0.25 0.10 0.05 1/100 4242\n";
    const auto now = observe(two_threads(), root.string() + "/", false);
    CHECK(now.steal_seconds == 3.0);  // 300 ticks of 10 ms
    CHECK(now.cpu_pressure_seconds == 2.5);
    CHECK(now.memory_pressure_seconds == std::nullopt);
    CHECK(now.load_average == 0.25);
    CHECK(now.throttled_periods == 17);
    CHECK(now.throttled_seconds == doctest::Approx(0.812345));
    CHECK(now.clock_ghz == std::nullopt);
    CHECK(!now.governor);
    std::filesystem::remove_all(root);

    const auto old =
        observe(two_threads(), LANEWISE_TEST_DATA "/machines/docker-v1-cpuset/", false);
    CHECK(old.throttled_periods == 3);
    CHECK(old.throttled_seconds == doctest::Approx(0.001234567));
    CHECK(old.steal_seconds == std::nullopt);
}

TEST_CASE("an environment fits the schema, and each of its nulls has a reason") {
    auto document = new_document(std::vector<std::string>{"lanewise-bench", "run"});
    put_environment(document, two_threads(), observe(two_threads(), "/", false),
                    observe(two_threads(), "/", false));
    for (const auto& member : document.at("environment").at("after").as_object()) {
        if (!member.value().is_null()) continue;
        const auto& notes = document.at("notes").as_array();
        CHECK(std::ranges::any_of(notes, [&](const auto& note) {
            return note.at("field") ==
                   boost::json::value("/environment/after/" + std::string{member.key()});
        }));
    }
    const auto parsed = parse_document("a.json", document_text(document));
    CHECK(std::holds_alternative<lanewise::bench::document>(parsed));
}

TEST_CASE("the clock of this machine is one that a CPU may have") {
    const auto machine = lanewise::machine::read();
    const auto now = observe(machine);
    if (machine.emulated == true) {
        CHECK(now.clock_ghz == std::nullopt);
    } else {
        REQUIRE(now.clock_ghz);
        CHECK(*now.clock_ghz > 0.1);
        CHECK(*now.clock_ghz < 10);
    }
}
