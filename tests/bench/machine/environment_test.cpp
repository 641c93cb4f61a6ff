#include "bench/machine/environment.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench/documents/document.hpp"
#include "bench/machine/energy.hpp"
#include "bench/machine/listener_cpus.hpp"
#include "bench/machine/measured_machine.hpp"
#include "bench/machine/pinning.hpp"
#include "bench/machine/placement.hpp"
#include "bench/machine/progress.hpp"
#include "kernels/machine/affinity.hpp"
#include "tests/bench/temporary_folder.hpp"

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

TEST_CASE("a share that is just its bound disturbs nobody") {
    auto machine = two_threads();
    machine.cpuset = {0};
    snapshot before, after;
    before.steal_seconds = before.cpu_pressure_seconds = before.throttled_periods = 0;
    after = before;
    after.seconds = 1;
    after.steal_seconds = 0.005;
    after.cpu_pressure_seconds = 0.2;
    CHECK(disturbances(machine, before, after).empty());
    after.steal_seconds = 0.0051;
    after.cpu_pressure_seconds = 0.21;
    CHECK(disturbances(machine, before, after).size() == 2);
    // Where it is not known which CPUs the process may use, the time is that of one.
    machine.cpuset.clear();
    CHECK(disturbances(machine, before, after).size() == 2);
}

TEST_CASE("what is known at one moment alone is no disturbance") {
    for (const bool at_start : {true, false}) {
        CAPTURE(at_start);
        auto before = quiet(0), after = quiet(10);
        auto& known = at_start ? before : after;
        auto& unknown = at_start ? after : before;
        known.steal_seconds = known.throttled_periods = known.cpu_pressure_seconds = 1e3;
        known.clock_ghz = 5;
        unknown = snapshot{};
        unknown.seconds = at_start ? 10 : 0;
        CHECK(disturbances(two_threads(), before, after).empty());
    }
}

TEST_CASE("governor and pressure are read, and numbers that are missing are not known") {
    const temporary_folder place;
    const auto write = [&](const std::string& file, const std::string& text) {
        std::filesystem::create_directories(std::filesystem::path{place / file}.parent_path());
        std::ofstream{place / file} << text;
    };
    write("sys/devices/system/cpu/cpu4/cpufreq/scaling_governor", "powersave\n");
    write("proc/pressure/memory", "some avg10=0.00 total=3000000\n");
    write("proc/pressure/io", "some avg10=0.00 total=x\n");
    write("proc/pressure/cpu", "some avg10=0.00\n");
    write("proc/loadavg", "  1.5 0.10\n");
    auto machine = two_threads();
    machine.cpuset = {4, 5};
    const auto now = observe(machine, place.path() + "/", false);
    CHECK(now.governor == "powersave");
    CHECK(now.memory_pressure_seconds == 3.0);
    CHECK(!now.io_pressure_seconds);
    CHECK(!now.cpu_pressure_seconds);
    CHECK(now.load_average == 1.5);
    CHECK(!now.throttled_periods);
    CHECK(!now.throttled_seconds);
    machine.cpuset.clear();
    CHECK(!observe(machine, place.path() + "/", false).governor);
    machine.emulated = true;
    CHECK(!observe(machine, place.path() + "/", true).clock_ghz);
}

TEST_CASE("why a figure of the environment is missing stands in the notes") {
    auto document = new_document(std::vector<std::string>{"lanewise-bench", "run"});
    put_environment(document, two_threads(), snapshot{}, snapshot{});
    const auto reason = [&](const std::string& field) {
        for (const auto& note : document.at("notes").as_array()) {
            if (note.at("field").as_string() == "/environment/after/" + field)
                return std::string{note.at("text").as_string()};
        }
        return std::string{"none"};
    };
    CHECK(reason("governor") == "no frequency driver is visible, as in most guests");
    CHECK(reason("clock_ghz") == "not measured under emulation");
    CHECK(reason("throttled_periods") ==
          "no cgroup with CPU bandwidth control bounds this process");
    CHECK(reason("io_pressure_seconds") == "the kernel has no pressure stall information");
    CHECK(reason("steal_seconds") == "could not be read");
}

TEST_CASE("joules are the packages' and no part's twice, also where a counter wrapped") {
    const temporary_folder place;
    const auto zone = [&](const std::string& name, const std::string& called,
                          const std::string& range, const std::string& counter) {
        const auto folder = std::filesystem::path{place / "sys/class/powercap"} / name;
        std::filesystem::create_directories(folder);
        std::ofstream{folder / "name"} << called << "\n";
        if (!range.empty()) std::ofstream{folder / "max_energy_range_uj"} << range << "\n";
        if (!counter.empty()) std::ofstream{folder / "energy_uj"} << counter << "\n";
    };
    CHECK(!energy_meter{place.path() + "/"}.readable());
    zone("intel-rapl:0", "package-0", "10000000", "4000000");
    zone("intel-rapl:1", "package-1", "10000000", "9000000");
    zone("intel-rapl:0:0", "core", "10000000", "1000000");
    zone("intel-rapl:2", "package-2", "10000000", "");
    zone("intel-rapl:3", "package-3", "", "1000000");
    const energy_meter meter{place.path() + "/"};
    CHECK(meter.readable());
    const auto before = meter.read();
    CHECK(before.size() == 2);
    CHECK(meter.joules(before, before) == 0.0);
    zone("intel-rapl:0", "package-0", "", "6500000");
    zone("intel-rapl:1", "package-1", "", "500000");
    zone("intel-rapl:0:0", "core", "", "3000000");
    CHECK(meter.joules(before, meter.read()).value_or(0) == doctest::Approx(2.5 + 1.5));
    std::filesystem::remove(place / "sys/class/powercap/intel-rapl:1/energy_uj");
    CHECK(!meter.joules(before, meter.read()));
    CHECK(!meter.joules(meter.read(), before));
    CHECK(!energy_meter{place / "none/"}.joules({}, {}));
}

TEST_CASE("the CPUs of a server are those that the process listening on its port may use") {
    const temporary_folder place;
    const auto own = std::to_string(::getpid());
    const auto process = [&](const std::string& id, const std::string& socket) {
        const auto folder = std::filesystem::path{place / "proc"} / id / "fd";
        std::filesystem::create_directories(folder);
        std::filesystem::create_symlink("/dev/null", folder / "0");
        if (!socket.empty()) std::filesystem::create_symlink(socket, folder / "3");
    };
    process("self", "socket:[77]");
    process("999999999", "socket:[78]");
    process(own, "socket:[77]");
    CHECK(cpus_of_listener("8080", place.path() + "/").empty());
    const std::string columns = "  sl  local_address rem_address   st tx_queue rx_queue\n";
    const auto line = [](const std::string& local, const std::string& state,
                         const std::string& inode) {
        return "   0: " + local + " 00000000:0000 " + state +
               " 00000000:00000000 00:00000000 00000000     0        0 " + inode + " 1 0\n";
    };
    std::filesystem::create_directories(place / "proc/net");
    std::ofstream{place / "proc/net/tcp"} << columns << line("0100007F:1F90", "01", "77")
                                          << line("0100007F:1F91", "0A", "77")
                                          << line("0100007F:0050", "0A", "79");
    CHECK(cpus_of_listener("8080", place.path() + "/").empty());
    CHECK(cpus_of_listener("80", place.path() + "/").empty());
    std::ofstream{place / "proc/net/tcp6"}
        << columns << line("00000000000000000000000000000000:1F90", "0A", "77");
    const auto found = cpus_of_listener("8080", place.path() + "/");
    CHECK(!found.empty());
    CHECK(found == lanewise::machine::allowed_cpus(::getpid()));
    CHECK(cpus_of_listener("8081", place.path() + "/") == found);
}

TEST_CASE("why a fact of the machine is missing says what would tell it") {
    CHECK(reason_not_known("quota_cpus", true) == "no cgroup bounds the CPU time");
    CHECK(reason_not_known("memory_limit_bytes", true) == "no cgroup bounds the memory");
    CHECK(reason_not_known("hypervisor", true) == "none seen");
    CHECK(reason_not_known("provider", true) == "DMI names no cloud");
    CHECK(reason_not_known("instance", true) ==
          "DMI names no instance type, and --instance was not given");
    CHECK(reason_not_known("pod", true) == "--pod was not given");
    CHECK(reason_not_known("microcode", true) ==
          "unknown under emulation: the files describe the host");
    CHECK(reason_not_known("microcode", false) == "could not be read");
}

TEST_CASE("CPUs that follow one another are a range") {
    CHECK(cpu_list({0, 1, 2, 3, 8}) == "0-3,8");
    CHECK(cpu_list({0, 2, 4, 5}) == "0,2,4-5");
    CHECK(cpu_list({5}) == "5");
    CHECK(cpu_list({}).empty());
}

TEST_CASE(
    "a user's labels come before what the machine says, and a pool has the best name there is") {
    auto machine = two_threads();
    machine.cpu_model = "CPU", machine.instance = "m7g.large";
    CHECK(measured_machine(machine, {}).pool == "m7g.large");
    CHECK(measured_machine(machine, {.node = "n", .pod = "p", .instance = "i", .pool = ""}).pool ==
          "i");
    const auto named =
        measured_machine(machine, {.node = "n", .pod = "p", .instance = "", .pool = "x"});
    CHECK(named.pool == "x");
    CHECK(named.instance == "m7g.large");
    CHECK(named.node == "n");
    CHECK(named.pod == "p");
    CHECK(named.cpuset == "0-1");
    machine.instance.clear();
    CHECK(measured_machine(machine, {}).pool == "CPU");
    CHECK(!measured_machine(machine, {}).node);
}

TEST_CASE("threads fill the cores first, those with siblings before others, and siblings last") {
    facts machine;
    machine.cpuset = {0, 1, 2, 3, 4};
    machine.core_threads = {{0}, {1, 3}, {2, 4}};
    machine.emulated = false;
    CHECK(filling_order(machine) == std::vector<int>{1, 2, 0, 3, 4});
    std::string all;
    for (const auto& one : placements_of(machine)) {
        all += one.name + ":";
        for (const int cpu : one.cpus) all += " " + std::to_string(cpu);
        all += "\n";
    }
    CHECK(all ==
          "one: 1\nscaling: 1 2\none_per_core: 1 2 0\nscaling: 1 2 0 3\nall: 1 2 0 3 4\n"
          "neighbour_same: 1 3\nneighbour_memory: 1 3\n");
    CHECK(quiet_thread(machine) == 2);
    CHECK(cpus_apart_from({3}, machine) == std::vector<int>{0, 2, 4});
    machine.core_threads.clear();
    CHECK(filling_order(machine) == machine.cpuset);
    CHECK(quiet_thread(machine) == 4);
    CHECK(cpus_apart_from({3}, machine) == std::vector<int>{0, 1, 2, 4});
    CHECK(placements_of(machine).size() == 4);  // one, two, four and all
    machine.cpuset.clear();
    CHECK(quiet_thread(machine) == 0);
    CHECK(placements_of(machine).empty());
}

TEST_CASE("a core of two threads has all placements, and a quota of one thread only the first") {
    facts machine;
    machine.cpuset = {0, 1};
    machine.core_threads = {{0, 1}};
    const auto names = [&] {
        std::vector<std::string> found;
        for (const auto& one : placements_of(machine)) found.push_back(one.name);
        return found;
    };
    CHECK(names() == std::vector<std::string>{"one", "all", "neighbour_same", "neighbour_memory"});
    machine.quota_cpus = 1;
    CHECK(names() == std::vector<std::string>{"one"});
}

TEST_CASE("a search is as long as the rounds before it, and never shorter than what was done") {
    search_forecast search{3, 5};
    const auto first = search.total();
    CHECK(first % 3 == 5 % 3);
    for (int i = 0; i < 100; ++i) search.step(1);
    CHECK(search.total() == 101 + 2 * (first - 5) / 3 + 5);  // one step more, until it is over
    search.round_over();
    CHECK(search.total() == 3 * 100 + 5);
    search.step(41);
    search.round_over();
    CHECK(search.total() == 100 + 41 + 71 + 5);  // 70.5 on average
    search.step(10);
    search.round_over();
    CHECK(search.total() == 100 + 41 + 10 + 5);
    search.step(9);  // what comes after takes longer than was said
    CHECK(search.total() == 100 + 41 + 10 + 9);
}

namespace {

/// What is written to stderr until the object goes.
class diverted_errors {
public:
    explicit diverted_errors(const std::string& file, int flags)
        : kept_{::dup(STDERR_FILENO)}, to_{::open(file.c_str(), flags | O_NOCTTY, 0600)} {
        REQUIRE(to_ >= 0);
        ::dup2(to_, STDERR_FILENO);
    }
    ~diverted_errors() {
        ::dup2(kept_, STDERR_FILENO);
        ::close(kept_);
        ::close(to_);
    }
    diverted_errors(const diverted_errors&) = delete;
    diverted_errors& operator=(const diverted_errors&) = delete;

private:
    int kept_, to_;
};

void make_progress() {
    progress shown{"kernels", 4};
    shown.step("a");
    shown.step("b", 2);  // at once after the first: the pause between two lines is not over
    shown.step("c");
}

}  // namespace

TEST_CASE("progress in a log is a line now and then, and one at the end") {
    const temporary_folder place;
    const auto file = place / "log";
    {
        const diverted_errors errors{file, O_CREAT | O_WRONLY};
        make_progress();
    }
    std::ifstream log{file};
    const std::string text{std::istreambuf_iterator<char>{log}, {}};
    CHECK(text.starts_with("kernels: 25 %, about "));
    CHECK(text.find(" (a)\n") != std::string::npos);
    CHECK(text.ends_with("kernels: 100 %, about 0 s left (c)\n"));
    CHECK(text.find('\r') == std::string::npos);
}

TEST_CASE("progress on a terminal is one line that redraws itself, and goes when all is done") {
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) {
        MESSAGE("Skipped: there is no pseudo-terminal here");
        return;
    }
    const std::string other_end = ::ptsname(terminal);
    const auto shown = [&](auto write) {
        const diverted_errors errors{other_end, O_RDWR};
        write();
        std::fputs("end", stderr);
        std::string text;
        while (!text.ends_with("end")) {
            char some[256];
            const auto count = ::read(terminal, some, sizeof some);
            REQUIRE(count > 0);
            text.append(some, static_cast<std::size_t>(count));
        }
        return text;
    };
    const auto text = shown(make_progress);
    CHECK(text.starts_with("\r\x1b[Kkernels: 25 %, about "));
    CHECK(text.ends_with("\r\x1b[Kkernels: 100 %, about 0 s left (c)\r\x1b[Kend"));
    CHECK(text.find('\n') == std::string::npos);
    // What never began leaves the line alone.
    CHECK(shown([] { const progress nothing{"kernels", 4}; }) == "end");
    ::close(terminal);
}

namespace {

/// How a child ends that does this: what it returns, or the negative number of a signal.
int end_of_child(int (*what)()) {
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(what());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

TEST_CASE("a signal is noted, and the same one at once again is no second wish of the user") {
    for (const auto catch_it : {catch_interruption, catch_every_interruption}) {
        static void (*caught)();
        caught = catch_it;
        CHECK(end_of_child([] {
                  caught();
                  const bool before = interrupted();
                  std::raise(SIGTERM);
                  std::raise(SIGINT);
                  return before ? 1 : interrupted() ? 0 : 2;
              }) == 0);
    }
}

TEST_CASE("a closed terminal interrupts, unless nohup had it ignored") {
    CHECK(end_of_child([] {
              std::signal(SIGHUP, SIG_DFL);
              catch_interruption();
              std::raise(SIGHUP);
              return interrupted() ? 0 : 1;
          }) == 0);
    CHECK(end_of_child([] {
              std::signal(SIGHUP, SIG_IGN);
              catch_interruption();
              std::raise(SIGHUP);
              return interrupted() ? 1 : 0;
          }) == 0);
}
