#include "claims_groups.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

namespace lanewise::bench {
namespace {

using figures = std::vector<const pool_figure*>;

/// Node by node the geometric mean over works, round by round as far as all have rounds.
pool_rates means_of(const figures& works) {
    std::map<std::string, std::vector<const std::vector<double>*>> nodes;
    for (const auto* work : works) {
        for (std::size_t i = 0; i < work->rates.size(); ++i)
            nodes[work->nodes[i]].push_back(&work->rates[i]);
    }
    pool_rates means;
    for (const auto& [node, rates] : nodes) {
        if (rates.size() != works.size()) continue;  // some work lacks this node
        std::size_t rounds = rates.front()->size();
        for (const auto* one : rates) rounds = std::min(rounds, one->size());
        std::vector<double> mean(rounds);
        for (std::size_t round = 0; round < rounds; ++round) {
            double sum = 0;
            for (const auto* one : rates) sum += std::log((*one)[round]);
            mean[round] = std::exp(sum / static_cast<double>(rates.size()));
        }
        if (!mean.empty()) means.push_back(std::move(mean));
    }
    return means;
}

/// Programs and services of one's own are in no group, nor what others measured.
bool is_in_group(const work_claims& work) {
    return !work.is_own() && work.kind != "imported";
}

const pool_figure* figure_of(const work_claims& work, const std::string& pool) {
    const auto found = std::ranges::find(work.pools, pool, &pool_figure::pool);
    return found != work.pools.end() && found->ranked() && found->paid ? &*found : nullptr;
}

std::optional<group_claim> compare(const std::string& group, const std::string& first,
                                   const std::string& second,
                                   const std::vector<const work_claims*>& works) {
    figures of_first, of_second;
    for (const auto* work : works) {
        const auto* mine = figure_of(*work, first);
        const auto* other = figure_of(*work, second);
        if (!mine || !other) continue;
        of_first.push_back(mine);
        of_second.push_back(other);
    }
    if (of_first.empty()) return std::nullopt;
    const auto cost = compare_costs(means_of(of_first), of_first.front()->paid->usd_per_hour,
                                    means_of(of_second), of_second.front()->paid->usd_per_hour);
    if (!cost) return std::nullopt;
    return group_claim{group, first, second, of_first.size(), *cost};
}

}  // namespace

std::vector<group_claim> claims_about_groups(std::span<const work_claims> works) {
    std::vector<std::string> groups, pools;
    for (const auto& work : works) {
        if (!is_in_group(work)) continue;
        if (std::ranges::find(groups, work.group) == groups.end()) groups.push_back(work.group);
        for (const auto& pool : work.pools) {
            if (std::ranges::find(pools, pool.pool) == pools.end()) pools.push_back(pool.pool);
        }
    }
    std::vector<group_claim> found;
    for (const auto& group : groups) {
        std::vector<const work_claims*> mine;
        for (const auto& work : works) {
            if (is_in_group(work) && work.group == group) mine.push_back(&work);
        }
        for (std::size_t i = 0; i < pools.size(); ++i) {
            for (std::size_t j = i + 1; j < pools.size(); ++j) {
                auto claim = compare(group, pools[i], pools[j], mine);
                if (claim && claim->cost.ratio > 1)
                    claim = compare(group, pools[j], pools[i], mine);
                if (claim) found.push_back(std::move(*claim));
            }
        }
    }
    return found;
}

}  // namespace lanewise::bench
