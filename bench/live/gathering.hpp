// From a Prometheus' answers to a document's "live": counters taken as differences of what each
// process said, resets and gaps named.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/documents/live_section.hpp"
#include "presets.hpp"
#include "prometheus.hpp"

namespace lanewise::bench::live {

/// Asks one question; a stand-in for a Prometheus in tests.
using ask_range = std::function<range_answer(const std::string& promql, const time_range& over)>;

struct gather_options {
    preset series;
    std::string matchers;             ///< more of them, for every selector
    std::string baseline, candidate;  ///< pools; empty: the one that is x86, the one that is Arm
    double start = 0;                 ///< of the first window
    double window_seconds = 60;
    std::size_t windows = 0;
};

/// Throws prometheus_failure where nothing usable came, std::invalid_argument where the pools must
/// be named.
[[nodiscard]] live_section gather(const gather_options& options, const ask_range& ask);

/// Nodes of a pool: by instance type, how many there were on average.
struct pool_nodes {
    std::map<std::string, double> by_instance;
    double usd_per_hour = 0;  ///< what OpenCost says; 0: nothing
};

/// What kube-state-metrics and OpenCost say of the nodes of an architecture. Empty where the
/// Prometheus has neither.
[[nodiscard]] std::map<std::string, pool_nodes> nodes_seen(const gather_options& options,
                                                           const ask_range& ask);

}  // namespace lanewise::bench::live
