// Nodes and dollars over the peak rate, for plans and for the report of documents. Private to the
// report.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/claims/claims_plan.hpp"
#include "report.hpp"

namespace lanewise::bench {

struct planned_pools {
    std::string work;
    std::vector<pool_plan> pools;
};

/// Of each served work the pools that may be planned, for the peak of one node.
[[nodiscard]] std::vector<planned_pools> planned_pools_of(std::span<const work_claims> works,
                                                          const plan_request& asked);

/// Nodes and dollars a month at rising peaks, a pool beside the other.
[[nodiscard]] report_table peaks_table(const planned_pools& planned, const plan_request& asked);

/// The same as two charts, in whose lines each step is seen.
[[nodiscard]] std::vector<report_chart> peaks_charts(const planned_pools& planned,
                                                     const plan_request& asked);

}  // namespace lanewise::bench
