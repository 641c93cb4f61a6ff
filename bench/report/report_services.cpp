#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "bench/claims/claims_groups.hpp"
#include "bench/claims/claims_kernels.hpp"
#include "bench/figures/format.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

std::string verdict_in_words(const group_claim& claim) {
    switch (claim.cost.verdict) {
        case cost_verdict::cheaper:
            return claim.first + " is cheaper";
        case cost_verdict::dearer:
            return claim.second + " is cheaper";
        case cost_verdict::tie:
            return "tie";
        case cost_verdict::not_decided:
            break;
    }
    return "not decided; " + what_would_decide(claim.cost);
}

}  // namespace

node_tables service_tables(std::span<const document> documents) {
    node_tables tables{
        "Services' work",
        "Each thread pinned, with data of its own. SMT yield: all threads ÷ one per core − 1. "
        "Neighbour penalty: what a thread loses when its sibling runs the same, or reads "
        "memory. 95 % intervals in brackets. " +
            about_ipc(),
        {"group", "work", "one thread", "one per core", "all threads", "SMT yield", "IPC, one",
         "IPC, all", "neighbour penalty", "memory neighbour", "efficiency, all",
         "spread over threads", "J a unit", "disturbed"},
        2};
    for (const auto& one : documents) {
        auto node = rows_of(one);
        node.note = not_counted(one);
        const auto claims = claims_about_threads(one);
        for (const std::string_view group : {"crypto", "compression", "parsing", "memory"}) {
            for (const auto& work : claims) {
                if (work.kind != "service" || work.group != group) continue;
                auto row = threads_row(work);
                row.insert(row.begin(), work.group);
                node.rows.push_back(std::move(row));
            }
        }
        tables.nodes.push_back(std::move(node));
    }
    return tables;
}

report_table groups_table(std::span<const work_claims> works) {
    report_table table{
        "Pools compared by group",
        "Geometric mean of the cost ratios of a group's works, on all threads, with the interval "
        "of that mean: below 1, the first pool is cheaper. No mean is over groups: which group "
        "counts is your service's matter.",
        {"group", "pools", "works", "cost ratio", "95 % interval", "covers", "verdict"},
        2,
        {}};
    for (const auto& claim : claims_about_groups(works)) {
        table.rows.push_back({claim.group, claim.first + " : " + claim.second,
                              std::to_string(claim.works), digits(claim.cost.ratio),
                              digits(claim.cost.ci95.low) + " to " + digits(claim.cost.ci95.high),
                              claim.cost.nodes_only ? "these nodes only" : "the pools",
                              verdict_in_words(claim)});
    }
    return table;
}

}  // namespace lanewise::bench
