// registries.conf, version 2: where the containers tools and CRI-O pull an image from
// (containers-registries.conf(5)).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "image_reference.hpp"
#include "pull_source.hpp"

namespace lanewise::bench::cluster {

struct registries_conf {
    enum class pulls : std::uint8_t { all, by_digest, by_tag };
    struct place {
        std::string location;  ///< in place of the prefix; empty: the image stays as it is named
        bool insecure = false;
        std::string proxy;
        pulls serves = pulls::all;
    };
    /// One [[registry]].
    struct rule {
        std::string prefix;  ///< of the images that it is for; "*.example.com": of all hosts there
        place own;
        std::vector<place> mirrors;
        bool blocked = false;
    };

    std::string file;
    std::vector<rule> rules;
    std::vector<std::string> search;             ///< registries of short names, in order
    std::map<std::string, std::string> aliases;  ///< short names, and the images that they mean
    bool enforcing = false;                      ///< several registries for one name are an error

    /// In the order in which they are asked; never empty.
    [[nodiscard]] std::vector<pull_source> sources(
        const image_reference& image, const std::vector<std::string>& plain_http) const;
};

/// Throws std::invalid_argument that names file and line.
[[nodiscard]] registries_conf parse_registries_conf(const std::string& file, std::string_view text);

}  // namespace lanewise::bench::cluster
