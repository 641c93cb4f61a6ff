// What load generators saw of servers, in one shape for tables, charts and exports. Pure functions
// of a document.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/documents/document.hpp"
#include "bench/documents/machine_section.hpp"

namespace lanewise::bench {

/// Who did the work, from a document's machine or from a server's identity.
struct machine_identity {
    std::string pool, node, architecture, cpu_model, instance;
    std::optional<int> threads, cores, threads_per_core;
    bool emulated = false;
};

/// From a document's machine, whose counts stand beside its name.
[[nodiscard]] machine_identity identity_of_machine(const machine_section& machine);

struct load_step {
    std::optional<double> rate;  ///< intended; none in a closed loop
    double achieved;
    double p50_ms, p99_ms, p999_ms, max_ms;
    double errors, late;
    std::string verdict;
    std::optional<double> joules_per_request;
    std::optional<double> sent_per_second, received_per_second;  ///< bytes of HTTP
    std::optional<double> cpu_ms_per_request;                    ///< the server's
    std::optional<double> cpu_utilisation;                       ///< share of its CPUs
    std::optional<double> cpus_busy;        ///< share of their time that anybody used
    std::optional<double> cpus_interrupts;  ///< of that: the system's, for whoever it may be

    /// It says something of the server: its latency is under this load.
    [[nodiscard]] bool counts() const { return verdict == "held" || verdict == "too slow"; }
};

struct load_round {
    std::optional<double> rate_at_target;
    bool bound_by_generator;
    std::optional<load_step> confirmed;
    std::vector<load_step> steps;  ///< of the search
};

struct load_claims {
    std::string url;
    std::string request;      ///< "GET /cart", or how many there are
    bool verified = true;     ///< false: TLS, and any certificate was taken
    machine_identity server;  ///< its pool is the URL where nothing more is known
    bool named = false;       ///< the user named the pool
    bool closed_loop, shared;
    std::optional<double> target_p99_ms;
    std::optional<double> cpus;  ///< that the server may use
    std::string cpu_source;      ///< empty: its CPU time was not asked for
    std::string cpu_unknown;     ///< why some step has no CPU time; empty: all have
    bool warm = true;            ///< false: it was not steady when warming up had to end
    std::vector<load_round> rounds;
    std::vector<load_step> curve;            ///< latency over load
    std::vector<load_step> measured;         ///< every step there was, in the order of the document
    std::map<std::string, double> failures;  ///< what came in place of a success, how often

    [[nodiscard]] std::string name() const;  ///< "GET /v1/identity with p99 within 5 ms"
    [[nodiscard]] std::string pool_and_node() const;
    /// The median over the rounds that held one within the target; none: no round did.
    [[nodiscard]] std::optional<double> rate_that_held() const;
};

[[nodiscard]] std::vector<load_claims> claims_about_load(const document& from);

}  // namespace lanewise::bench
