// How many connections a port has, and how many it may have: of all shards that listen there.
#pragma once

#include <atomic>
#include <cstdint>

namespace lanewise::server {

struct connection_places {
    const std::uint64_t most;
    const char* const none_left;  // what a further client is told, with 503
    std::atomic<std::uint64_t> open = 0;
};

}  // namespace lanewise::server
