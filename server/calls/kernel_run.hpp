// The run of a kernel call that is planned: inputs decoded, computed, results encoded. Knows no
// sockets; runs on any thread.
#pragma once

#include <chrono>
#include <vector>

#include "call_plan.hpp"
#include "server/http/body_pool.hpp"
#include "server/http/reply.hpp"

namespace lanewise::server {

/// Decodes, computes, encodes. The body is the one that was planned for; `queued` is how long the
/// call waited for a thread.
outcome<reply> run_call(call_plan plan, const body_buffer& body, const kernel_runner& runner,
                        std::chrono::nanoseconds queued);

/// Measures every kernel of the active variant for a moment.
[[nodiscard]] std::vector<double> measure_kernels(body_pool& bodies);

}  // namespace lanewise::server
