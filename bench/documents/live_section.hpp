// A document's "live": what a Prometheus says of a service's own traffic, pool by pool and window
// by window.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "typed.hpp"

namespace lanewise::bench {

struct live_query {
    std::string what, promql;
};
BOOST_DESCRIBE_STRUCT(live_query, (), (what, promql))

/// What was left out of the figures, and why.
struct live_omission {
    std::string what;
    std::uint64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(live_omission, (), (what, count))

/// One pool. Every list has one entry a window; an entry that is null (of buckets: empty) was not
/// to be known.
struct live_pool {
    std::string name;
    std::uint64_t targets = 0;  ///< processes that were seen
    bool emulated = false;
    std::optional<double> usd_per_hour;  ///< of the whole pool
    std::optional<std::string> price_source;
    std::optional<double> cpus;  ///< that the pool has
    std::vector<std::optional<double>> requests, errors, cpu_seconds;
    std::vector<std::vector<double>> buckets;  ///< requests up to each bound, then all of them
};
BOOST_DESCRIBE_STRUCT(live_pool, (),
                      (name, targets, emulated, usd_per_hour, price_source, cpus, requests, errors,
                       cpu_seconds, buckets))

struct live_section {
    static constexpr std::string_view key = "live";
    std::string source;  ///< the Prometheus, without what may be a secret
    std::string preset;
    double start = 0;  ///< of the first window, in seconds since 1970
    double window_seconds = 0;
    std::uint64_t windows = 0;
    std::string baseline, candidate;  ///< names of pools
    double error_margin = 0;          ///< in shares of the requests
    double slow_margin = 0;
    /// It is one of many looks at a time that grows, planned for so many windows; none: the only
    /// one.
    std::optional<double> planned_windows;
    std::optional<std::uint64_t> planned_steps;  ///< each with such looks; none: this one alone
    std::vector<double> bounds_seconds;  ///< of the histogram, without the last, which has none
    std::vector<live_pool> pools;
    std::vector<live_query> queries;
    std::vector<live_omission> omissions;
    std::vector<std::string> warnings;  ///< of the Prometheus
};
BOOST_DESCRIBE_STRUCT(live_section, (),
                      (source, preset, start, window_seconds, windows, baseline, candidate,
                       error_margin, slow_margin, planned_windows, planned_steps, bounds_seconds,
                       pools, queries, omissions, warnings))

/// The document's section; none in documents of other commands.
[[nodiscard]] inline std::optional<live_section> live_section_of(const document& from) {
    const auto* live = from.content.if_contains(live_section::key);
    if (!live) return std::nullopt;
    return read_section<std::optional<live_section>>(*live);
}

}  // namespace lanewise::bench
