// The document lanewise.workload/1: weighted requests, and where they came from. Written by
// `lanewise-bench workload` or by hand, read by `lanewise-bench http --workload`.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "request.hpp"

namespace lanewise::bench::workloads {

inline constexpr std::string_view workload_schema_name = "lanewise.workload/1";

/// The JSON Schema of workload.schema.json, which is part of the program.
[[nodiscard]] const boost::json::value& workload_schema();

/// Where a unit stands: its number, and the line where it begins.
struct place {
    std::size_t number = 0, line = 0;
};

/// Units of a source (lines, entries, commands) that have something in common.
struct tally {
    /// A log of gigabytes may have as many bad lines as good ones.
    static constexpr std::size_t places_max = 10'000;

    std::string reason;
    std::uint64_t count = 0;
    std::vector<place> places;  ///< the first ones
};

struct source {
    std::string name;
    std::string kind;  ///< "access log", "HAR", "curl"
    std::string unit;  ///< "line", "entry", "command"
    std::uint64_t units = 0;
    std::uint64_t requests = 0;  ///< that it gave
    std::vector<tally> left_out, remarks;
};

struct document {
    std::vector<source> sources;
    std::string origin;  ///< where the requests had been sent to; empty: not known, or several
    std::vector<std::pair<std::string, std::uint64_t>> dropped;  ///< secrets: name and how often
    std::vector<std::string> notes;
    std::vector<std::string> unused;  ///< fields that the reader does not know, with their lines
    std::vector<weighted_request> requests;
    std::string sha256;  ///< of the text that it was read from, without what it names
};

/// The text to store: one line a request.
[[nodiscard]] std::string to_text(const document& made);

/// Reads a workload and the files that it names, which lie relative to it. Throws unusable with the
/// file, the field, the line and what would be right.
[[nodiscard]] document read_workload(const std::string& path);

/// folder: where the files lie that it names.
[[nodiscard]] document parse_workload(std::string_view text, const std::string& name,
                                      const std::string& folder);

}  // namespace lanewise::bench::workloads
