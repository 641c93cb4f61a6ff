// The replies of the connection that is at work on a thread, until they are written together; and
// what the metrics and the log will say of them then.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/endpoints/metrics.hpp"
#include "server/log/log.hpp"

namespace lanewise::server {

struct reply_batch {
    std::string bytes;

    /// One more reply is in it.
    void note(std::size_t route, int status, thread_metrics& metrics) {
        metrics.routes[route].by_class[static_cast<std::size_t>(status / 100 - 1)].add(1);
        routes.push_back(route);
    }

    /// Their durations are known now, when they are written.
    void note_written(std::chrono::nanoseconds duration, std::uint64_t connection,
                      thread_metrics& metrics, const logger& log) {
        for (const auto route : routes) metrics.routes[route].duration.observe(duration);
        routes.clear();
        if (!log_lines.empty()) log.access(log_lines, duration, connection);
    }

    /// Forgets them, where memory was used up.
    void clear() {
        bytes.clear();
        routes.clear();
        log_lines.clear();
    }

    std::vector<std::size_t> routes;
    answered_requests log_lines;  // where requests are logged
};

}  // namespace lanewise::server
