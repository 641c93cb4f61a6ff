// Counters of what the CPU does meanwhile. Who measures is handed a source of them: the system's
// (perf_events), or a test's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/documents/thread_counts.hpp"

namespace lanewise::bench {

/// They belong to the thread that opened them.
class event_counters {
public:
    virtual ~event_counters() = default;
    virtual void start() = 0;
    [[nodiscard]] virtual event_counts stop() = 0;  ///< since start()
};

class event_source {
public:
    virtual ~event_source() = default;

    /// Of the calling thread.
    [[nodiscard]] virtual std::unique_ptr<event_counters> of_this_thread() const = 0;

    /// Of the programs that the calling thread starts from then on, with all that they start, and
    /// not of the thread itself. What a program counted is known once it has ended.
    [[nodiscard]] virtual std::unique_ptr<event_counters> of_programs() const = 0;

    /// What is not counted and what forbids it, a clause for each reason; empty: all is counted.
    [[nodiscard]] virtual std::vector<std::string> not_counted() const = 0;
};

}  // namespace lanewise::bench
