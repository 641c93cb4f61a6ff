// One kernel call computed by several threads: the one that asks, and those of the pool that idle.
#pragma once

#include <cstddef>

#include "compute.hpp"
#include "kernels/catalogue.hpp"

namespace lanewise::server {

/// Runs all parts of a call; returns when the last one is done. Each part works in scratch_bytes of
/// call.scratch from its own multiple on. Never waits for a job that has not begun: what no idle
/// thread takes, the caller computes.
void split_run(const kernels::kernel& kernel, const kernels::arguments& call, std::size_t parts,
               std::size_t scratch_bytes, compute_pool& pool);

}  // namespace lanewise::server
