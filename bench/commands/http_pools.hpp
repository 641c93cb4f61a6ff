// The pools of the http command: POOL=URL, and what the user knows of each by flags of the form
// POOL=VALUE.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "bench/load/http_load.hpp"

namespace lanewise::bench {

/// As it was typed. Everything but the URLs may be empty.
struct pool_flags {
    std::vector<std::string> urls;       ///< "arm=http://host/", or a URL alone
    std::vector<std::string> machines;   ///< "arm=machine.json"
    std::vector<std::string> instances;  ///< "arm=m7g.xlarge"
    std::vector<std::string> pids;       ///< "arm=1234"
    std::vector<std::string> cgroups;    ///< "arm=system.slice/shop.service"
    std::vector<std::string> pages;      ///< "arm=http://host/metrics"
    std::vector<std::string> pods;       ///< "arm=shop/cart-7d9f"
    std::vector<std::string> series;     ///< "arm=process_cpu_seconds_total{job=\"cart\"}"
    std::vector<std::string> cpus;       ///< "arm=4"
};

/// One pool for each URL; several may have one name, they are nodes of one pool. Throws
/// std::invalid_argument that says which flag is wrong, where, and what would be right.
[[nodiscard]] std::vector<http_pool> read_pools(const pool_flags& flags);

/// The object of `machine --json`, or the "machine" of a whole document; throws
/// std::invalid_argument for anything else.
[[nodiscard]] boost::json::value read_machine(const std::string& file);

}  // namespace lanewise::bench
