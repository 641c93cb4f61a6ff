// /metrics: what the server counts, and what it is, in Prometheus' text format.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "kernels/machine/machine.hpp"
#include "metrics.hpp"
#include "server/calls/compute.hpp"
#include "server/http/body_pool.hpp"
#include "server/log/log.hpp"
#include "server/settings/config.hpp"

namespace lanewise::server {

/// Where the numbers come from.
struct exposition_sources {
    std::span<const std::unique_ptr<thread_metrics>> threads;
    const config& settings;
    const machine::facts& machine;
    const logger& log;
    const body_pool& bodies;
    const compute_pool& compute;
    bool ready;
    double started_seconds;                    // since 1970
    std::int64_t certificate_expires_seconds;  // since 1970; 0 without TLS
};

/// All metrics in Prometheus' text format, version 0.0.4.
[[nodiscard]] std::string exposition(const exposition_sources& from);

}  // namespace lanewise::server
