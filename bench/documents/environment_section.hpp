// A document's "environment": what the system counted before and after a run, and what of it
// disturbed the run.
#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    std::optional<std::string> governor;  ///< of the clock; none: no frequency driver
};
BOOST_DESCRIBE_STRUCT(snapshot, (),
                      (seconds, steal_seconds, throttled_periods, throttled_seconds,
                       cpu_pressure_seconds, memory_pressure_seconds, io_pressure_seconds,
                       switches_involuntary, switches_voluntary, clock_ghz, load_average, governor))

struct disturbance {
    std::string kind;  ///< emulation, throttling, steal, frequency, pressure, interruption
    double value = 0;
    double bound = 0;  ///< the value above which it is one
    bool bars_ranking = false;
    std::string text;  ///< a sentence with the figure
};
BOOST_DESCRIBE_STRUCT(disturbance, (), (kind, value, bound, bars_ranking, text))

struct environment_section {
    static constexpr std::string_view key = "environment";
    snapshot before, after;
    std::vector<disturbance> disturbances;
};
BOOST_DESCRIBE_STRUCT(environment_section, (), (before, after, disturbances))

}  // namespace lanewise::bench
