// What a million requests of live traffic would cost on each pool were both as busy: live figures
// moved along the headroom curves that bench documents hold. Pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "bench/documents/live_section.hpp"
#include "claims_live.hpp"
#include "claims_load.hpp"

namespace lanewise::bench {

struct cost_at_equal_use {
    double utilisation = 0;  ///< of the CPUs: what the baseline was seen at
    /// CPU time a request at that utilisation ÷ at the candidate's own, by its curves.
    double candidate_moved = 1;
    std::size_t curves = 0;  ///< of the candidate's nodes
    live_estimate baseline_usd_per_million, candidate_usd_per_million;
    live_estimate ratio;  ///< candidate ÷ baseline
    std::string why_not;  ///< a whole sentence: the figures are not to be had; empty: they are
    std::string baseline, candidate;

    [[nodiscard]] std::string sentence() const;
};

/// The curves of the loads whose pool, architecture or instance is named as a pool of the section.
/// Nothing where no load with the server's CPU time belongs to the candidate.
[[nodiscard]] std::optional<cost_at_equal_use> costs_at_equal_use(
    const live_section& from, const live_claims& claims, std::span<const load_claims> loads);

}  // namespace lanewise::bench
