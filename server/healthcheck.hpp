// lanewise-server --healthcheck: asks a running server whether it is ready, for images without a
// shell or curl.
#pragma once

#include "server/settings/config.hpp"

namespace lanewise::server {

/// True if the server on this host, at the configured port, answers GET /readyz with 200 within two
/// seconds.
[[nodiscard]] bool is_ready(const config& settings);

}  // namespace lanewise::server
