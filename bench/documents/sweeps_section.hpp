// A document's "sweeps": kernels and the machine's peaks over threads.
#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thread_counts.hpp"

namespace lanewise::bench {

struct sweep_round {
    double rate = 0;  ///< items a second of the threads that count
    double slowest_thread = 0, fastest_thread = 0;
    std::optional<double> joules_per_item;
    std::optional<std::string> disturbed;  ///< by what; such a round does not count
};
BOOST_DESCRIBE_STRUCT(sweep_round, (),
                      (rate, slowest_thread, fastest_thread, joules_per_item, disturbed))

struct sweep_case {
    std::string kind;  ///< "kernel", "service", "multiply_add" or "read"
    std::string name, level, parameters;
    std::string group = "arithmetic";  ///< what it stands for: crypto, compression ...
    std::string unit = "elements";     ///< of its items
    double operations_per_item = 0, bytes_per_item = 0;
    std::string placement;  ///< "one", "one_per_core", "all", "scaling", "neighbour_…"
    int threads = 1;        ///< that count
    std::vector<int> cpus;
    int clean_rounds = 0;
    std::vector<sweep_round> rounds;
    std::optional<std::vector<thread_counts>> counts = {};  ///< of the threads that count

    /// One thread counts, its sibling runs something else beside it.
    [[nodiscard]] bool beside_neighbour() const { return placement.starts_with("neighbour_"); }
};
BOOST_DESCRIBE_STRUCT(sweep_case, (),
                      (kind, name, level, parameters, group, unit, operations_per_item,
                       bytes_per_item, placement, threads, cpus, clean_rounds, rounds, counts))

struct sweeps_section {
    static constexpr std::string_view key = "sweeps";
    std::string variant;
    double seconds = 0;  ///< of one repetition
    bool energy_readable = false;
    std::vector<sweep_case> cases;
    std::vector<std::string>
        without_memory;  ///< cases that lack rounds, because memory was used up
};
BOOST_DESCRIBE_STRUCT(sweeps_section, (),
                      (variant, seconds, energy_readable, cases, without_memory))

}  // namespace lanewise::bench
