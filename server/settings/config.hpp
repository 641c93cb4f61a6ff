// Every setting of the server: limits, deadlines, names. Each has a flag --name and a variable
// LANEWISE_NAME.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::server {

/// All addresses of both families; of IPv4 alone where the kernel has no IPv6.
inline constexpr const char* every_address = "::";

struct config {
    std::string address = every_address;  // one or more, separated by commas
    std::uint64_t port = 8080;
    std::uint64_t metrics_port = 0;  // 0: metrics are on the port of all
    std::uint64_t tls_port = 8443;   // where tls_cert is set
    std::uint64_t threads = 0;  // 0: as many as the cpuset and the cgroup quota let run at once
    std::uint64_t compute_threads = 0;  // 0: likewise
    std::string isa;                    // empty: the best that runs here

    std::string node, pod, instance;  // empty: host name, host name, what DMI says

    std::uint64_t connections_max = 16'384;
    std::uint64_t tls_handshakes_max = 1'024;
    std::uint64_t requests_per_connection_max = 0;  // 0: without bound
    std::uint64_t pipelined_max = 64;
    std::uint64_t head_bytes_max = 32 << 10;
    std::uint64_t fields_max = 100;
    std::uint64_t chunk_head_bytes_max = 256;
    std::uint64_t trailer_bytes_max = 4 << 10;
    std::uint64_t chunk_overhead_bytes_max = 16 << 10;
    std::uint64_t body_bytes_max = 64 << 20;
    std::uint64_t bodies_bytes_max = 512 << 20;
    std::uint64_t pending_bytes_max = 64 << 20;
    std::uint64_t elements_max = 1 << 26;

    std::uint64_t header_timeout_ms = 10'000;
    std::uint64_t body_rate_min = 1'024;  // bytes per second
    std::uint64_t idle_timeout_ms = 75'000;
    std::uint64_t write_timeout_ms = 30'000;

    std::uint64_t queue_depth_max = 0;  // 0: 4 for each compute thread

    std::uint64_t settle_ms = 3'000;
    std::uint64_t drain_deadline_ms = 25'000;

    std::string tls_cert, tls_key;  // empty: no TLS
    std::string token_file;         // empty: the kernels are open to all
    std::string cors_origin;        // empty: no page of another origin may read replies
    std::string report;             // empty: nothing at /report
    bool access_log = false;
    bool log_json = false;

    bool healthcheck = false;           // ask the server on this host whether it is ready, and exit
    std::vector<std::string> warnings;  // what was ignored while reading, one line each
    std::map<std::string, std::string, std::less<>> sources;  // of what was given, by its name

    /// What a message names a setting by: the flag or the variable that gave it, else its flag.
    [[nodiscard]] std::string source_of(std::string_view name) const;
};

/// Bad usage: what() is the line for stderr, the program exits with 2.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// --help or --version was asked: what() is the text for stdout, the program exits with 0.
struct usage_text : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Flags first, then LANEWISE_ variables, then the conventional variables, then the defaults above.
[[nodiscard]] config read_config(int argc, const char* const* argv);

}  // namespace lanewise::server
