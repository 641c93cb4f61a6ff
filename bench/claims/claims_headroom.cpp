#include "claims_headroom.hpp"

#include <algorithm>
#include <cmath>

#include "bench/figures/format.hpp"
#include "bench/figures/trend.hpp"
#include "compare_pools.hpp"

namespace lanewise::bench {
namespace {

constexpr double overload = 1.1;  ///< times the rate that held

std::optional<estimate> estimate_of(const std::vector<double>& values) {
    return values.empty() ? std::nullopt : std::optional{summarize(values)};
}

/// Its server broke under the load; the generator did not.
bool is_beyond(const load_step& step) {
    return step.verdict == "too slow" || step.verdict == "errors";
}

/// The least utilisation above the confirmed rate at which p99 had left its target.
std::optional<double> leaving(const load_round& round) {
    std::optional<double> least;
    for (const auto& step : round.steps) {
        if (step.verdict != "too slow" || !step.rate || !step.cpu_utilisation) continue;
        if (*step.rate <= round.confirmed->rate.value_or(0)) continue;
        least = std::min(*step.cpu_utilisation, least.value_or(*step.cpu_utilisation));
    }
    return least;
}

std::optional<double> of_linear(const load_claims& load, double cpu_ms_at_target) {
    const load_step* lowest = nullptr;
    for (const auto& step : load.curve) {
        if (!step.counts() || !step.cpu_ms_per_request || *step.cpu_ms_per_request <= 0) continue;
        if (!lowest || step.achieved < lowest->achieved) lowest = &step;
    }
    if (!lowest || cpu_ms_at_target <= 0) return std::nullopt;
    return *lowest->cpu_ms_per_request / cpu_ms_at_target;
}

}  // namespace

headroom_claims headroom_of(const load_claims& load) {
    headroom_claims found;
    std::vector<double> cpu_ms, utilisation, full, left;
    double held = 0;
    for (const auto& round : load.rounds) {
        if (!round.confirmed) continue;
        const auto& step = *round.confirmed;
        held = std::max(held, step.rate.value_or(0));
        if (step.cpu_ms_per_request) cpu_ms.push_back(*step.cpu_ms_per_request);
        if (!step.cpu_utilisation || *step.cpu_utilisation <= 0) continue;
        utilisation.push_back(*step.cpu_utilisation);
        full.push_back(step.achieved / *step.cpu_utilisation);
        // Rounding and short steps can make a failed step look less busy than the one that held.
        if (const auto beyond = leaving(round))
            left.push_back((*step.cpu_utilisation + std::max(*beyond, *step.cpu_utilisation)) / 2);
    }
    found.cpu_ms_per_request = estimate_of(cpu_ms);
    found.utilisation_at_target = estimate_of(utilisation);
    found.rate_at_full_use = estimate_of(full);
    found.utilisation_leaving = estimate_of(left);
    if (found.cpu_ms_per_request)
        found.of_linear = of_linear(load, found.cpu_ms_per_request->median);
    for (const auto& step : load.measured) {
        if (!is_beyond(step) || !step.cpu_utilisation || held <= 0) continue;
        if (step.rate.value_or(0) < overload * held) continue;
        found.utilisation_max =
            std::max(*step.cpu_utilisation, found.utilisation_max.value_or(*step.cpu_utilisation));
        if (!step.cpus_busy) continue;
        const double worked = *step.cpus_busy - step.cpus_interrupts.value_or(0);
        found.cpus_busy_max = std::max(*step.cpus_busy, found.cpus_busy_max.value_or(0));
        found.cpus_worked_max = std::max(worked, found.cpus_worked_max.value_or(0));
    }
    // What it used at a rate that held, it can use.
    if (found.utilisation_max && found.utilisation_at_target)
        found.utilisation_max =
            std::max(*found.utilisation_max, found.utilisation_at_target->median);
    return found;
}

std::string what_limits(const headroom_claims& headroom) {
    if (headroom.is_starved()) {
        return "other work took its CPUs: under more load than it holds it used " +
               percent(*headroom.utilisation_max) + " of them at most, and they were busy for " +
               percent(*headroom.cpus_busy_max) + " of the time";
    }
    if (!headroom.has_cpu_to_spare()) return {};
    // Where nobody can see its CPUs from here, somebody else may have used them.
    return "CPU is not what limits it: under more load than it holds it used " +
           percent(*headroom.utilisation_max) +
           " of its CPUs at most, so that a lock, a database, the network" +
           (headroom.cpus_busy_max ? " or too few workers do"
                                   : ", too few workers or other work on these CPUs do");
}

std::string trend_across_rounds(const load_claims& load) {
    std::vector<double> rates;
    for (const auto& round : load.rounds) {
        if (round.rate_at_target && *round.rate_at_target > 0)
            rates.push_back(*round.rate_at_target);
    }
    const auto change = trend_over(rates);
    if (!change || std::abs(*change) <= tie_margin) return {};
    return std::string{"its rate "} + (*change > 0 ? "rose" : "fell") + " by " +
           percent(std::abs(*change)) + " over the " + counted(rates.size(), "round") +
           ", so that it was not steady; a longer --warmup may help";
}

}  // namespace lanewise::bench
