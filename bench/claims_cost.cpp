#include "claims_cost.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <map>
#include <utility>

#include "claims_kernels.hpp"
#include "claims_sweeps.hpp"
#include "format.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::optional<int> count_at(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    if (!value || !value->is_number() || value->to_number<double>() < 1) return std::nullopt;
    return value->to_number<int>();
}

/// Who did the work, from a document's machine or from a server's identity.
struct machine_identity {
    std::string pool, node, architecture, cpu_model, instance;
    std::optional<int> threads, cores, threads_per_core;
    bool emulated = false;
};

machine_identity identity_of(const json::object& machine, const json::object& cpu,
                             std::string model) {
    machine_identity found;
    found.node = text_at(machine, "node");
    found.architecture = text_at(machine, "architecture");
    found.cpu_model = std::move(model);
    found.instance = text_at(machine, "instance");
    found.pool = text_at(machine, "pool");
    if (found.pool.empty()) found.pool = found.instance.empty() ? found.cpu_model : found.instance;
    found.threads = count_at(cpu, "threads");
    found.cores = count_at(cpu, "cores");
    found.threads_per_core = count_at(cpu, "threads_per_core");
    const auto* emulated = machine.if_contains("emulated");
    found.emulated = emulated && *emulated == json::value(true);
    if (found.emulated) found.pool += " (emulated)";
    return found;
}

/// One node's figure as one document has it.
struct observation {
    machine_identity who;
    std::vector<double> rates;
    std::vector<std::string> unranked;
    std::optional<double> one_per_core;
    std::string file;
};

class gathering {
public:
    void add(work_claims like, observation seen) {
        auto place = std::ranges::find(works_, like.name, &work_claims::name);
        if (place == works_.end()) {
            works_.push_back(std::move(like));
            place = std::prev(works_.end());
        }
        auto& pools = place->pools;
        auto pool = std::ranges::find(pools, seen.who.pool, &pool_figure::pool);
        if (pool == pools.end()) {
            pool_figure fresh;
            fresh.pool = seen.who.pool, fresh.architecture = seen.who.architecture;
            fresh.cpu_model = seen.who.cpu_model, fresh.instance = seen.who.instance;
            fresh.threads = seen.who.threads, fresh.cores = seen.who.cores;
            fresh.threads_per_core = seen.who.threads_per_core;
            fresh.one_per_core = seen.one_per_core;
            pools.push_back(std::move(fresh));
            pool = std::prev(pools.end());
        }
        const auto refuse = [&](const std::string& reason) {
            if (std::ranges::find(pool->unranked, reason) == pool->unranked.end())
                pool->unranked.push_back(reason);
        };
        if (pool->cpu_model != seen.who.cpu_model || pool->threads != seen.who.threads) {
            refuse("its documents are of unlike machines (" + pool->cpu_model + " and " +
                   seen.who.cpu_model + "): they can't be pooled");
        }
        for (const auto& reason : seen.unranked) refuse(reason);
        pool->files.push_back(seen.file);
        if (seen.rates.empty()) return;
        // Rounds of one node stand together, in the order of the documents.
        auto& node =
            nodes_[{place->name, pool->pool, seen.who.node.empty() ? seen.file : seen.who.node}];
        node.insert(node.end(), seen.rates.begin(), seen.rates.end());
    }

    std::vector<work_claims> finish(const price_table& prices) {
        for (auto& work : works_) {
            for (auto& pool : work.pools) {
                std::vector<double> medians;
                for (const auto& [key, rates] : nodes_) {
                    if (std::get<0>(key) != work.name || std::get<1>(key) != pool.pool) continue;
                    pool.rates.push_back(rates);
                    medians.push_back(median(rates));
                }
                if (!medians.empty()) pool.rate = median(medians);
                if (medians.empty() && pool.unranked.empty())
                    pool.unranked.emplace_back("no round gave a figure");
                pool.paid = prices.find(pool.instance);
            }
        }
        return std::move(works_);
    }

private:
    std::vector<work_claims> works_;
    std::map<std::tuple<std::string, std::string, std::string>, std::vector<double>> nodes_;
};

void add_kernels(const document& from, gathering& all) {
    const auto* machine = from.content.at("machine").if_object();
    if (!machine) return;
    const auto who = identity_of(*machine, *machine, text_at(*machine, "cpu_model"));
    const bool portable = text_at(*machine, "active_variant") == "portable";
    for (const auto& claims : claims_about_threads(from)) {
        observation seen{who, {}, reasons_not_to_rank(from), claims.one_per_core, from.file};
        if (claims.all) seen.rates.push_back(*claims.all);
        if (!claims.all) seen.unranked.emplace_back("no undisturbed round on all threads");
        if (portable)
            seen.unranked.emplace_back("only portable runs there, which a pool is not measured on");
        all.add({claims.kernel + " in " + claims.level + ", all threads",
                 "elements",
                 1e12,
                 false,
                 {},
                 {}},
                std::move(seen));
    }
}

void add_http(const document& from, gathering& all) {
    const auto* targets = from.content.at("http").if_array();
    if (!targets) return;
    for (const auto& target : *targets) {
        const auto& entry = target.as_object();
        const auto url = text_at(entry, "url");
        const auto after_host =
            url.find('/', url.find("//") == std::string::npos ? 0 : url.find("//") + 2);
        const auto path = after_host == std::string::npos ? "/" : url.substr(after_host);
        machine_identity who;
        if (const auto* server = entry.at("server").if_object()) {
            const auto* cpu = server->if_contains("cpu");
            const json::object none;
            const auto& described = cpu && cpu->is_object() ? cpu->get_object() : none;
            who = identity_of(*server, described, text_at(described, "model"));
        }
        if (who.pool.empty()) who.pool = url;
        observation seen{who, {}, reasons_not_to_rank(from), std::nullopt, from.file};
        if (who.emulated) seen.unranked.emplace_back("its server ran under emulation");
        if (entry.at("closed_loop").as_bool()) {
            seen.unranked.emplace_back(
                "closed loop: its clients wait for replies, so its latency is none under that "
                "load");
        }
        if (entry.at("generator").at("shared").as_bool()) {
            seen.unranked.emplace_back("the generator shared cores with the server");
        }
        for (const auto& round : entry.at("rounds").as_array()) {
            const auto& rate = round.at("rate_at_target");
            if (!rate.is_null()) seen.rates.push_back(rate.to_number<double>());
            if (round.at("bound_by_generator").as_bool()) {
                seen.unranked.emplace_back("the generator could not load it further");
            }
        }
        const auto& target_ms = entry.at("target_p99_ms");
        std::string name = "GET " + path;
        if (!target_ms.is_null()) {
            name.append(" with p99 within ")
                .append(digits(target_ms.to_number<double>(), 2))
                .append(" ms");
        }
        all.add({std::move(name), "requests", 1e6, true, {}, {}}, std::move(seen));
    }
}

/// The SMT yield at which the pool whose cores have siblings would cost as much as the other.
void add_smt_break_even(const work_claims& work, pool_pair& pair) {
    for (const auto& [mine, other] :
         {std::pair{pair.first, pair.second}, std::pair{pair.second, pair.first}}) {
        const auto& smt = work.pools[mine];
        const auto& peer = work.pools[other];
        if (smt.threads_per_core.value_or(1) < 2 || !smt.one_per_core || !smt.paid || !peer.paid)
            continue;
        const double needed = smt.paid->usd_per_hour / peer.paid->usd_per_hour * peer.rate;
        pair.break_even_smt_yield = needed / *smt.one_per_core - 1;
        pair.smt_pool = smt.pool;
        return;
    }
}

void add_pairs(work_claims& work) {
    for (std::size_t i = 0; i < work.pools.size(); ++i) {
        for (std::size_t j = i + 1; j < work.pools.size(); ++j) {
            pool_pair pair{i, j, {}, {}, {}, {}};
            if (!work.pools[i].ranked() || !work.pools[j].ranked()) continue;
            const auto mine = work.pools[i].cost(1), theirs = work.pools[j].cost(1);
            if (!mine || !theirs) continue;
            if (*theirs < *mine) std::swap(pair.first, pair.second);
            const auto& first = work.pools[pair.first];
            const auto& second = work.pools[pair.second];
            if (!first.paid || !second.paid) continue;
            pair.cost = compare_costs(first.rates, first.paid->usd_per_hour, second.rates,
                                      second.paid->usd_per_hour);
            pair.break_even_price = first.paid->usd_per_hour * second.rate / first.rate;
            add_smt_break_even(work, pair);
            work.pairs.push_back(std::move(pair));
        }
    }
}

}  // namespace

std::size_t pool_figure::rounds() const {
    std::size_t count = 0;
    for (const auto& node : rates) count += node.size();
    return count;
}

std::optional<double> pool_figure::cost(double units, double utilisation) const {
    if (!paid || rate <= 0) return std::nullopt;
    return cost_of(units, paid->usd_per_hour, rate * utilisation);
}

std::vector<work_claims> claims_about_cost(std::span<const document> documents,
                                           const price_table& prices) {
    gathering all;
    for (const auto& one : documents) add_http(one, all);
    for (const auto& one : documents) add_kernels(one, all);
    auto works = all.finish(prices);
    for (auto& work : works) add_pairs(work);
    return works;
}

std::string sentence_of(const work_claims& work, const pool_pair& pair) {
    const auto& first = work.pools[pair.first];
    const auto& second = work.pools[pair.second];
    const auto both = first.pool + " and " + second.pool;
    if (!pair.cost)
        return "For " + work.name + ", " + both +
               " are not decided: too few rounds for an interval.";
    const auto less = [](double ratio) {
        return percent(std::abs(1 - ratio)) + (ratio <= 1 ? " less" : " more");
    };
    const auto range =
        "95 % interval " + less(pair.cost->ci95.low) + " to " + less(pair.cost->ci95.high);
    const std::string scope =
        pair.cost->nodes_only ? "; one node a pool, so this covers those nodes only" : "";
    switch (pair.cost->verdict) {
        case cost_verdict::cheaper:
            return "For " + work.name + ", " + first.pool + " costs " + less(pair.cost->ratio) +
                   " than " + second.pool + " (" + range + scope + ").";
        case cost_verdict::tie:
            return "For " + work.name + ", " + both + " cost the same to within 3 % (" + range +
                   scope + ").";
        case cost_verdict::dearer:
        case cost_verdict::not_decided:
            break;
    }
    const bool in_nodes = !pair.cost->nodes_only;
    const auto& needed = in_nodes ? pair.cost->nodes_to_decide : pair.cost->rounds_to_decide;
    const std::string unit = in_nodes ? " nodes a pool" : " rounds";
    return "For " + work.name + ", " + both + " are not decided (" + range + scope + "; about " +
           (needed ? std::to_string(*needed) : std::string{"more than 1000"}) + unit +
           " would decide).";
}

}  // namespace lanewise::bench
