#include "unknown_variables.hpp"

#include <algorithm>

#include "program/nearest.hpp"

namespace lanewise::program {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr std::string_view prefix = "LANEWISE_";

constexpr std::string_view of_server[] = {
    "ACCESS_LOG",
    "ADDRESS",
    "BODIES_BYTES_MAX",
    "BODY_BYTES_MAX",
    "BODY_RATE_MIN",
    "CHUNK_HEAD_BYTES_MAX",
    "CHUNK_OVERHEAD_BYTES_MAX",
    "COMPUTE_THREADS",
    "CONNECTIONS_MAX",
    "CORS_ORIGIN",
    "DRAIN_DEADLINE_MS",
    "ELEMENTS_MAX",
    "FIELDS_MAX",
    "HEADER_TIMEOUT_MS",
    "HEAD_BYTES_MAX",
    "IDLE_TIMEOUT_MS",
    "INSTANCE",
    "ISA",
    "LOG_FORMAT",
    "METRICS_PORT",
    "NODE",
    "PENDING_BYTES_MAX",
    "PIPELINED_MAX",
    "POD",
    "PORT",
    "QUEUE_DEPTH_MAX",
    "REPORT",
    "REQUESTS_PER_CONNECTION_MAX",
    "SETTLE_MS",
    "THREADS",
    "TLS_CERT",
    "TLS_HANDSHAKES_MAX",
    "TLS_KEY",
    "TLS_PORT",
    "TOKEN_FILE",
    "TRAILER_BYTES_MAX",
    "WRITE_TIMEOUT_MS",
};

// Read by lanewise-bench, and by the scripts that build and measure.
constexpr std::string_view of_bench_and_scripts[] = {
    "POOL", "BENCH_PROGRAM", "POLL", "COMMIT", "MIRROR", "IMAGE_CACHE",
};

bool is_of_ours(std::string_view name) {
    const auto rest = name.substr(prefix.size());
    return rest.starts_with("TEST_") ||  // of our tests
           std::ranges::find(of_server, rest) != std::end(of_server) ||
           std::ranges::find(of_bench_and_scripts, rest) != std::end(of_bench_and_scripts);
}

// NAME_SERVICE_HOST, NAME_SERVICE_PORT[_WEB], NAME_PORT, NAME_PORT_80_TCP[_ADDR|_PORT|_PROTO].
bool is_service_link(std::string_view name, std::string_view value) {
    for (const char* scheme : {"tcp://", "udp://", "sctp://"}) {
        if (value.starts_with(scheme)) return true;
    }
    if (name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != name.npos) return true;
    for (const char* protocol : {"_TCP", "_UDP", "_SCTP"}) {
        const auto at = name.find(protocol);
        if (at == name.npos || at == 0 || !is_digit(name[at - 1])) continue;
        auto digits = at;
        while (digits > 0 && is_digit(name[digits - 1])) --digits;
        if (name.substr(0, digits).ends_with("_PORT_")) return true;
    }
    return false;
}

}  // namespace

std::span<const std::string_view> variables_of_server() {
    return of_server;
}

std::vector<std::string> warn_of_unknown_variables(const char* const* environment,
                                                   std::span<const std::string> known) {
    constexpr std::size_t name_bytes_max = 100;  // no setting's name is longer than a third of that
    std::vector<std::string> warnings;
    for (; environment != nullptr && *environment != nullptr; ++environment) {
        const std::string_view line = *environment;
        const auto name = line.substr(0, line.find('='));
        if (!name.starts_with(prefix) || std::ranges::find(known, name) != known.end() ||
            is_of_ours(name) ||
            is_service_link(name, line.substr(std::min(name.size() + 1, line.size()))))
            continue;
        const auto judged = name.substr(0, name_bytes_max);
        warnings.push_back(std::string{judged} + " is no setting: ignored; the nearest name is " +
                           program::closest(judged, known));
    }
    std::ranges::sort(warnings);
    return warnings;
}

}  // namespace lanewise::program
