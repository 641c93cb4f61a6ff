// The replies of the connection that is at work on a thread, until they are written together; and
// what the metrics and the log will say of them then.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/endpoints/metrics.hpp"
#include "server/log/log.hpp"

namespace lanewise::server {

struct reply_batch {
    // Of the replies of one write, which share a duration: no bucket keeps more than one.
    static constexpr std::size_t traces_max = 8;

    std::string bytes;

    /// One more reply is in it.
    void note(std::size_t route, int status, thread_metrics& metrics) {
        metrics.routes[route].by_class[static_cast<std::size_t>(status / 100 - 1)].add(1);
        routes.push_back(route);
    }

    /// Its client records it, and may look for it: those beyond the bound take the last place.
    void note_trace(std::size_t route, const sampled_trace& trace) {
        if (trace_count < traces_max) ++trace_count;
        traces[trace_count - 1] = {route, trace};
    }

    /// Their durations are known now, when they are written.
    void note_written(std::chrono::nanoseconds duration, std::uint64_t connection,
                      thread_metrics& metrics, const logger& log) {
        for (const auto route : routes) metrics.routes[route].duration.observe(duration);
        routes.clear();
        if (trace_count > 0) note_exemplars(duration, metrics);
        if (!log_lines.empty()) log.access(log_lines, duration, connection);
    }

    /// Forgets them, where memory was used up.
    void clear() {
        bytes.clear();
        routes.clear();
        trace_count = 0;
        log_lines.clear();
    }

    std::vector<std::size_t> routes;
    answered_requests log_lines;  // where requests are logged

private:
    struct traced_reply {
        std::size_t route;
        sampled_trace trace;
    };

    void note_exemplars(std::chrono::nanoseconds duration, thread_metrics& metrics) {
        using namespace std::chrono;
        const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch());
        const auto bucket = duration_histogram::bucket_of(duration);
        for (std::size_t i = 0; i < trace_count; ++i)
            metrics.exemplars[traces[i].route][bucket].put({traces[i].trace, duration, now});
        trace_count = 0;
    }

    std::array<traced_reply, traces_max> traces;
    std::size_t trace_count = 0;
};

}  // namespace lanewise::server
