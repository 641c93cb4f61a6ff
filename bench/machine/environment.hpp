// What disturbed a run: counters of the system before and after, and which of their differences bar
// a ranking.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kernels/machine/machine.hpp"

namespace lanewise::bench {

/// Counters at one moment; what the system does not show is nullopt.
struct snapshot {
    double seconds = 0;  ///< monotonic
    std::optional<double>
        steal_seconds;  ///< CPU time that the hypervisor gave to others, over the cpuset
    std::optional<double>
        throttled_periods;  ///< the cgroups' bandwidth periods that ended in a stop
    std::optional<double> throttled_seconds;
    std::optional<double> cpu_pressure_seconds;  ///< PSI "some": a task waited for a CPU
    std::optional<double> memory_pressure_seconds;
    std::optional<double> io_pressure_seconds;
    double switches_involuntary = 0;  ///< of this process
    double switches_voluntary = 0;
    std::optional<double>
        clock_ghz;  ///< by a chain of dependent additions, so boost and idle states show
    std::optional<double> load_average;
    std::string governor;  ///< empty: no frequency driver
};

/// Reads files below root; the clock is measured on the thread that calls, in about 5 ms, unless it
/// is told not to.
[[nodiscard]] snapshot observe(const machine::facts& facts, const std::string& root = "/",
                               bool measure_clock = true);

struct disturbance {
    std::string kind;  ///< emulation, throttling, steal, frequency, pressure, interruption
    double value;
    double bound;  ///< the value above which it is one
    bool bars_ranking;
    std::string text;  ///< a sentence with the figure
};

/// What happened between two snapshots. Emulation is one of them from the start.
[[nodiscard]] std::vector<disturbance> disturbances(const machine::facts& facts,
                                                    const snapshot& before, const snapshot& after);

/// The document's "environment"; each null gets its reason in "notes".
void put_environment(boost::json::object& document, const machine::facts& facts,
                     const snapshot& before, const snapshot& after);

}  // namespace lanewise::bench
