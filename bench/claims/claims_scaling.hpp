// At which use of its CPUs a pool needs more pods, so that they are ready before p99 leaves its
// target. Pure functions of what documents say of servers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/figures/statistics.hpp"
#include "claims_load.hpp"

namespace lanewise::bench {

/// The autoscaler does nothing while usage is within a tenth of its target.
inline constexpr double autoscaler_tolerance = 0.1;

struct scaling_claims {
    double load_share = 0;                 ///< of the rate that held, at which scaling has to begin
    std::optional<double> busy_at_target;  ///< of its CPUs, at the rate that held
    std::optional<double> busy;            ///< of its CPUs, at load_share
    std::optional<interval> busy_range;    ///< lowest and highest of the nodes
    double cpus = 0;                       ///< of a node
    int cpu_millicores = 0;                ///< that a pod asks for
    int utilisation_percent = 0;           ///< of what a pod asks for: the autoscaler's target
    std::string undecided;                 ///< why there is no target; empty: there is one
};

/// CPU that is left for pods: less what the kubelet and the system keep (6 % of the first core, 1 %
/// of the second, 0.5 % of two more, 0.25 % of the others) and 150 m for what runs on every node.
[[nodiscard]] int millicores_for_pods(double cpus);

/// Use of its CPUs at a share of the rate that held, between the measured steps in a straight line;
/// nullopt: no step has CPU time.
[[nodiscard]] std::optional<double> busy_at(const load_claims& load, double share);

/// `headroom` is the share of the load that must be left: for a loss, and for the rise of the load
/// until a new pod is ready.
[[nodiscard]] scaling_claims scaling_of(std::span<const load_claims> nodes, double load_share,
                                        int pods_per_node);

}  // namespace lanewise::bench
