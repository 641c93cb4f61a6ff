// Claims about pools: what work costs on each, which is cheaper, and how sure that is. Pure
// functions from documents and prices; each claim names what it rests on.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/documents/document.hpp"
#include "compare_pools.hpp"
#include "prices.hpp"

namespace lanewise::bench {

/// One pool's figure for one kind of work.
struct pool_figure {
    std::string pool, architecture, cpu_model, instance;
    std::optional<int> threads, cores, threads_per_core;
    std::optional<price> paid;
    pool_rates rates;                    ///< by node, by round
    std::vector<std::string> nodes;      ///< their names, in the same order
    std::vector<std::string> files;      ///< the evidence
    std::vector<std::string> unranked;   ///< why it may not be ranked; empty: it may
    std::vector<std::string> to_know;    ///< such as a document that was left out
    std::optional<double> one_per_core;  ///< kernels only: rate with siblings idle
    std::optional<double> joules;        ///< for each unit of work; none: not measured
    double rate = 0;                     ///< median over nodes of their medians

    [[nodiscard]] bool ranked() const { return unranked.empty() && rate > 0; }
    [[nodiscard]] std::size_t rounds() const;
    [[nodiscard]] std::optional<double> cost(double units,
                                             double utilisation = 1) const;  ///< dollars
};

struct pool_pair {
    std::size_t first, second;            ///< places among the work's pools; the first costs less
    std::optional<cost_comparison> cost;  ///< none: too few rounds
    std::optional<double>
        break_even_price;  ///< dollars an hour at which the second would cost as much
    std::optional<double>
        break_even_smt_yield;  ///< at which the SMT pool of the two would cost as much
    std::string smt_pool;      ///< which one that is
};

/// One kind of work: a URL at a latency target, a program, or a kernel with its data in one level
/// of the memory.
struct work_claims {
    std::string name;     ///< "GET /v1/identity with p99 within 5 ms", "dot_f32 in L1, all threads"
    std::string unit;     ///< requests, elements, runs ...
    double priced_units;  ///< 10^6, or of elements and bytes 10^12
    bool served;          ///< HTTP, not a kernel
    std::vector<pool_figure> pools;
    std::vector<pool_pair> pairs;  ///< of ranked pools with prices
    std::string kind = "kernel";   ///< where not served: kernel, service, program, imported
    std::string group = {};        ///< crypto, compression ...; of kernels arithmetic

    /// What somebody runs, served or not, and not what the bench brings along.
    [[nodiscard]] bool is_own() const { return served || kind == "program"; }
};

/// Documents of unlike CPUs under one pool's name are refused to be pooled: that pool is not
/// ranked, and says why.
[[nodiscard]] std::vector<work_claims> claims_about_cost(std::span<const document> documents,
                                                         const price_table& prices);

/// "m7g.large costs 18 % less than m7i.large ..." in one sentence, sureness included.
[[nodiscard]] std::string sentence_of(const work_claims& work, const pool_pair& pair);

/// What is not known of the machines behind a service, and the flags of the http command that would
/// tell; empty: everything is known.
[[nodiscard]] std::string what_is_unknown(const pool_figure& pool);

/// How many more nodes or rounds would decide, if the spread stays: "about 12 rounds would decide".
[[nodiscard]] std::string what_would_decide(const cost_comparison& cost);

}  // namespace lanewise::bench
