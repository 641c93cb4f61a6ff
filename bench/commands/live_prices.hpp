// What an hour of each pool of live traffic costs: by flags, or by what a Prometheus knows of
// nodes.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/documents/live_section.hpp"
#include "bench/live/gathering.hpp"

namespace lanewise::bench {

/// Each is POOL=VALUE: dollars an hour; an instance such as m7g.2xlarge or 3xm7g.2xlarge; CPUs.
struct live_price_flags {
    std::vector<std::string> prices, instances, cpus;
};

/// Gives each pool the price and the CPUs that are known. A flag counts more than nodes; nodes are
/// asked for only where one of the two pools has neither --price nor --instance. Throws
/// std::invalid_argument on a flag that is no such pair, or names another pool or an instance
/// without a price.
void set_prices(const live_price_flags& flags, live_section& section,
                const std::function<std::map<std::string, live::pool_nodes>()>& nodes_seen);

}  // namespace lanewise::bench
