// Whether a pod may go to nodes of an architecture, by the scheduler's rules: node selector, node
// affinity, taints. Pure functions.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads.hpp"

namespace lanewise::bench::cluster {

enum class verdict : std::uint8_t { yes, no, unknown };

/// The worse of both: "no" beats "unknown" beats "yes".
[[nodiscard]] verdict both(verdict one, verdict other) noexcept;

struct placement {
    verdict selected = verdict::unknown;   ///< by node selector, affinity and node name
    std::vector<std::string> pins;         ///< what keeps it off, where selected is not yes
    verdict tolerated = verdict::unknown;  ///< on a node that is selected
    std::vector<node_taint> untolerated;   ///< of the node that needs the fewest tolerations
};

/// Where the cluster has no node of the architecture, only what a node of it must say is known.
[[nodiscard]] placement place(const boost::json::value& pod, std::span<const cluster_node> nodes,
                              std::string_view architecture);

}  // namespace lanewise::bench::cluster
