// Claims about threads, for kernels, services' work and programs alike: what SMT yields and costs,
// how far more cores help, and how near a kernel runs to the machine's own limits. Pure functions
// of a document.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/documents/document.hpp"
#include "bench/figures/statistics.hpp"
#include "claims_counters.hpp"

namespace lanewise::bench {

/// A ratio of two measured rates, with a 95 % interval by bootstrap over the rounds of both.
struct ratio {
    double value;
    interval ci95;
};

struct scaling_point {
    int threads;
    double rate;        ///< items a second of all threads, median
    double efficiency;  ///< rate ÷ (threads · rate of one)
};

struct thread_claims {
    std::string kernel, level;  ///< or whatever else was measured; programs have no level
    std::string kind;           ///< kernel, service, program
    std::string group, unit;
    std::optional<double> one, one_per_core, all;  ///< items a second, medians of clean rounds
    std::vector<double> all_rounds;                ///< the clean rounds of all threads
    bool all_placed = false;         ///< all threads were tried: no quota kept them from it
    std::optional<ratio> smt_yield;  ///< all ÷ one_per_core − 1; none where a core has one thread
    std::optional<ratio>
        neighbour_penalty;  ///< 1 − speed beside a busy sibling ÷ alone, same kernel
    std::optional<ratio> memory_neighbour_penalty;  ///< the same, beside one that reads memory
    std::vector<scaling_point> scaling;
    std::optional<double> spread_across_threads;  ///< 1 − slowest ÷ fastest thread, when all run
    std::optional<double> of_arithmetic;  ///< share of the measured multiply-add peak, one thread
    std::optional<double> of_read;  ///< share of the measured read rate of its level, one thread
    std::optional<double> operations_per_byte;
    std::optional<double> joules_per_item;
    std::optional<counter_claims> counters_one, counters_all;  ///< of one thread, of all
    std::string missing;  ///< why SMT figures are missing: "n/a: one thread a core"
    int disturbed_rounds = 0;
};

[[nodiscard]] std::vector<thread_claims> claims_about_threads(const document& from);

/// The machine's own limits on one thread; nothing where they were not measured.
struct machine_limits {
    std::optional<double> operations_per_second;
    std::vector<std::pair<std::string, double>> bytes_per_second;  ///< by level
};
[[nodiscard]] machine_limits limits_of(const document& from);

}  // namespace lanewise::bench
