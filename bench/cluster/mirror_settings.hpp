// What --mirrors names, of whichever program it is: pairs, registries.conf, or containerd's folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hosts_folder.hpp"
#include "image_reference.hpp"
#include "pull_source.hpp"
#include "registries_conf.hpp"

namespace lanewise::bench::cluster {

struct mirror_settings {
    std::vector<registry_mirror> pairs;  ///< asked first, in this order
    registries_conf conf;
    hosts_folder hosts;

    /// In the order in which they are asked; never empty.
    [[nodiscard]] std::vector<pull_source> sources(
        const image_reference& image, const std::vector<std::string>& plain_http) const;
};

/// Adds what a file or folder says; throws std::invalid_argument.
void add_mirrors(const std::string& path, mirror_settings& to);

/// Whether a text is registries.conf, not lines of pairs; an empty one is neither.
[[nodiscard]] bool looks_like_toml(std::string_view text);

}  // namespace lanewise::bench::cluster
