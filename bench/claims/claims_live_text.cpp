// The sentences of what live traffic allows to be said.
#include <algorithm>
#include <string>

#include "bench/figures/format.hpp"
#include "claims_live.hpp"

namespace lanewise::bench {
namespace {

std::string points(double share) {
    return digits(share * 100) + " points";
}

std::string difference_of(const live_comparison& compared) {
    return points(compared.difference) + " (95 % interval " + digits(compared.ci95.low * 100) +
           " to " + points(compared.ci95.high) + ", margin " + points(compared.margin) + ")";
}

std::string usd(const live_estimate& cost) {
    return digits(cost.value) + " USD (" + digits(cost.ci95.low) + " to " + digits(cost.ci95.high) +
           ")";
}

}  // namespace

std::string_view words_of(live_verdict verdict) noexcept {
    switch (verdict) {
        case live_verdict::not_worse:
            return "not worse";
        case live_verdict::worse:
            return "worse";
        case live_verdict::not_decided:
            return "not decided";
        case live_verdict::not_ranked:
            break;
    }
    return "not ranked";
}

std::string live_claims::sentence() const {
    std::string text = "By " + counted(windows, "window") + " of live traffic, " + candidate.name;
    switch (verdict) {
        case live_verdict::not_worse:
            text += " is not worse than " + baseline.name;
            break;
        case live_verdict::worse:
            text += " is worse than " + baseline.name;
            break;
        case live_verdict::not_decided:
            text += " beside " + baseline.name + " is not decided";
            break;
        case live_verdict::not_ranked:
            text += " beside " + baseline.name + " is not ranked";
            break;
    }
    if (windows > 0) {
        text += ": errors differ by " + difference_of(errors);
        if (slow)
            text += ", requests slower than " + digits(*slow_bound_seconds * 1e3) + " ms by " +
                    difference_of(*slow);
    }
    text += ".";
    if (one_of_many_looks) {
        text += " These intervals hold at all looks of ";
        text += steps > 1 ? "all " + std::to_string(steps) + " steps together."
                          : std::string{"this time together."};
    }
    if (verdict == live_verdict::not_decided) {
        text += hours_more ? " About " + digits(std::max(*hours_more, 0.1), 2) +
                                 " hours more of such traffic would decide."
                           : " No time within a year would decide at this traffic.";
    }
    return text;
}

std::string live_claims::cost_sentence() const {
    if (!baseline.usd_per_million || !candidate.usd_per_million) return {};
    const auto busy = [](const live_pool_claims& pool) {
        return pool.utilisation ? " at " + percent(*pool.utilisation) + " of its CPUs" : "";
    };
    std::string text = "A million requests cost " + usd(*candidate.usd_per_million) + " on " +
                       candidate.name + busy(candidate) + " and " + usd(*baseline.usd_per_million) +
                       " on " + baseline.name + busy(baseline);
    text += candidate.emulated || baseline.emulated
                ? ", which is no comparison: one of them is emulated."
                : ", each as busy as it was.";
    if (candidate.usd_per_million_of_cpus && baseline.usd_per_million_of_cpus)
        text += " For the CPU time alone, as if both were busy alike: " +
                usd(*candidate.usd_per_million_of_cpus) + " and " +
                usd(*baseline.usd_per_million_of_cpus) + ".";
    return text;
}

}  // namespace lanewise::bench
