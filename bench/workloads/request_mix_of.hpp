// The way from a workload to what the load generator sends.
#pragma once

#include "bench/load/request_mix.hpp"
#include "workload_document.hpp"

namespace lanewise::bench::workloads {

/// One prepared request for each of the workload, with its weight and its successes.
[[nodiscard]] request_mix request_mix_of(document workload);

}  // namespace lanewise::bench::workloads
