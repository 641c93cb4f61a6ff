// A document's "exec": copies of somebody's program, placed as kernels are.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thread_counts.hpp"

namespace lanewise::bench {

/// One repetition of a placement. Every run in it succeeded: a run that fails ends its case.
struct exec_round {
    double rate = 0;  ///< units a second of the copies that count
    double slowest_copy = 0, fastest_copy = 0;
    std::optional<double> joules_per_unit;
    std::optional<std::string> disturbed;  ///< by what; such a round does not count
    std::uint64_t runs = 0;
    double units = 0;
    double cpu_seconds = 0;              ///< of the runs, as far as their processes were waited for
    std::uint64_t memory_bytes_max = 0;  ///< the largest process of any run
    double bench_cpu_seconds = 0;        ///< what starting and watching the runs took
    std::uint64_t left_behind = 0;  ///< processes that outlived their run; the bench ended them
    /// Run by run, of the first thousand.
    std::vector<double> run_seconds, run_cpu_seconds;
    std::vector<std::uint64_t> run_memory_bytes;
};
BOOST_DESCRIBE_STRUCT(exec_round, (),
                      (rate, slowest_copy, fastest_copy, joules_per_unit, disturbed, runs, units,
                       cpu_seconds, memory_bytes_max, bench_cpu_seconds, left_behind, run_seconds,
                       run_cpu_seconds, run_memory_bytes))

/// The run that ended its case.
struct exec_failure {
    std::string what;  ///< "copy 0 ended with status 1"
    int copy = 0;
    std::optional<int> status;  ///< none: a signal or the bench ended it
    std::optional<int> signal;
    double seconds = 0, cpu_seconds = 0;
    std::uint64_t memory_bytes = 0;
    std::string errors;  ///< the end of what it wrote to standard error
};
BOOST_DESCRIBE_STRUCT(exec_failure, (),
                      (what, copy, status, signal, seconds, cpu_seconds, memory_bytes, errors))

struct exec_case {
    std::string placement;  ///< as of sweeps
    int threads = 1;        ///< copies that count
    std::vector<int> cpus;
    int clean_rounds = 0;
    std::optional<exec_failure> failure;  ///< none: every run succeeded
    std::vector<exec_round> rounds;
    std::optional<std::vector<thread_counts>> counts = {};  ///< of the copies that count
};
BOOST_DESCRIBE_STRUCT(exec_case, (),
                      (placement, threads, cpus, clean_rounds, failure, rounds, counts))

struct exec_section {
    static constexpr std::string_view key = "exec";
    std::string name;  ///< by which pools are compared
    std::vector<std::string> command;
    std::optional<std::string> directory, setup;
    std::optional<double> work;            ///< units of one run; none: it is read, or a run is one
    std::optional<std::string> work_from;  ///< the expression that reads it from a run's output
    std::string unit;                      ///< "runs", "units"
    double timeout_seconds = 0;            ///< of one run
    double seconds = 0;                    ///< of one repetition, at least
    bool energy_readable = false;
    std::vector<exec_case> cases;
};
BOOST_DESCRIBE_STRUCT(exec_section, (),
                      (name, command, directory, setup, work, work_from, unit, timeout_seconds,
                       seconds, energy_readable, cases))

}  // namespace lanewise::bench
