// What a service costs in CPU time, and how much of a node is left at its latency target: where SMT
// and whole cores part. Pure functions of what a document says of one server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/figures/statistics.hpp"
#include "claims_load.hpp"

namespace lanewise::bench {

/// Below this share of its CPUs at most, under more load than it holds, a server is held by
/// something else.
inline constexpr double cpu_busy_min = 0.8;

struct headroom_claims {
    std::optional<estimate> cpu_ms_per_request;     ///< at the rate that held, over rounds
    std::optional<estimate> utilisation_at_target;  ///< of its CPUs, at that rate
    std::optional<estimate> rate_at_full_use;  ///< requests a second ÷ utilisation, at that rate
    /// Utilisation between the highest rate that held and the lowest above it that did not: where
    /// p99 leaves its target.
    std::optional<estimate> utilisation_leaving;
    /// Work per CPU second at the target ÷ the same at a low load (the lowest step of the curve).
    /// Below 1: a busy CPU does less than its utilisation says, as with SMT.
    std::optional<double> of_linear;
    /// The most of its CPUs that it used under at least a tenth more load than it holds.
    std::optional<double> utilisation_max;
    /// Share of its CPUs' time that anybody used meanwhile, the most of a step, and without
    /// interrupts, which may have served the server; nothing where no step shows it.
    std::optional<double> cpus_busy_max, cpus_worked_max;

    [[nodiscard]] bool known() const { return cpu_ms_per_request.has_value(); }
    /// It was at its limit without using its CPUs, for others did: they share in its rate.
    [[nodiscard]] bool is_starved() const {
        return utilisation_max && *utilisation_max < cpu_busy_min &&
               cpus_worked_max.value_or(0) >= cpu_busy_min;
    }
    /// It was at its limit, and had CPU to spare: CPU is not what limits it.
    [[nodiscard]] bool has_cpu_to_spare() const {
        return utilisation_max && *utilisation_max < cpu_busy_min &&
               cpus_busy_max.value_or(0) < cpu_busy_min;
    }
};

[[nodiscard]] headroom_claims headroom_of(const load_claims& load);

/// "CPU is not what limits it: ...", or that other work does, with the figures; empty where neither
/// can be said.
[[nodiscard]] std::string what_limits(const headroom_claims& headroom);

/// The change of the rates over a run's rounds where it is beyond chance and beyond what counts as
/// a tie; the sentence of why that is not ranked. Empty: there is none.
[[nodiscard]] std::string trend_across_rounds(const load_claims& load);

}  // namespace lanewise::bench
