// Pinning on machines that this one is not: the two system calls are played by a stand-in, which
// answers as Linux does on a machine of as many hardware threads as a test asks for.
#include <doctest/doctest.h>
#include <sched.h>

#include <atomic>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "bench/documents/document.hpp"
#include "bench/machine/measured_machine.hpp"
#include "bench/machine/pinning.hpp"
#include "bench/measure/crew.hpp"
#include "bench/measure/kernel_runs.hpp"
#include "bench/report/report.hpp"
#include "kernels/machine/affinity.hpp"

namespace {

enum class answer { obey, refuse, pretend };

std::atomic<int> threads_of_machine{1280};
std::atomic<answer> answers{answer::obey};
thread_local std::vector<int> allowed_here;  // empty: all

std::vector<int> all_of_machine() {
    std::vector<int> cpus;
    for (int cpu = 0; cpu < threads_of_machine; ++cpu) cpus.push_back(cpu);
    return cpus;
}

}  // namespace

// The linker takes these before the C library's.
extern "C" int sched_getaffinity(pid_t, std::size_t bytes, cpu_set_t* set) noexcept {
    if (bytes * 8 < static_cast<std::size_t>(threads_of_machine)) {
        errno = EINVAL;
        return -1;
    }
    std::memset(set, 0, bytes);
    for (const int cpu : allowed_here.empty() ? all_of_machine() : allowed_here)
        CPU_SET_S(static_cast<std::size_t>(cpu), bytes, set);
    return 0;
}

extern "C" int sched_setaffinity(pid_t, std::size_t bytes, const cpu_set_t* set) noexcept {
    if (answers == answer::refuse) {
        errno = EPERM;
        return -1;
    }
    std::vector<int> wanted;
    for (std::size_t cpu = 0; cpu < bytes * 8; ++cpu) {
        if (CPU_ISSET_S(cpu, bytes, set) && cpu < static_cast<std::size_t>(threads_of_machine))
            wanted.push_back(static_cast<int>(cpu));
    }
    if (wanted.empty()) {
        errno = EINVAL;
        return -1;
    }
    if (answers == answer::obey) allowed_here = wanted;
    return 0;
}

namespace {

namespace bench = lanewise::bench;
namespace machine = lanewise::machine;

/// A machine for the time of one test, seen from a thread that may run on all of it.
struct stand_in {
    explicit stand_in(int threads, answer how = answer::obey) {
        threads_of_machine = threads;
        answers = how;
        allowed_here.clear();
    }
};

class idle_task final : public bench::task {
public:
    double call(std::int64_t times) override { return static_cast<double>(times); }
};

bench::crew_member on(int cpu) {
    return {cpu, [] { return std::make_unique<idle_task>(); }, 1};
}

std::string note_of_kernels(int cpu) {
    machine::facts facts;
    facts.caches = {{1, 8 << 10, 1}};
    facts.memory_bytes = std::uint64_t{64} << 20;
    facts.cpuset = {0, cpu};
    bench::kernel_run_options options;
    options.kernels = {"dot_f32"};
    options.variant = "portable";
    options.quick = true;
    options.repetitions = 1;
    options.seconds = 0.0001;
    auto content = bench::new_document(std::vector<std::string>{"lanewise-bench", "run"});
    bench::put_machine(content, machine::read(LANEWISE_TEST_DATA "/machines/epyc-guest", "x86_64"),
                       {});
    content["kernels"] = bench::run_kernels(facts, options);
    auto parsed = bench::parse_document("a.json", bench::document_text(content));
    REQUIRE(std::holds_alternative<bench::document>(parsed));
    const auto made = bench::make_report({{std::get<bench::document>(parsed)}, {}});
    for (const auto& table : made.tables) {
        if (table.title.starts_with("Kernels on ")) return table.note;
    }
    return "no table of kernels";
}

}  // namespace

TEST_CASE("every hardware thread is seen and can be pinned to, whatever the machine's size") {
    for (const int threads : {1, 64, 1023, 1024, 1025, 1280, 4096, 8192}) {
        CAPTURE(threads);
        const stand_in large{threads};
        REQUIRE(machine::allowed_cpus().size() == static_cast<std::size_t>(threads));
        CHECK(machine::allowed_cpus().back() == threads - 1);
        for (const int cpu : {0, threads / 2, threads - 1}) {
            CHECK(bench::pin_to(cpu));
            CHECK(machine::allowed_cpus() == std::vector{cpu});
        }
        CHECK_FALSE(bench::pin_to(threads));
        CHECK_FALSE(bench::pin_to(-1));
        CHECK_FALSE(machine::confine_to(all_of_machine()));
        CHECK(machine::allowed_cpus().size() == static_cast<std::size_t>(threads));
    }
    CHECK(machine::confine_to({}));
}

TEST_CASE("the threads of a sweep run where they were placed, beyond 1,024 too") {
    const stand_in large{1280};
    for (const auto& result : bench::run_together({on(0), on(1024), on(1279)}, 0.0001))
        CHECK(result.pinned);
    CHECK_FALSE(bench::run_together({on(1280)}, 0.0001).front().pinned);
}

TEST_CASE("a refusal is no pinning, nor is a yes that changes nothing") {
    for (const auto how : {answer::refuse, answer::pretend}) {
        const stand_in sandbox{8, how};
        CHECK_FALSE(bench::pin_to(3));
        CHECK_FALSE(bench::run_together({on(3)}, 0.0001).front().pinned);
    }
}

TEST_CASE("the report says where the kernels ran, not where they were meant to") {
    {
        const stand_in large{1280};
        CHECK(note_of_kernels(1279).starts_with("One thread, pinned to hardware thread 1279."));
        CHECK(machine::allowed_cpus().size() == 1280);
    }
    const stand_in sandbox{1280, answer::refuse};
    CHECK(note_of_kernels(1279).starts_with("One thread, not pinned: the system refused"));
}
