// Which nodes a run measures on, and from which node the load comes. Pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/documents/gaps_section.hpp"
#include "workloads.hpp"

namespace lanewise::bench::cluster {

/// A label of nodes, as in lanewise/role=bench.
struct node_label {
    std::string key, value;

    [[nodiscard]] bool fits(const cluster_node& node) const;
    [[nodiscard]] std::string text() const { return key + "=" + value; }
};

/// Throws std::invalid_argument where it is no KEY=VALUE.
[[nodiscard]] node_label parse_node_label(const std::string& option, const std::string& text);

struct measured_node {
    cluster_node node;
    std::string pool;  ///< the instance type, else the architecture

    /// "m7g.2xlarge, node arm-1"
    [[nodiscard]] std::string title() const;
};

struct node_choice {
    std::vector<measured_node> bench;  ///< sorted by pool and name
    std::optional<cluster_node> load;
    std::vector<measuring_gap> gaps;  ///< nodes that can't be measured, and pools without any
};

[[nodiscard]] node_choice choose_nodes(std::span<const cluster_node> nodes, const node_label& bench,
                                       const node_label& load);

}  // namespace lanewise::bench::cluster
