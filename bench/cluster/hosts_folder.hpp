// containerd's folder of registries, certs.d: HOST/hosts.toml says where HOST's images are pulled
// from.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image_reference.hpp"
#include "pull_source.hpp"

namespace lanewise::bench::cluster {

/// One host of a hosts.toml.
struct registry_host {
    std::string url;  ///< empty: the registry itself
    bool may_pull = true, may_resolve = true;
    std::optional<bool> skip_verify;
    bool overrides_path = false;  ///< its URL's path is the API's root, without /v2 behind it
    std::vector<std::string> ca_files;
    std::vector<std::pair<std::string, std::string>> clients;  ///< certificate and key
    std::vector<std::pair<std::string, std::string>> fields;
    std::string proxy;
};

/// In the order in which containerd asks them, the registry's own last. Paths in it are relative to
/// `folder`. Throws std::invalid_argument that names file and line.
[[nodiscard]] std::vector<registry_host> parse_hosts_toml(const std::string& folder,
                                                          const std::string& file,
                                                          std::string_view text);

class hosts_folder {
public:
    hosts_folder() = default;  ///< one that changes nothing

    /// Throws std::invalid_argument.
    [[nodiscard]] static hosts_folder read(const std::string& path);

    /// In the order in which they are asked; never empty.
    [[nodiscard]] std::vector<pull_source> sources(
        const image_reference& image, const std::vector<std::string>& plain_http) const;

    [[nodiscard]] bool empty() const noexcept { return registries_.empty(); }

private:
    std::string path_;
    std::map<std::string, std::vector<registry_host>> registries_;  ///< by the names of folders
};

}  // namespace lanewise::bench::cluster
