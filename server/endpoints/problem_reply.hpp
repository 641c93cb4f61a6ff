// The one place where a problem becomes HTTP: application/problem+json (RFC 9457).
#pragma once

#include <cstddef>

#include "server/http/problem.hpp"
#include "server/http/reply.hpp"
#include "server/settings/config.hpp"

namespace lanewise::server {

/// `route`, among route_names(), is what the request asked for.
[[nodiscard]] reply to_reply(problem what, const config& settings, std::size_t route);

}  // namespace lanewise::server
