#include "pool_gathering.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "bench/figures/statistics.hpp"

namespace lanewise::bench {
namespace {

/// The entry of this name, made where there is none yet.
template <class Entries, class Name, class Make>
auto& entry_of(Entries& entries, const std::string& name, Name name_of, Make make) {
    const auto place = std::ranges::find(entries, name, name_of);
    return place == entries.end() ? entries.emplace_back(make()) : *place;
}

void add_once(std::vector<std::string>& texts, const std::string& text) {
    if (std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
}

std::string in_words(const machine_identity& machine) {
    return (machine.cpu_model.empty() ? "unknown" : machine.cpu_model) +
           (machine.threads ? " with " + std::to_string(*machine.threads) + " threads" : "");
}

std::optional<double> median_of(const std::vector<double>& values) {
    return values.empty() ? std::nullopt : std::optional{median(values)};
}

}  // namespace

void pool_gathering::add(work_claims like, observation seen) {
    auto& work = entry_of(
        works_, like.name, [](const work_parts& one) { return one.work.name; },
        [&] { return work_parts{like, {}}; });
    auto& pool = entry_of(work.pools, seen.who.pool, &pool_parts::pool,
                          [&] { return pool_parts{seen.who.pool, {}}; });
    if (seen.rates.empty() && seen.unranked.empty())
        seen.unranked.emplace_back("no round gave a figure");
    pool.seen.push_back(std::move(seen));
}

pool_figure pool_gathering::figure_of(const pool_parts& parts, const price_table& prices) {
    const auto trusted = [](const observation& one) { return one.unranked.empty(); };
    const bool any = std::ranges::any_of(parts.seen, trusted);
    const auto& first = any ? *std::ranges::find_if(parts.seen, trusted) : parts.seen.front();

    pool_figure figure;
    figure.pool = parts.pool;
    figure.architecture = first.who.architecture, figure.cpu_model = first.who.cpu_model;
    figure.instance = first.who.instance;
    figure.threads = first.who.threads, figure.cores = first.who.cores;
    figure.threads_per_core = first.who.threads_per_core;

    std::map<std::string, std::vector<double>> nodes;
    std::vector<double> one_per_core, joules;
    for (const auto& one : parts.seen) {
        figure.files.push_back(one.file);
        for (const auto& text : one.to_know) add_once(figure.to_know, one.file + ": " + text);
        if (!trusted(one)) {
            for (const auto& reason : one.unranked) {
                if (any) {
                    add_once(figure.to_know, one.file + " is left out: " + reason);
                } else {
                    add_once(figure.unranked, reason);
                }
            }
            if (any) continue;
        }
        if (one.who.cpu_model != first.who.cpu_model || one.who.threads != first.who.threads) {
            add_once(figure.unranked, "its documents are of unlike machines (" +
                                          in_words(first.who) + "; " + in_words(one.who) +
                                          "): they can't be pooled");
        }
        if (one.one_per_core) one_per_core.push_back(*one.one_per_core);
        if (one.joules) joules.push_back(*one.joules);
        if (one.rates.empty()) continue;
        // Rounds of one node stand together, in the order of the documents.
        auto& rates = nodes[!one.who.node.empty() ? one.who.node
                            : one.place.empty()   ? one.file
                                                  : one.place];
        rates.insert(rates.end(), one.rates.begin(), one.rates.end());
    }
    std::vector<double> medians;
    for (auto& [node, rates] : nodes) {
        medians.push_back(median(rates));
        figure.rates.push_back(std::move(rates));
        figure.nodes.push_back(node);
    }
    figure.rate = median_of(medians).value_or(0);
    figure.one_per_core = median_of(one_per_core);
    figure.joules = median_of(joules);
    // A machine without an instance type, such as one's own, has a price by its pool's name.
    figure.paid = prices.find(figure.instance.empty() ? figure.pool : figure.instance);
    return figure;
}

std::vector<work_claims> pool_gathering::finish(const price_table& prices) const {
    std::vector<work_claims> works;
    for (const auto& parts : works_) {
        auto work = parts.work;
        for (const auto& pool : parts.pools) work.pools.push_back(figure_of(pool, prices));
        works.push_back(std::move(work));
    }
    return works;
}

}  // namespace lanewise::bench
