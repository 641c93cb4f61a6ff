// /openapi.json.
#pragma once

#include <string>

#include "server/settings/config.hpp"

namespace lanewise::server {

/// The description of every operation, as OpenAPI 3.1.
[[nodiscard]] std::string openapi_json(const config& settings);

}  // namespace lanewise::server
