// A registry asked for an image's platforms, as container tools ask it: challenges, accounts,
// mirrors, redirects.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/tls_client.hpp"
#include "image_reference.hpp"
#include "mirror_settings.hpp"
#include "platforms.hpp"
#include "registry_accounts.hpp"

namespace lanewise::bench::cluster {

struct registry_options {
    tls_options tls;
    mirror_settings mirrors;
    std::vector<std::string> plain_http;  ///< registries that speak no TLS; those of loopback too
    std::chrono::duration<double> patience{30};  ///< for one image
};

struct image_answer {
    std::optional<std::vector<image_platform>> platforms;  ///< sorted; none: not known
    std::string unknown;                                   ///< why not
    bool denied = false;                                   ///< another account might get an answer
    std::string asked;                                     ///< the URL that answered last
};

/// Asks with each account that fits, then without one where `anonymously`; a registry that can't be
/// reached, or refuses, leaves the platforms unknown.
[[nodiscard]] image_answer ask_registry(const image_reference& image,
                                        const registry_accounts& accounts, bool anonymously,
                                        const registry_options& options);

}  // namespace lanewise::bench::cluster
