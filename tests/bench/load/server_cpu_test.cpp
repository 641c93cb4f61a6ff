// The CPU time of servers: of pages, of processes and cgroups, and between two looks.
#include "bench/load/server_cpu.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "scripted_server.hpp"

using namespace lanewise::bench;

namespace {

std::string page_reply(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

cpu_source page_of(const scripted_server& server) {
    cpu_source source;
    source.url = server.url("/metrics");
    return source;
}

cpu_reading at(double second, double cpu_seconds) {
    cpu_reading reading;
    reading.seconds = cpu_seconds;
    reading.at = std::chrono::steady_clock::time_point{} +
                 std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                     std::chrono::duration<double>(second));
    reading.read_at = 1e9 + second;
    return reading;
}

class tree {
public:
    tree()
        : path_{std::filesystem::temp_directory_path() /
                ("lanewise-cpu-" + std::to_string(getpid()))} {}
    ~tree() { std::filesystem::remove_all(path_); }
    tree(const tree&) = delete;
    tree& operator=(const tree&) = delete;
    void put(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream{path_ / name} << text;
    }
    [[nodiscard]] std::string root() const { return path_.string() + "/"; }

private:
    std::filesystem::path path_;
};

std::string stat_of(int pid, int parent, int user, int system, int waited, int started = 7) {
    const auto word = [](int number) { return " " + std::to_string(number); };
    return std::to_string(pid) + " (a ) b) S" + word(parent) + " 1 1 0 -1 0 0 0 0 0" + word(user) +
           word(system) + word(waited) + " 0 20 0 1 0" + word(started) + " 0 0\n";
}

}  // namespace

TEST_CASE("a page's counter is read as the format writes it") {
    const auto value_of = [](const std::string& line) {
        const auto samples = samples_of(line, {"x"});
        REQUIRE(samples.size() == 1);
        return samples.front();
    };
    CHECK(value_of("x 12.5\n").value == 12.5);
    CHECK(value_of("  x\t1.2e+03\t\r\n").value == 1200);
    CHECK(value_of("x 0x1p-1").value == 0.5);
    CHECK(value_of("x +3").value == 3);
    CHECK(std::isnan(value_of("x NaN\n").value));
    CHECK(value_of("x -Inf\n").value == -std::numeric_limits<double>::infinity());
    CHECK(value_of("x{} 1 1395066363000\n").sampled_ms == 1395066363000);
    CHECK(value_of("x 1 1395066363.5\n").sampled_ms == 1395066363500);
    CHECK(value_of("x 1 # {trace=\"a\"} 2\n").value == 1);
    const auto labelled = value_of("x {a=\"C:\\\\d \\\"e\\\"\\nf}\", b = \"\" ,} 1\n");
    REQUIRE(labelled.labels.size() == 2);
    CHECK(labelled.labels[0].value == "C:\\d \"e\"\nf}");
    CHECK(labelled.labels[1].value.empty());
    CHECK(value_of("{\"x\",a=\"b\"} 1\n").labels.size() == 1);
    CHECK(samples_of("# HELP x a \\n b\n# TYPE x counter\n\nxy 1\n#x 2\n", {"x"}).empty());
    CHECK(samples_of("", {"x"}).empty());
}

TEST_CASE("a malformed line of the series is named by its number; other lines are not looked at") {
    CHECK(samples_of("y {broken\nx 1\n", {"x"}).size() == 1);
    for (const auto* line :
         {"x\n", "x{a=b} 1\n", "x{a=\"b} 1\n", "x{a} 1\n", "x{a=\"b\" c=\"d\"} 1\n",
          "x{=\"b\"} 1\n", "x one\n", "x 1 2 3\n", "x --1\n", "x nan(1)\n", "x 1 NaN\n"}) {
        CAPTURE(line);
        CHECK_THROWS_WITH_AS(static_cast<void>(samples_of(std::string{"\n"} + line, {"x"})),
                             doctest::Contains("line 2: "), std::invalid_argument);
    }
}

TEST_CASE("one process is found by itself; of several the choice is the user's") {
    CHECK(cpu_seconds_of("process_cpu_seconds_total 2.5\n", {}).value == 2.5);
    CHECK(cpu_seconds_of("up 1\n", {}).problem.find("no series process_cpu_seconds_total") !=
          std::string::npos);
    const std::string two =
        "process_cpu_seconds_total{job=\"a\"} 1\nprocess_cpu_seconds_total{job=\"b\"} 2\n";
    CHECK(cpu_seconds_of(two, {}).problem.find("--server-series chooses") != std::string::npos);
    CHECK(cpu_seconds_of(two, parse_selector("process_cpu_seconds_total")).value == 3);
    CHECK(cpu_seconds_of(two, parse_selector("process_cpu_seconds_total{job=\"b\"}")).value == 2);
    CHECK(cpu_seconds_of(two, parse_selector("process_cpu_seconds_total{job=\"c\"}"))
              .problem.find("there are process_cpu_seconds_total{job=\"a\"}") != std::string::npos);
    CHECK(cpu_seconds_of("process_cpu_seconds_total NaN\n", {}).problem.find("no finite number") !=
          std::string::npos);
    CHECK(cpu_seconds_of("process_cpu_seconds_total -1\n", {}).problem.find("below 0") !=
          std::string::npos);
}

TEST_CASE("a pod's CPU time is its own, however the page splits it") {
    const std::string resource =
        "container_cpu_usage_seconds_total{container=\"a\",namespace=\"n\",pod=\"p\"} 1 "
        "1700000000000\n"
        "container_cpu_usage_seconds_total{container=\"b\",namespace=\"n\",pod=\"p\"} 2 "
        "1699999999000\n"
        "container_cpu_usage_seconds_total{container=\"a\",namespace=\"n\",pod=\"q\"} 9 "
        "1700000000000\n";
    const auto read = cpu_seconds_of_pod(resource, "n/p");
    CHECK(read.value == 3);
    CHECK(read.sampled_ms == 1699999999000);
    CHECK(cpu_seconds_of_pod(resource, "p").value == 3);
    CHECK(cpu_seconds_of_pod(
              resource + "pod_cpu_usage_seconds_total{namespace=\"n\",pod=\"p\"} 4\n", "p")
              .value == 4);
    CHECK(cpu_seconds_of_pod(resource, "m/p").problem == "no series is of pod m/p");
    CHECK(cpu_seconds_of_pod("up 1\n", "p").problem.find("neither") != std::string::npos);
    CHECK(
        cpu_seconds_of_pod(
            resource +
                "container_cpu_usage_seconds_total{container=\"a\",namespace=\"m\",pod=\"p\"} 1\n",
            "p")
            .problem.find("write NAMESPACE/POD") != std::string::npos);
    const std::string advisor =
        "container_cpu_usage_seconds_total{container=\"\",cpu=\"total\",namespace=\"n\",pod=\"p\"} "
        "8\n"
        "container_cpu_usage_seconds_total{container=\"POD\",cpu=\"total\",namespace=\"n\",pod="
        "\"p\"} 1\n"
        "container_cpu_usage_seconds_total{container=\"a\",cpu=\"total\",namespace=\"n\",pod=\"p\"}"
        " 6\n"
        "container_cpu_usage_seconds_total{container=\"a\",cpu=\"cpu00\",namespace=\"n\",pod=\"p\"}"
        " 6\n";
    CHECK(cpu_seconds_of_pod(advisor, "n/p").value == 6);
}

TEST_CASE("what is used between two looks is known only where both are of that time") {
    CHECK(cpu_between(at(0, 5), at(2, 6)).seconds == 1);
    CHECK(cpu_between(at(0, 5), at(2, 6)).window_seconds == doctest::Approx(2));
    const auto back = cpu_between(at(0, 5), at(2, 1));
    CHECK(!back.seconds);
    CHECK(back.unknown.find("the counter went back") != std::string::npos);
    const auto sampled = [](double second, double cpu, double age) {
        auto reading = at(second, cpu);
        reading.sampled_at = reading.read_at - age;
        return reading;
    };
    const auto known = cpu_between(sampled(0, 5, 0.1), sampled(2, 6, 0.2));
    CHECK(known.seconds == 1);
    CHECK(known.window_seconds == doctest::Approx(1.9));
    // The same sample twice, and one that is older than the step.
    CHECK(!cpu_between(sampled(0, 5, 0), sampled(2, 5, 2)).seconds);
    // A look that is not sampled, no use at all, and one sample that is older than the other.
    CHECK(cpu_between(at(0, 5), sampled(2, 6, 0.1)).window_seconds == 2);
    CHECK(cpu_between(sampled(0, 5, 0.1), at(2, 6)).window_seconds == 2);
    CHECK(cpu_between(at(0, 5), at(2, 5)).seconds == 0);
    CHECK(!cpu_between(sampled(0, 5, 0.7), sampled(2, 6, 0.35)).seconds);
    CHECK(!cpu_between(sampled(0, 5, 0.35), sampled(2, 6, 0.7)).seconds);
    const auto old = cpu_between(sampled(0, 5, 9), sampled(2, 6, 9));
    CHECK(!old.seconds);
    CHECK(old.unknown.find("--seconds") != std::string::npos);
}

TEST_CASE("a process is counted with its children and those that it has waited for") {
    const tree files;
    files.put("proc/100/stat", stat_of(100, 1, 10, 20, 30));
    files.put("proc/101/stat", stat_of(101, 100, 1, 0, 0));
    files.put("proc/102/stat", stat_of(102, 101, 2, 0, 0));
    files.put("proc/200/stat", stat_of(200, 1, 1000, 0, 0));
    files.put("proc/300/stat", "300 (no");
    files.put("proc/uptime", "1 1\n");
    files.put("proc/100/cgroup", "0::/a/b\n");
    files.put("sys/fs/cgroup/a/cpu.max", "50000 100000\n");
    files.put("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    cpu_source source;
    source.pid = 100;
    const cpu_meter meter{source, {}, files.root()};
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    CHECK(std::get<cpu_reading>(meter.read()).seconds == doctest::Approx(63 / ticks));
    files.put("proc/100/stat", stat_of(100, 1, 0, 0, 0, 8));  // the number is another's now
    CHECK(std::get<std::string>(meter.read()) == "process 100 is gone");
    source.pid = 400;
    CHECK_THROWS_AS((cpu_meter{source, {}, files.root()}), std::runtime_error);
}

TEST_CASE("the CPUs that a cgroup may run on are busy with anybody's work, interrupts told apart") {
    const tree files;
    files.put("sys/fs/cgroup/a/cpu.stat", "usage_usec 1000000\n");
    files.put("sys/fs/cgroup/a/cpuset.cpus.effective", "1-2\n");
    files.put("proc/stat",
              "cpu  1 9 9 9 9 9 9 9 9 0\n"
              "cpu0 1000 0 0 0 0 0 0 0 0 0\n"
              "cpu1 10 0 10 100 10 0 0 0 0 0\n"
              "cpu2 10 0 10 100 10 0 0 0 0 0\n"
              "intr 1 2 3\n");
    cpu_source source;
    source.cgroup = "a";
    const cpu_meter meter{source, {}, files.root()};
    CHECK(meter.cpus() == 2);
    const auto before = std::get<cpu_reading>(meter.read());
    // cpu1: 60 of 100 ticks for somebody, 10 of them interrupts, 5 stolen; cpu2 idle.
    files.put("proc/stat",
              "cpu0 9000 0 0 0 0 0 0 0 0 0\n"
              "cpu1 40 5 20 140 10 4 6 5 0 0\n"
              "cpu2 10 0 10 190 20 0 0 0 0 0\n");
    const auto use = cpu_between(before, std::get<cpu_reading>(meter.read()));
    CHECK(use.busy == doctest::Approx(0.3));
    CHECK(use.interrupts == doctest::Approx(0.05));
    // Without a cpuset every CPU of the machine counts; a file that is cut off tells nothing.
    files.put("sys/fs/cgroup/b/cpu.stat", "usage_usec 1000000\n");
    files.put("sys/devices/system/cpu/online", "0-2\n");
    source.cgroup = "b";
    const cpu_meter all{source, {}, files.root()};
    CHECK(all.cpus() == 3);
    CHECK(std::get<cpu_reading>(all.read()).ticks > 9000);
    files.put("proc/stat", "cpu1 40 5");
    const auto cut = std::get<cpu_reading>(all.read());
    CHECK(!cpu_between(cut, cut).busy);
}

TEST_CASE("processes whose parents go round in a circle are nobody's children") {
    const tree files;
    const int self = getpid();
    const auto process = [](int number) { return "proc/" + std::to_string(number) + "/stat"; };
    // Of another system's tree the files count, whatever has that number here.
    files.put(process(self), stat_of(self, 1, 1, 0, 0));
    files.put(process(self + 1), stat_of(self + 1, self + 2, 100, 0, 0));
    files.put(process(self + 2), stat_of(self + 2, self + 1, 100, 0, 0));
    // The last field that is needed may be the last one, and both times of waited children count.
    files.put(process(self + 3), std::to_string(self + 3) + " (a) S " + std::to_string(self) +
                                     " 1 1 0 -1 0 0 0 0 0 2 0 4 8 20 0 1 0 7");
    cpu_source source;
    source.pid = self;
    const cpu_meter meter{source, {}, files.root()};
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    CHECK(std::get<cpu_reading>(meter.read()).seconds == doctest::Approx(15 / ticks));
}

TEST_CASE("what the user says of a server's CPUs counts, and those of no process are not known") {
    const tree files;
    files.put("sys/fs/cgroup/a/cpu.stat", "usage_usec 1\n");
    files.put("sys/fs/cgroup/a/cpuset.cpus.effective", "0-3\n");
    cpu_source source;
    source.cgroup = "a";
    const auto cpus = [&] { return cpu_meter{source, {}, files.root()}.cpus(); };
    CHECK(cpus() == 4);
    source.cpus = 7;
    CHECK(cpus() == 7);
    source.cpus.reset();
    // The least quota counts, wherever it stands, in either version; none is none.
    files.put("sys/fs/cgroup/cpu.max", "250000 100000\n");
    CHECK(cpus() == 2.5);
    files.put("sys/fs/cgroup/a/cpu.max", "50000 100000\n");
    CHECK(cpus() == 0.5);
    files.put("sys/fs/cgroup/a/cpu.max", "300000 100000\n");
    CHECK(cpus() == 2.5);
    for (const auto* none : {"max 100000\n", "0 100000\n", "-1 100000\n", "1000 0\n"}) {
        files.put("sys/fs/cgroup/cpu.max", none);
        files.put("sys/fs/cgroup/a/cpu.max", none);
        CHECK(cpus() == 4);
    }
    files.put("sys/fs/cgroup/a/cpu.max", "");
    files.put("sys/fs/cgroup/a/cpu.cfs_quota_us", "150000\n");
    files.put("sys/fs/cgroup/a/cpu.cfs_period_us", "100000\n");
    CHECK(cpus() == 1.5);
    files.put("sys/fs/cgroup/a/cpu.cfs_quota_us", "-1\n");
    CHECK(cpus() == 4);
    constexpr int nobody = (1 << 22) + 1;  // no kernel numbers processes so high
    files.put("proc/" + std::to_string(nobody) + "/stat", stat_of(nobody, 1, 1, 0, 0));
    source = {};
    source.pid = nobody;
    CHECK(cpus() == std::nullopt);
}

TEST_CASE("a process's CPU time is read to the nanosecond, at a moment between call and answer") {
    clockid_t clock{};
    timespec used{};
    if (clock_getcpuclockid(getpid(), &clock) != 0 || clock_gettime(clock, &used) != 0) {
        MESSAGE("there is no such clock here");
        return;
    }
    const auto now = [&] {
        clock_gettime(clock, &used);
        return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
    };
    cpu_source source;
    source.pid = getpid();
    const cpu_meter meter{source, {}};
    const auto called = std::chrono::steady_clock::now();
    const auto before = now();
    const auto reading = std::get<cpu_reading>(meter.read());
    const auto answered = std::chrono::steady_clock::now();
    CHECK(reading.seconds >= before);
    rusage waited{};
    getrusage(RUSAGE_CHILDREN, &waited);
    constexpr double ticks = 0.05;  // the kernel's other count may be ahead by so much
    CHECK(reading.seconds <= now() + ticks + static_cast<double>(waited.ru_utime.tv_sec) +
                                 static_cast<double>(waited.ru_stime.tv_sec) + 2);
    CHECK(reading.at >= called);
    CHECK(reading.at <= answered);
}

TEST_CASE("this process's own CPU time grows by what it burns") {
    cpu_source source;
    source.pid = getpid();
    const cpu_meter meter{source, {}};
    CHECK(meter.cpus().value_or(0) > 0);
    const auto before = std::get<cpu_reading>(meter.read());
    volatile double sum = 0;
    for (int i = 0; i < 20'000'000; ++i) sum = sum + i;
    CHECK(std::get<cpu_reading>(meter.read()).seconds > before.seconds);
}

TEST_CASE("a cgroup is counted in both versions, with the least quota above it") {
    const tree files;
    files.put("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    files.put("sys/fs/cgroup/a/b/cpu.stat", "usage_usec 2500000\nuser_usec 1\n");
    files.put("sys/fs/cgroup/a/b/cgroup.procs", "");
    files.put("sys/fs/cgroup/old/cpuacct.usage", "1500000000\n");
    cpu_source source;
    for (const auto& name :
         {std::string{"a/b"}, std::string{"/a/b/"}, files.root() + "sys/fs/cgroup/a/b"}) {
        CAPTURE(name);
        source.cgroup = name;
        CHECK_NOTHROW(check_source(source, files.root()));
        const cpu_meter meter{source, {}, files.root()};
        CHECK(std::get<cpu_reading>(meter.read()).seconds == 2.5);
        CHECK(meter.cpus().value_or(9) <= 1.5);
    }
    source.cgroup = "old";
    CHECK(std::get<cpu_reading>(cpu_meter{source, {}, files.root()}.read()).seconds == 1.5);
    source.cgroup = "none";
    CHECK_THROWS_AS(check_source(source, files.root()), std::invalid_argument);
}

TEST_CASE("a page over HTTP is read, and what is wrong with it is said") {
    scripted_server good{page_reply("process_cpu_seconds_total 7\n")};
    const cpu_meter meter{page_of(good), {}};
    CHECK(std::get<cpu_reading>(meter.read()).seconds == 7);
    CHECK(meter.name().starts_with("process_cpu_seconds_total of http://"));
    CHECK_FALSE(std::get<cpu_reading>(meter.read()).sampled_at);
    scripted_server sampled{page_reply("process_cpu_seconds_total 7 1700000000500\n")};
    CHECK(std::get<cpu_reading>(cpu_meter{page_of(sampled), {}}.read()).sampled_at ==
          1'700'000'000.5);
    scripted_server bad{page_reply("up 1\n")};
    CHECK_THROWS_WITH_AS((cpu_meter{page_of(bad), {}}), doctest::Contains("the page has no series"),
                         std::runtime_error);
    scripted_server refusing{std::string{"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"}};
    CHECK_THROWS_WITH_AS((cpu_meter{page_of(refusing), {}}), doctest::Contains("status 401"),
                         std::runtime_error);
}

TEST_CASE("names, labels, numbers and times of a page are what its format allows") {
    const std::string name = "azAZ_:09";
    CHECK(samples_of(name + " 1\n", {name}).size() == 1);
    for (const auto* none : {"0a 1\n", "a-b 1\n", "@ 1\n", "[ 1\n", "` 1\n"})
        CHECK(samples_of(none, {std::string{none}.substr(0, std::string{none}.find(' '))}).empty());
    const auto problem = [](const std::string& line) {
        try {
            return std::to_string(samples_of(line, {"x"}).size());
        } catch (const std::invalid_argument& error) {
            return std::string{error.what()};
        }
    };
    CHECK(problem("x 1\n") == "1");
    CHECK(problem("x{\"y\"} 1\n") == "line 1: label \"y\" has no = behind its name");
    CHECK(problem("x{y} 1\n") == "line 1: label \"y\" has no = behind its name");
    CHECK(problem("x{=\"a\"} 1\n") == "line 1: a label has no name");
    for (const auto* wrong : {"1x", "0x", "0xg", "--1", "+-1", "nan(1)", "x", "-", "+"})
        CHECK(problem("\nx " + std::string{wrong}).ends_with("is no number"));
    CHECK(problem("x 1 99999999999999999\n").ends_with("is no timestamp"));
    CHECK(problem("x 1 9999999999999999\n") == "1");
    CHECK(problem("x 1 -99999999999999999\n").ends_with("is no timestamp"));
    CHECK(problem("x 1 2 3\n") == "line 1: something follows the timestamp");
    CHECK(problem("x\n") == "line 1: the value is missing");
    CHECK(samples_of("x 1 1.5e3\n", {"x"}).at(0).sampled_ms == 1'500'000);
}

TEST_CASE("five series are named in a message, and the others counted") {
    const auto told = [](int series) {
        std::string page;
        for (int i = 0; i < series; ++i)
            page += "process_cpu_seconds_total{job=\"" + std::to_string(i) + "\"} 1\n";
        return cpu_seconds_of(page, {}).problem;
    };
    CHECK(told(5).ends_with("process_cpu_seconds_total{job=\"4\"}"));
    CHECK(told(6).ends_with("process_cpu_seconds_total{job=\"4\"} and 1 more"));
    CHECK(cpu_seconds_of("process_cpu_seconds_total 0\n", {}).problem.empty());
    const auto all = cpu_seconds_of(
        "x{cpu=\"0\"} 1 3000\nx{cpu=\"1\"} 2 2000\nx{cpu=\"total\"} 4 5000\n", parse_selector("x"));
    CHECK(all.value == 4);
    const auto sum = cpu_seconds_of("x{cpu=\"0\"} 1 3000\nx{cpu=\"1\"} 2 2000\nx{cpu=\"2\"} 4\n",
                                    parse_selector("x"));
    CHECK(sum.value == 7);
    CHECK(sum.sampled_ms == 2000);
}
