#include "crew.hpp"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <ctime>
#include <exception>
#include <thread>

#include "bench/machine/pinning.hpp"

namespace lanewise::bench {
namespace {

using clock = std::chrono::steady_clock;

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double since(clock::time_point start) {
    return std::chrono::duration<double>(clock::now() - start).count();
}

/// Calls between two looks at the clock: about a twentieth of the time, and at least one.
std::int64_t batch_of(task& work, double seconds) {
    std::int64_t calls = 1;
    for (;;) {
        const auto start = clock::now();
        work.call(calls);
        if (since(start) > seconds / 20 || calls > std::int64_t{1} << 40) return calls;
        calls *= 2;
    }
}

}  // namespace

std::vector<member_result> run_together(const std::vector<crew_member>& members, double seconds,
                                        const event_source* events) {
    std::vector<member_result> results(members.size());
    std::vector<std::exception_ptr> failures(members.size());
    std::barrier start{static_cast<std::ptrdiff_t>(members.size())};
    const auto work_on = [&](std::size_t index) {
        auto& result = results[index];
        try {
            result.pinned = pin_to(members[index].cpu);
            const auto work = members[index].make();
            const auto counters = events ? events->of_this_thread() : nullptr;
            // Each calibrates while all do, as crowded as in the measurement.
            start.arrive_and_wait();
            const auto batch =
                members[index].batch > 0 ? members[index].batch : batch_of(*work, seconds);
            result.batch = batch;
            start.arrive_and_wait();
            if (counters) counters->start();
            const double cpu_before = cpu_seconds();
            const double beside_before = work->seconds_beside();
            const auto begin = clock::now();
            do {
                result.items += work->call(batch);
                result.elapsed = since(begin);
            } while (result.elapsed < seconds);
            result.seconds = result.elapsed - (work->seconds_beside() - beside_before);
            result.cpu_seconds = cpu_seconds() - cpu_before;
            if (counters) result.events = counters->stop();
            start.arrive_and_drop();
        } catch (...) {
            failures[index] = std::current_exception();
            start.arrive_and_drop();
        }
    };
    {
        std::vector<std::jthread> threads;
        threads.reserve(members.size());
        for (std::size_t i = 0; i < members.size(); ++i) threads.emplace_back(work_on, i);
    }
    for (const auto& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
    return results;
}

}  // namespace lanewise::bench
