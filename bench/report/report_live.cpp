// What live traffic allows to be said, as tables and sentences.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <string>

#include "bench/claims/claims_live.hpp"
#include "bench/claims/claims_live_curve.hpp"
#include "bench/figures/format.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

struct shown_claims {
    const document* from;
    live_section section;
    live_claims claims;
};

bool has_both(const live_section& section) {
    const auto has = [&](const std::string& name) {
        return std::ranges::find(section.pools, name, &live_pool::name) != section.pools.end();
    };
    return has(section.baseline) && has(section.candidate);
}

std::vector<shown_claims> all_claims(std::span<const document> documents) {
    std::vector<shown_claims> found;
    for (const auto& one : documents) {
        auto section = live_section_of(one);
        if (!section || !has_both(*section)) continue;
        auto claims = claims_about_live(*section);
        found.push_back({&one, std::move(*section), std::move(claims)});
    }
    return found;
}

std::vector<load_claims> all_loads(std::span<const document> documents) {
    std::vector<load_claims> loads;
    for (const auto& one : documents) {
        auto found = claims_about_load(one);
        std::ranges::move(found, std::back_inserter(loads));
    }
    return loads;
}

std::string with_interval(const std::optional<live_estimate>& value) {
    if (!value) return "unknown";
    return digits(value->value) + " (" + digits(value->ci95.low) + " to " +
           digits(value->ci95.high) + ")";
}

/// The bucket that holds a quantile, in milliseconds.
std::string bucket(const std::optional<interval>& seconds) {
    if (!seconds) return "unknown";
    if (std::isinf(seconds->high)) return "above " + digits(seconds->low * 1e3);
    return digits(seconds->low * 1e3) + " to " + digits(seconds->high * 1e3);
}

std::vector<std::string> row_of(const live_pool_claims& pool) {
    return {pool.name + (pool.emulated ? " (emulated)" : ""),
            std::to_string(pool.targets),
            digits(pool.requests),
            percent(pool.traffic_share),
            digits(pool.rate),
            pool.requests > 0 ? percent(pool.errors / pool.requests) : "unknown",
            bucket(pool.p50_seconds),
            bucket(pool.p99_seconds),
            with_interval(pool.cpu_ms_per_request),
            pool.utilisation ? percent(*pool.utilisation) : "unknown",
            with_interval(pool.usd_per_million),
            with_interval(pool.usd_per_million_of_cpus)};
}

/// Two rows: each pool as busy as the baseline was.
report_table equal_use_table(const cost_at_equal_use& equal) {
    report_table table{
        "Costs at the same use of the CPUs",
        "The CPU time a request of live traffic, moved along the headroom curve that the bench "
        "measured: its value at this use ÷ at the pool's own. Its requests may have been of "
        "another mix: the curve's shape alone is used. The intervals hold the windows' "
        "spread, and where there are several curves that of the nodes.",
        {"pool", "CPUs busy", "moved by", "USD a million", "ratio"},
        1,
        {}};
    if (!equal.why_not.empty()) return table;
    table.rows = {{equal.baseline, percent(equal.utilisation), "as it was",
                   with_interval(equal.baseline_usd_per_million), "1"},
                  {equal.candidate, percent(equal.utilisation), digits(equal.candidate_moved),
                   with_interval(equal.candidate_usd_per_million), with_interval(equal.ratio)}};
    return table;
}

std::vector<std::string> row_of(const std::string& what, const live_comparison& compared) {
    return {what,
            percent(compared.baseline),
            percent(compared.candidate),
            digits(compared.difference * 100),
            digits(compared.ci95.low * 100) + " to " + digits(compared.ci95.high * 100),
            digits(compared.margin * 100),
            std::string{words_of(compared.verdict)} +
                (compared.why.empty() ? "" : ": " + compared.why)};
}

}  // namespace

std::vector<report_table> live_tables(std::span<const document> documents) {
    std::vector<report_table> tables;
    const auto loads = all_loads(documents);
    for (const auto& [from, section, claims] : all_claims(documents)) {
        report_table pools{
            "Live traffic by " + section.source,
            counted(section.windows, "window") + " of " + digits(section.window_seconds) +
                " s. A latency lies within the bucket of the histogram that is shown. The cost at "
                "work counts the whole pool, as busy as it was; that of the CPU time alone takes "
                "both as busy alike. In parentheses: 95 % intervals, which know that neighbouring "
                "windows are alike.",
            {"pool", "processes", "requests", "of the traffic", "requests/s", "errors", "p50 ms",
             "p99 ms", "CPU ms a request", "CPUs busy", "USD a million",
             "USD a million, CPU alone"},
            1,
            {row_of(claims.baseline), row_of(claims.candidate)}};
        tables.push_back(std::move(pools));
        if (const auto equal = costs_at_equal_use(section, claims, loads))
            tables.push_back(equal_use_table(*equal));
        report_table compared{
            "Is " + claims.candidate.name + " worse than " + claims.baseline.name + "?",
            "Shares of the requests; differences in points (hundredths), each window compared "
            "within itself. Not worse: the interval ends below the margin. Worse: it begins above "
            "it.",
            {"share", claims.baseline.name, claims.candidate.name, "difference", "95 % interval",
             "margin", "verdict"},
            1,
            {row_of("errors", claims.errors)}};
        if (claims.slow)
            compared.rows.push_back(row_of(
                "slower than " + digits(*claims.slow_bound_seconds * 1e3) + " ms", *claims.slow));
        tables.push_back(std::move(compared));
        report_table left{"Left out of the live traffic, or mended", "", {"what", "count"}, 1, {}};
        for (const auto& one : section.omissions)
            left.rows.push_back({one.what, std::to_string(one.count)});
        tables.push_back(std::move(left));
    }
    return tables;
}

std::vector<std::string> live_sentences(std::span<const document> documents) {
    std::vector<std::string> sentences;
    const auto loads = all_loads(documents);
    for (const auto& [from, section, claims] : all_claims(documents)) {
        sentences.push_back(claims.sentence());
        if (auto cost = claims.cost_sentence(); !cost.empty()) sentences.push_back(std::move(cost));
        if (const auto equal = costs_at_equal_use(section, claims, loads))
            sentences.push_back(equal->sentence());
    }
    return sentences;
}

std::vector<std::string> live_warnings(std::span<const document> documents) {
    std::vector<std::string> warnings;
    for (const auto& one : documents) {
        const auto section = live_section_of(one);
        if (section && !has_both(*section))
            warnings.push_back(one.file + ": its live traffic lacks the pool " + section->baseline +
                               " or " + section->candidate + ".");
    }
    for (const auto& [from, section, claims] : all_claims(documents)) {
        for (const auto& reason : claims.reasons) warnings.push_back(reason);
        for (const auto& text : section.warnings)
            warnings.push_back("The Prometheus of " + from->file + " warned: " + text);
    }
    return warnings;
}

}  // namespace lanewise::bench
