// What a manifest says of platforms, in Docker's and OCI's types alike: pure functions.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench::cluster {

struct image_platform {
    std::string os;
    std::string architecture;  ///< as Go names it: amd64, arm64
    std::string variant;       ///< v8; mostly empty

    [[nodiscard]] std::string name() const;  ///< linux/arm64/v8
    auto operator<=>(const image_platform&) const = default;
};

/// What has to be asked next, where the manifest does not say it itself.
struct manifest_content {
    std::vector<image_platform> platforms;
    std::vector<std::string> manifests;  ///< digests of an index's entries without a platform
    std::string config;                  ///< digest of a single image's configuration
    std::string problem;                 ///< why it can't be read
};

/// All media types of manifests that are read, for Accept.
[[nodiscard]] const std::string& manifest_types();

[[nodiscard]] manifest_content read_manifest(std::string_view content_type, std::string_view body);

/// The platform of an image's configuration; its architecture is empty where it has none.
[[nodiscard]] image_platform read_image_config(std::string_view body);

}  // namespace lanewise::bench::cluster
