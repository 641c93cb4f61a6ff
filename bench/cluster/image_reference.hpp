// An image's name as container tools read it: a short one is of Docker Hub.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lanewise::bench::cluster {

struct image_reference {
    std::string registry;    ///< host or host:port; docker.io for Docker Hub
    std::string repository;  ///< library/nginx
    std::string tag;         ///< "latest" where neither tag nor digest is named
    std::string digest;      ///< sha256:...; wins over a tag
    std::string
        short_name;  ///< what was written before tag and digest, where that names no registry

    /// What a manifest is asked for by.
    [[nodiscard]] const std::string& version() const noexcept {
        return digest.empty() ? tag : digest;
    }
};

/// None where the text is no name of an image.
[[nodiscard]] std::optional<image_reference> parse_image(std::string_view text);

/// The registry that a host belongs to: docker.io for each of Docker Hub's, else the host itself.
[[nodiscard]] std::string_view registry_of(std::string_view host) noexcept;

/// The host that answers for a registry, which is another than the name of Docker Hub.
[[nodiscard]] std::string_view host_of(std::string_view registry) noexcept;

/// Whether the host, with or without port, is this machine, where registries speak plain HTTP.
[[nodiscard]] bool is_loopback(std::string_view registry);

/// "sha256:" and 64 hexadecimal digits, or another algorithm's with at least 32.
[[nodiscard]] bool is_digest(std::string_view text);

}  // namespace lanewise::bench::cluster
