// A document's "http": what a load generator saw of servers, an entry for each.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "typed.hpp"

namespace lanewise::bench {

struct http_failure {
    std::string what;
    std::uint64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(http_failure, (), (what, count))

/// Some seconds of load at one rate. What is optional here is missing in older documents, or was
/// not to be known.
struct http_step {
    std::optional<double> rate;  ///< intended; none in a closed loop
    double achieved = 0;         ///< successes a second
    double seconds = 0;          ///< that count
    std::uint64_t requests = 0, errors = 0;
    std::vector<http_failure> failures;  ///< what came in place of a success
    std::uint64_t late = 0;              ///< sent late by the generator's own fault
    std::optional<std::uint64_t> repeated;
    std::optional<std::uint64_t> bytes_sent, bytes_received;
    std::optional<std::uint64_t> connections_opened, sessions_resumed;
    std::optional<double> opening_p50_ms, opening_p99_ms;
    double mean_ms = 0, p50_ms = 0, p90_ms = 0, p99_ms = 0, p999_ms = 0, max_ms = 0;
    std::optional<double> joules_per_request;
    std::optional<double> cpu_seconds;  ///< the server's, over cpu_window_seconds
    std::optional<double> cpu_window_seconds;
    std::optional<double> cpu_ms_per_request;  ///< of all requests, those of the warming up too
    std::optional<double> cpu_utilisation;     ///< share of the CPUs that it may use
    std::optional<double> cpus_busy;        ///< share of the time of those CPUs that anybody used
    std::optional<double> cpus_interrupts;  ///< of that, interrupts
    std::string verdict;  ///< "held", "too slow", "errors", "generator", "closed loop"
};
BOOST_DESCRIBE_STRUCT(http_step, (),
                      (rate, achieved, seconds, requests, errors, failures, late, repeated,
                       bytes_sent, bytes_received, connections_opened, sessions_resumed,
                       opening_p50_ms, opening_p99_ms, mean_ms, p50_ms, p90_ms, p99_ms, p999_ms,
                       max_ms, joules_per_request, cpu_seconds, cpu_window_seconds,
                       cpu_ms_per_request, cpu_utilisation, cpus_busy, cpus_interrupts, verdict))

struct http_round {
    int round = 0;
    std::optional<double> rate_at_target;  ///< none: no rate was confirmed
    bool bound_by_generator = false;
    std::optional<http_step> confirmed;
    std::vector<http_step> steps;
};
BOOST_DESCRIBE_STRUCT(http_round, (), (round, rate_at_target, bound_by_generator, confirmed, steps))

struct http_asked {
    std::string method, target;
    std::vector<std::string> fields;  ///< names; values may be secrets
    std::uint64_t body_bytes = 0;
    std::string success;  ///< statuses, "200-299, 404"
    double weight = 1;
};
BOOST_DESCRIBE_STRUCT(http_asked, (), (method, target, fields, body_bytes, success, weight))

struct http_address {
    std::string address;
    std::optional<std::string> left_out;  ///< why; none: it was used
};
BOOST_DESCRIBE_STRUCT(http_address, (), (address, left_out))

struct http_protection {
    std::string protection;  ///< "TLSv1.3, TLS_AES_256_GCM_SHA384"
    bool verified = true;
    std::optional<std::string> ca;  ///< a file; none: the system's
    bool resumption = true;
};
BOOST_DESCRIBE_STRUCT(http_protection, (), (protection, verified, ca, resumption))

struct http_generator {
    int connections = 0;
    std::vector<int> cpus;
    bool local = false;
    bool shared = false;  ///< it may run on a core of the server's
    std::string pinning;
};
BOOST_DESCRIBE_STRUCT(http_generator, (), (connections, cpus, local, shared, pinning))

/// Where the server's CPU time was read.
struct http_cpu {
    std::string source;
    std::optional<double> cpus;          ///< that the server may use
    std::optional<std::string> unknown;  ///< why a step has no CPU time, of the first that has none
};
BOOST_DESCRIBE_STRUCT(http_cpu, (), (source, cpus, unknown))

/// What came before the first round, in windows of equal length.
struct http_warm_up {
    double seconds = 0;
    bool steady = false;  ///< by a test on the last windows; false where it was not looked at
    bool given = false;   ///< its length was the user's
    std::vector<double> achieved, p99_ms;  ///< by window
};
BOOST_DESCRIBE_STRUCT(http_warm_up, (), (seconds, steady, given, achieved, p99_ms))

struct http_entry {
    std::string url;
    std::optional<std::string> pool;   ///< as the user named it
    std::vector<http_asked> requests;  ///< the first of them; empty: a GET of the URL's path
    std::optional<std::uint64_t> request_count;
    std::optional<std::string> workload_sha256;  ///< of the workload's file; none: by flags
    std::vector<http_address> addresses;
    std::optional<http_protection> tls;  ///< none: plain HTTP
    int requests_per_connection = 0;     ///< 0: as many as the server let
    bool closed_loop = false;
    std::optional<double> target_p99_ms;
    boost::json::value server;            ///< what its /v1/identity says, or null
    boost::json::value machine;           ///< what the user knows of it, or null
    std::optional<std::string> instance;  ///< as the user named it
    std::optional<std::string> node;      ///< that the server ran on, by who put it there
    http_generator generator;
    std::optional<http_cpu> cpu;          ///< none: not asked for
    std::optional<http_warm_up> warm_up;  ///< none: there was none
    std::vector<http_round> rounds;
    std::vector<http_step> curve;  ///< latency over load
};
BOOST_DESCRIBE_STRUCT(http_entry, (),
                      (url, pool, requests, request_count, workload_sha256, addresses, tls,
                       requests_per_connection, closed_loop, target_p99_ms, server, machine,
                       instance, node, generator, cpu, warm_up, rounds, curve))

/// The document's servers; none where its "http" is null.
[[nodiscard]] inline std::vector<http_entry> http_entries(const document& from) {
    return read_section<std::optional<std::vector<http_entry>>>(from.content.at("http"))
        .value_or(std::vector<http_entry>{});
}

}  // namespace lanewise::bench
