// What a service's own traffic allows to be said of two pools: whether the candidate is worse in
// errors or in slow requests (non-inferiority with a stated margin), and what a request costs on
// each. Pure functions of a document's "live".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/documents/live_section.hpp"
#include "bench/figures/statistics.hpp"
#include "live_comparison.hpp"
#include "live_ratios.hpp"

namespace lanewise::bench {

/// "not worse"
[[nodiscard]] std::string_view words_of(live_verdict verdict) noexcept;

struct live_pool_claims {
    std::string name;
    std::uint64_t targets = 0;
    bool emulated = false;
    double requests = 0, errors = 0;
    double rate = 0;                                   ///< requests a second while it was seen
    double traffic_share = 0;                          ///< of both pools' requests
    std::optional<interval> p50_seconds, p99_seconds;  ///< the bucket that holds it; high may be
                                                       ///< infinite
    std::optional<live_estimate> cpu_ms_per_request;
    std::optional<double> utilisation;                     ///< of its CPUs
    std::optional<live_estimate> usd_per_million;          ///< at that utilisation
    std::optional<live_estimate> usd_per_million_of_cpus;  ///< for the CPU time alone
};

struct live_claims {
    live_pool_claims baseline, candidate;
    std::size_t windows = 0;       ///< that both pools have
    std::size_t windows_less = 0;  ///< that one of them lacks
    live_comparison errors;
    std::optional<double> slow_bound_seconds;  ///< what "slow" is: where the baseline's p99 ends
    std::optional<live_comparison> slow;       ///< none: there is no histogram
    std::optional<live_estimate> cpu_ratio;    ///< candidate ÷ baseline, per request
    std::optional<live_estimate> cost_ratio;   ///< candidate ÷ baseline, per request, as they ran
    bool one_of_many_looks = false;            ///< the intervals hold at all of them together
    std::uint64_t steps = 1;                   ///< and in so many steps together
    live_verdict verdict = live_verdict::not_decided;
    std::vector<std::string> reasons;  ///< whole sentences; why it is not "not worse"
    std::optional<double> hours_more;

    /// One sentence, with the intervals.
    [[nodiscard]] std::string sentence() const;
    /// What a million requests cost; empty where that can't be said.
    [[nodiscard]] std::string cost_sentence() const;
};

/// The section names a baseline and a candidate that it has.
[[nodiscard]] live_claims claims_about_live(const live_section& from);

}  // namespace lanewise::bench
