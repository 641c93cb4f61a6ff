// The http command's measurement: for each URL, in interleaved rounds, the most requests a second
// that it holds with p99 within a target and no errors, confirmed in a run of its own; and latency
// over load.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/documents/http_section.hpp"
#include "kernels/machine/machine.hpp"
#include "request_mix.hpp"
#include "server_cpu.hpp"
#include "tls_client.hpp"

namespace lanewise::bench {

/// One server, and what the user knows of the pool that it stands for.
struct http_pool {
    std::string url;
    std::string name;                      ///< empty: not named
    boost::json::value machine = nullptr;  ///< of a document, or null
    std::string instance;                  ///< empty: not named
    cpu_source cpu;
};

struct http_options {
    std::vector<http_pool> pools;
    prepared_request request;     ///< to each URL's own path
    request_mix workload;         ///< instead, where it holds any
    std::string workload_sha256;  ///< of the file that the workload came from
    tls_options tls;
    int requests_per_connection = 0;  ///< 0: as many as the server lets
    double p99_ms = 5;
    double seconds = 2;  ///< of one step; a confirming run takes three times as long
    int rounds = 3;
    std::optional<double> warm_up_seconds;  ///< before the first round; none: until it is steady
    int connections = 64;
    double rate_first = 1000;
    double rate_max = 10e6;
    std::vector<int> cpus;   ///< for the generator; empty: found
    bool curve = true;       ///< also latency over load
    std::string root = "/";  ///< where powercap is looked for
};

struct http_run {
    std::vector<http_entry> entries;  ///< one for each pool
    bool energy_readable = false;     ///< of this machine's packages
};

/// Measures the pools in turn; what was interrupted ends early, and what was measured is kept.
[[nodiscard]] http_run run_http(const machine::facts& facts, const std::string& node,
                                const http_options& options);

/// Runs, and fills the document's "http" and its "energy".
void put_http(boost::json::object& document, const machine::facts& facts, const std::string& node,
              const http_options& options);

}  // namespace lanewise::bench
