// lanewise-server --healthcheck: asks a running server whether it is ready, for images without a
// shell or curl.
#pragma once

#include <string>

#include "server/settings/config.hpp"

namespace lanewise::server {

/// Empty if the server on this host, at the configured port and one of the configured addresses,
/// answers GET /readyz with 200 within two seconds; else why that can't be said. Throws usage_error
/// where an address is none.
[[nodiscard]] std::string why_not_ready(const config& settings);

}  // namespace lanewise::server
