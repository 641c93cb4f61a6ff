// /metrics: what the server counts, and what it is, in Prometheus' text format or OpenMetrics'.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

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

/// Prometheus' text format 0.0.4, or OpenMetrics 1.0.0, which has exemplars.
enum class exposition_format : std::uint8_t { text, open_metrics };

/// OpenMetrics where an Accept field names it, in our version or none, and rates it no lower than
/// plain text; text for all others.
[[nodiscard]] exposition_format exposition_format_for(std::string_view accept);

/// All metrics.
[[nodiscard]] std::string exposition(const exposition_sources& from,
                                     exposition_format format = exposition_format::text);

}  // namespace lanewise::server
