#include "live_prices.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <stdexcept>

#include "bench/claims/prices.hpp"

namespace lanewise::bench {
namespace {

/// POOL=VALUE, for a pool that is compared.
std::map<std::string, std::string> by_pool(const char* option, const std::vector<std::string>& from,
                                           const live_section& section) {
    std::map<std::string, std::string> found;
    for (const auto& one : from) {
        const auto equals = one.rfind('=');
        const auto name = one.substr(0, equals);
        if (equals == std::string::npos || equals + 1 == one.size())
            throw std::invalid_argument{std::string{option} + " " + one +
                                        ": is no pair such as arm64=0.32"};
        if (name != section.baseline && name != section.candidate)
            throw std::invalid_argument{std::string{option} + " " + one + ": the pools are " +
                                        section.baseline + " and " + section.candidate};
        found[name] = one.substr(equals + 1);
    }
    return found;
}

double amount(const char* option, const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value > 0) || value > 1e9)
        throw std::invalid_argument{std::string{option} + ": \"" + text +
                                    "\" is no number above 0"};
    return value;
}

/// "m7g.2xlarge" or "3xm7g.2xlarge": so many nodes.
struct counted_instance {
    double count = 1;
    std::string instance;
};

counted_instance instance_of(const std::string& text) {
    const auto x = text.find('x');
    if (x != std::string::npos && x > 0 &&
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(x),
                    [](char c) { return c >= '0' && c <= '9'; }))
        return {amount("--instance", text.substr(0, x)), text.substr(x + 1)};
    return {1, text};
}

void add_instance(live_pool& pool, const counted_instance& of, const price_table& prices,
                  const std::string& source) {
    const auto price = prices.find(of.instance);
    if (!price || price->usd_per_hour <= 0) {
        throw std::invalid_argument{"the price of " + of.instance +
                                    " is not known; give the pool's by --price " + pool.name +
                                    "=USD_PER_HOUR"};
    }
    pool.usd_per_hour = pool.usd_per_hour.value_or(0) + of.count * price->usd_per_hour;
    if (price->vcpus > 0) pool.cpus = pool.cpus.value_or(0) + of.count * price->vcpus;
    pool.price_source = source;
}

}  // namespace

void set_prices(const live_price_flags& flags, live_section& section,
                const std::function<std::map<std::string, live::pool_nodes>()>& nodes_seen) {
    const auto prices = price_table::built_in();
    const auto own = by_pool("--price", flags.prices, section);
    const auto instances = by_pool("--instance", flags.instances, section);
    const auto cpus = by_pool("--cpus", flags.cpus, section);
    std::map<std::string, live::pool_nodes> nodes;
    const auto is_given = [&](const std::string& pool) {
        return own.contains(pool) || instances.contains(pool);
    };
    // Labels of nodes speak of architectures; pools of other names have theirs from the user.
    if (!is_given(section.baseline) || !is_given(section.candidate)) nodes = nodes_seen();
    for (auto& pool : section.pools) {
        if (const auto given = instances.find(pool.name); given != instances.end()) {
            add_instance(pool, instance_of(given->second), prices, "--instance " + given->second);
        } else if (const auto seen = nodes.find(pool.name); seen != nodes.end()) {
            const bool all_known =
                std::ranges::all_of(seen->second.by_instance, [&](const auto& one) {
                    const auto known = prices.find(one.first);
                    return known && known->usd_per_hour > 0;  // 0: its spot price alone is known
                });
            for (const auto& [instance, count] : seen->second.by_instance) {
                if (all_known)
                    add_instance(pool, {count, instance}, prices,
                                 "nodes by kube_node_labels, whole nodes");
            }
            if (seen->second.usd_per_hour > 0) {
                pool.usd_per_hour = seen->second.usd_per_hour;
                pool.price_source = "node_total_hourly_cost (OpenCost), whole nodes";
            }
        }
        if (const auto given = own.find(pool.name); given != own.end()) {
            pool.usd_per_hour = amount("--price", given->second);
            pool.price_source = "--price";
        }
        if (const auto given = cpus.find(pool.name); given != cpus.end())
            pool.cpus = amount("--cpus", given->second);
    }
}

}  // namespace lanewise::bench
