// What lets pages of another origin read this server's replies (CORS,
// https://fetch.spec.whatwg.org).
#pragma once

#include <string>

#include "server/settings/config.hpp"

namespace lanewise::server {

/// Lines of a reply's head that let pages of the configured origin read it; empty without an
/// origin.
[[nodiscard]] std::string cors_fields(const config& settings);

/// Lines of the reply to OPTIONS: what such a page may send; empty without an origin.
[[nodiscard]] std::string preflight_fields(const config& settings);

}  // namespace lanewise::server
