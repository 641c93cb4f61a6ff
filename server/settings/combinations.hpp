// Settings that are right one by one, and wrong together.
#pragma once

#include "config.hpp"

namespace lanewise::server {

/// Throws usage_error for a TLS port without a pair, and for two ports that are the same.
void check_combinations(const config& settings);

}  // namespace lanewise::server
