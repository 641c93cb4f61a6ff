// A document's "imported": what another benchmark program measured.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench {

struct imported_case {
    std::string name;
    std::string unit;  ///< "items", "bytes", "iterations": what a rate counts a second
    int threads = 1;
    std::vector<double> rates;        ///< of its repetitions, in their order
    std::optional<double> aggregate;  ///< the rate of a median or mean, where repetitions lack
    std::uint64_t failed = 0;         ///< repetitions that failed, were skipped or gave no time
};
BOOST_DESCRIBE_STRUCT(imported_case, (), (name, unit, threads, rates, aggregate, failed))

struct imported_section {
    static constexpr std::string_view key = "imported";
    std::string format;  ///< "google-benchmark"
    std::string file;
    std::optional<std::string> executable, date, host;
    std::optional<int> cpus;
    std::optional<std::string> pool, instance;  ///< as the user named them
    std::vector<std::string> warnings;          ///< what weakens all of it, such as a debug build
    std::vector<std::string> left_out;          ///< what could not be read, by row, with the reason
    std::vector<imported_case> cases;
};
BOOST_DESCRIBE_STRUCT(imported_section, (),
                      (format, file, executable, date, host, cpus, pool, instance, warnings,
                       left_out, cases))

}  // namespace lanewise::bench
