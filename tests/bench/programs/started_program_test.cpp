#include "bench/programs/started_program.hpp"

#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "bench/programs/descendants.hpp"
#include "bench/programs/work_reader.hpp"

using namespace lanewise::bench;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;

/// Not readable until the test says so.
struct stop_word {
    int file = ::eventfd(0, EFD_CLOEXEC);
    ~stop_word() { ::close(file); }
};

program_image shell(const std::string& line, const std::string& directory = "") {
    return {"/bin/sh", {"sh", "-c", line}, {"LANEWISE_COPY=7"}, directory};
}

struct finished {
    run_end end;
    std::string output, errors;
};

finished run(const std::string& line, std::chrono::duration<double> within = patience) {
    const stop_word stop;
    program_outputs outputs;
    const auto image = shell(line);
    const auto end = run_program(image, outputs, within, stop.file);
    return {end, outputs.output().text(), outputs.errors().text()};
}

long largest_memory_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

}  // namespace

TEST_CASE("a run keeps its exit status, its output and the end of its errors") {
    const auto done = run("echo some words; echo trouble >&2; exit 3");
    CHECK(done.end.status == 3);
    CHECK(done.end.why == run_end::reason::ended);
    CHECK_FALSE(done.end.signal);
    CHECK(done.output == "some words\n");
    CHECK(done.errors == "trouble\n");
    CHECK(done.end.seconds > 0);
    CHECK(done.end.memory_bytes_max > 0);
}

TEST_CASE("a run that a signal ends has no exit status") {
    const auto done = run("kill -9 $$");
    CHECK(done.end.signal == SIGKILL);
    CHECK_FALSE(done.end.status);
}

TEST_CASE("CPU time counts the processes that a run waited for") {
    const auto done = run("sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'");
    CHECK(done.end.status == 0);
    CHECK(done.end.cpu_seconds > 0);
}

TEST_CASE("a run that does not end is killed at its deadline, with its children") {
    adopt_orphans();
    const auto done = run("sleep 1000 & sleep 1000", 0.05s);
    CHECK(done.end.why == run_end::reason::late);
    CHECK(done.end.signal == SIGKILL);
    while (!running_descendants().empty()) reap_orphans();
}

TEST_CASE("a run that writes without an end meets its deadline") {
    const auto done = run("yes; :", 0.2s);
    CHECK(done.end.why == run_end::reason::late);
    CHECK(done.output.size() <= 2 * output_tail::bytes_max);
}

TEST_CASE("a run that forks and dies leaves nothing of its group behind") {
    adopt_orphans();
    const auto done = run("sleep 1000 & exit 0");
    CHECK(done.end.status == 0);
    while (!running_descendants().empty()) reap_orphans();
}

TEST_CASE("what leaves its group and session is adopted, found and ended") {
    adopt_orphans();
    const auto done = run("setsid sh -c 'setsid sleep 1000 & exit 0' & wait; exit 0");
    CHECK(done.end.status == 0);
    CHECK_FALSE(running_descendants().empty());
    CHECK(end_descendants());
    CHECK(running_descendants().empty());
    CHECK(reap_orphans().count > 0);
}

TEST_CASE("a gigabyte of output takes no memory, and its end is kept") {
    const auto before = largest_memory_kib();
    const auto done = run("head -c 1000000000 /dev/zero; echo the end");
    CHECK(done.end.status == 0);
    CHECK(done.output.ends_with("the end\n"));
    CHECK(done.output.size() <= 2 * output_tail::bytes_max + (64 << 10));
    CHECK(largest_memory_kib() - before < 8 << 10);
}

TEST_CASE("a run's standard input is empty, and its directory and variables are what was asked") {
    const stop_word stop;
    program_outputs outputs;
    const auto image = shell("cat; pwd; echo $LANEWISE_COPY", "/");
    CHECK(run_program(image, outputs, patience, stop.file).status == 0);
    CHECK(outputs.output().text() == "/\n7\n");
}

TEST_CASE("a run is stopped by a word from outside") {
    const stop_word stop;
    const std::uint64_t one = 1;
    REQUIRE(::write(stop.file, &one, sizeof one) == sizeof one);
    program_outputs outputs;
    const auto image = shell("sleep 1000");
    CHECK(run_program(image, outputs, patience, stop.file).why == run_end::reason::stopped);
}

TEST_CASE("what one run wrote is not taken for the next one's") {
    const stop_word stop;
    program_outputs outputs;
    for (const auto* word : {"first", "second"}) {
        const auto image = shell(std::string{"echo "} + word);
        CHECK(run_program(image, outputs, patience, stop.file).status == 0);
        CHECK(outputs.output().text() == std::string{word} + "\n");
    }
}

TEST_CASE("what is no program can't be started, and the reason is named") {
    const stop_word stop;
    program_outputs outputs;
    const program_image image{"/nowhere/at/all", {"all"}, {}, ""};
    CHECK_THROWS_WITH_AS((void)run_program(image, outputs, patience, stop.file),
                         "/nowhere/at/all: No such file or directory", std::system_error);
}

TEST_CASE("a program is found as a shell finds it") {
    CHECK(find_program("sh", "").value_or("").ends_with("/sh"));
    CHECK_FALSE(find_program("no-such-program-anywhere", ""));
    CHECK_FALSE(find_program("", ""));
    CHECK_FALSE(find_program("/etc/passwd", ""));
    CHECK(find_program("./sh", "/bin") == "/bin/./sh");
    CHECK_FALSE(find_program("/bin", ""));
}

TEST_CASE("work is the number of the last match, of its first group where it has one") {
    CHECK(work_reader{"[0-9]+ frames"}.read("12 frames") == std::nullopt);
    CHECK(work_reader{"([0-9]+) frames"}.read("12 frames\n240 frames in 3 s") == 240);
    CHECK(work_reader{"[0-9.]+"}.read("rate 2.5") == 2.5);
    CHECK(work_reader{"total: (\\S+)"}.read("total: 1e3\n") == 1000);
}

TEST_CASE("what is no number above 0 is no work") {
    const work_reader reader{"total: (\\S*)"};
    for (const auto* text :
         {"", "total: ", "total: 0", "total: -3", "total: nan", "total: inf", "total: 12x",
          "total: 1e400", "total: 1e30", "total: 1e-30", "Total: 5"}) {
        CAPTURE(text);
        CHECK(reader.read(text) == std::nullopt);
    }
}

TEST_CASE("an expression that can't be read is refused in a sentence") {
    CHECK_THROWS_WITH_AS(work_reader{"([0-9]+"}, doctest::Contains("is no regular expression"),
                         std::invalid_argument);
}

TEST_CASE("an expression that takes too many steps finds nothing") {
    CHECK(work_reader{"(a*)*(a*)*(a*)*b$"}.read(std::string(60'000, 'a')) == std::nullopt);
}

TEST_CASE("an orphan's CPU time is told when it is reaped") {
    constexpr double at_least = 0.01;
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto used = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
        for (const auto start = used(); used() < start + 2 * at_least;) {
        }
        ::_exit(0);
    }
    siginfo_t ended{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) == 0);
    const auto found = reap_orphans();
    CHECK(found.count >= 1);  // and who is left of the tests before
    CHECK(found.cpu_seconds >= at_least);
}
