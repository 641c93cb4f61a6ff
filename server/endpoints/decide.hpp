// What to do about a request: its route, then that route's handler.
#pragma once

#include <cstddef>

#include "handlers.hpp"
#include "routes.hpp"
#include "server/http/request.hpp"

namespace lanewise::server {

struct app;

/// What to do about a request, its head being all that has been read.
struct decision {
    answer what;
    bool by_head_alone = false;  // the same head has the same answer as long as we run
    bool close = false;          // the client asked by ?close=1
    std::size_t route = 0;       // among route_names()
};

[[nodiscard]] decision decide(const request& head, const app& shared, exposure shown);

}  // namespace lanewise::server
