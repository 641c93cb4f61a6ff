// One place where an image may be asked for: its own registry, or what stands in its place.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/load/http_target.hpp"
#include "image_reference.hpp"

namespace lanewise::bench::cluster {

struct pull_source {
    std::string name;                ///< for people: "mirror https://m.example" or "docker.io"
    std::string registry;            ///< as accounts are kept for it
    std::vector<std::string> bases;  ///< "https://host/v2/": the next where one speaks otherwise
    std::string repository;
    std::string version;  ///< a tag or a digest
    std::string query;    ///< "?ns=docker.io": behind each path, or empty
    std::vector<std::pair<std::string, std::string>> fields;  ///< for the head of each request
    bool verify = true;                                       ///< its certificate
    std::vector<std::string> ca_files;                        ///< trusted besides
    std::string certificate, key;                             ///< this client's own, in PEM
    std::string proxy;                                        ///< instead of the environment's
    std::string problem;                                      ///< why it is not asked; empty: it is
};

/// The image's own registry, by plain HTTP where it is of this machine or one of `plain_http`.
[[nodiscard]] pull_source registry_source(const image_reference& image,
                                          const std::vector<std::string>& plain_http);

/// A source that is only a reason.
[[nodiscard]] pull_source no_source(std::string name, std::string problem);

/// "https://host:port"
[[nodiscard]] std::string origin_of(const http_target& target);

/// A pair of --mirror.
struct registry_mirror {
    std::string of;   ///< the registry that it stands for
    std::string url;  ///< http or https, host, perhaps a path before the repository
};

/// "docker.io=mirror.example" or with a scheme, a port, a path; throws std::invalid_argument.
[[nodiscard]] registry_mirror parse_mirror(const std::string& text);

[[nodiscard]] pull_source mirror_source(const registry_mirror& mirror,
                                        const image_reference& image);

}  // namespace lanewise::bench::cluster
