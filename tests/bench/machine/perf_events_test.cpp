#include "bench/machine/perf_events.hpp"

#include <doctest/doctest.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace lanewise::bench;
namespace fs = std::filesystem;

namespace {

/// What the kernel itself counts, in place of a CPU's counters, which guests seldom show.
perf_event_set software() {
    return {{{"CPU time", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
             {"page faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
             {"major faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ},
             {"no such event", PERF_TYPE_SOFTWARE, 1'000'000}}};
}

/// Writes to so many pages that the system has not given yet: a page fault each.
void touch_pages(std::size_t count) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* memory =
        ::mmap(nullptr, count * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    ::madvise(memory, count * page, MADV_NOHUGEPAGE);
    for (std::size_t i = 0; i < count; ++i) static_cast<volatile char*>(memory)[i * page] = 1;
    ::munmap(memory, count * page);
}

/// Some systems and all emulators let nobody count.
bool may_count(const perf_events& events) {
    const auto hidden = events.not_counted();
    if (hidden.size() == 1 && hidden.front().starts_with("no such event:")) return true;
    for (const auto& clause : hidden) MESSAGE("Skipped: " << clause);
    return false;
}

}  // namespace

TEST_CASE("a thread's events are counted from start to stop, and no other thread's") {
    const perf_events events{software()};
    if (!may_count(events)) return;
    const auto counters = events.of_this_thread();
    touch_pages(1000);
    counters->start();
    touch_pages(200);
    std::jthread{[] { touch_pages(3000); }}.join();
    const auto found = counters->stop();
    touch_pages(1000);
    REQUIRE(found.instructions);
    CHECK(*found.instructions >= 200);  // page faults stand in that place
    CHECK(*found.instructions < 1000);
    REQUIRE(found.cycles);
    CHECK(*found.cycles > 0);
    CHECK(found.branch_misses == 0);  // major faults: none was needed
    // What this machine can't count is not known, and the others are all the same.
    CHECK(found.last_level_misses == std::nullopt);
}

TEST_CASE("counters that stop and start again count each stretch by itself") {
    const perf_events events{software()};
    if (!may_count(events)) return;
    const auto counters = events.of_this_thread();
    counters->start();
    touch_pages(2000);
    REQUIRE(counters->stop().instructions.value_or(0) >= 2000);
    counters->start();
    touch_pages(100);
    const auto second = counters->stop().instructions.value_or(0);
    CHECK(second >= 100);
    CHECK(second < 2000);
}

TEST_CASE("an event that can't be counted moves none of the others to its place") {
    if (!may_count(perf_events{software()})) return;
    auto moved = software();
    std::rotate(moved.begin() + 1, moved.end() - 1, moved.end());  // the second one is missing
    const perf_events events{moved};
    const auto counters = events.of_this_thread();
    counters->start();
    touch_pages(200);
    const auto found = counters->stop();
    CHECK(found.cycles.value_or(0) > 0);
    CHECK_FALSE(found.instructions);
    CHECK(found.branch_misses.value_or(0) >= 200);  // page faults stand in that place
    CHECK(found.last_level_misses == 0);            // and major ones in this
}

TEST_CASE("where no program ran, nothing was counted, and nothing is said") {
    const perf_events events{software()};
    if (!may_count(events)) return;
    const auto counters = events.of_programs();
    counters->start();
    const auto found = counters->stop();
    CHECK_FALSE(found.cycles);
    CHECK_FALSE(found.instructions);
}

TEST_CASE("counters that can't be opened count nothing, and say nothing false") {
    const perf_event_set none{{{"a", PERF_TYPE_SOFTWARE, 1'000'000},
                               {"b", PERF_TYPE_SOFTWARE, 1'000'001},
                               {"c", PERF_TYPE_SOFTWARE, 1'000'002},
                               {"d", PERF_TYPE_SOFTWARE, 1'000'003}}};
    const perf_events events{none};
    const auto hidden = events.not_counted();
    REQUIRE(hidden.size() == 1);
    CHECK(hidden.front().starts_with("a, b, c, d: "));
    for (const auto& counters : {events.of_this_thread(), events.of_programs()}) {
        counters->start();
        const auto found = counters->stop();
        CHECK(found.cycles == std::nullopt);
        CHECK(found.instructions == std::nullopt);
        CHECK(found.branch_misses == std::nullopt);
        CHECK(found.last_level_misses == std::nullopt);
    }
}

TEST_CASE("what forbids to count is named, with the setting that does") {
    const auto root = fs::temp_directory_path() / ("lanewise-perf-" + std::to_string(::getpid()));
    const auto paranoid = [&](const char* level) {
        fs::create_directories(root / "proc/sys/kernel");
        std::ofstream{root / "proc/sys/kernel/perf_event_paranoid"} << level << "\n";
    };
    const auto why = [&](int error) { return why_not_counted(error, root.string() + "/"); };
    paranoid("3");
    CHECK(why(EACCES) == "kernel.perf_event_paranoid is 3, 2 would allow it (EACCES)");
    CHECK(why(EPERM).find("seccomp") != std::string::npos);
    CHECK(why(EPERM).find("kernel.perf_event_paranoid is 3") != std::string::npos);
    paranoid("2");
    CHECK(why(EPERM).find("seccomp") != std::string::npos);
    CHECK(why(EPERM).find("paranoid") == std::string::npos);
    CHECK(why(EACCES) == "a security module forbids perf_event_open (EACCES)");
    for (const int error : {ENOENT, ENODEV, EOPNOTSUPP})
        CHECK(why(error).find("virtual machines") != std::string::npos);
    CHECK(why(ENOENT).find("ENOENT") != std::string::npos);
    CHECK(why(ENOSYS).find("emulator") != std::string::npos);
    CHECK(why(EMFILE).find("Too many open files") != std::string::npos);
    fs::remove_all(root);
    CHECK(why(EACCES) == "a security module forbids perf_event_open (EACCES)");
}

TEST_CASE("a program's events are counted, its children's too, and none of the thread that waits") {
    const perf_events events{software()};
    if (!may_count(events)) return;
    const auto counters = events.of_programs();
    counters->start();
    touch_pages(20'000);
    REQUIRE(std::system("true") == 0);
    const auto found = counters->stop();
    REQUIRE(found.instructions);
    CHECK(*found.instructions > 0);  // page faults stand in that place
    CHECK(*found.instructions < 20'000);
    CHECK(found.last_level_misses == std::nullopt);
}
