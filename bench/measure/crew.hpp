// Threads that start together, each pinned to its hardware thread, each doing calls for the same
// time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/machine/event_counters.hpp"

namespace lanewise::bench {

/// Something to call again and again. It is made on the thread that runs it, so that its memory is
/// near.
class task {
public:
    virtual ~task() = default;
    virtual double call(std::int64_t times) = 0;  ///< returns the items done
    /// Seconds of all calls so far that are not of the work itself, such as a client's part.
    [[nodiscard]] virtual double seconds_beside() const { return 0; }
};

using task_maker = std::function<std::unique_ptr<task>()>;

struct crew_member {
    int cpu;
    task_maker make;
    std::int64_t batch = 0;  ///< calls between two looks at the clock; 0: not known yet
};

struct member_result {
    double items = 0;
    double seconds = 0;      ///< by the clock, for the work itself
    double elapsed = 0;      ///< by the clock, in all
    double cpu_seconds = 0;  ///< that the system gave to the thread meanwhile
    bool pinned = false;
    std::int64_t batch = 0;  ///< for the next time
    event_counts events;     ///< meanwhile, a client's part included
};

/// What each member did in at least `seconds`, all of them at once. Without a source of counters
/// nothing is counted.
[[nodiscard]] std::vector<member_result> run_together(const std::vector<crew_member>& members,
                                                      double seconds,
                                                      const event_source* events = nullptr);

}  // namespace lanewise::bench
