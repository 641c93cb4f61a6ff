#include "platforms.hpp"

#include <algorithm>
#include <boost/json/value.hpp>

#include "fields.hpp"
#include "image_reference.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;

constexpr std::size_t entries_max = 256;  // the largest official image has some thirty

constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view docker_list =
    "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view docker_signed =
    "application/vnd.docker.distribution.manifest.v1+prettyjws";
constexpr std::string_view docker_first = "application/vnd.docker.distribution.manifest.v1+json";

image_platform platform_of(const json::value& from) {
    image_platform found{text_of(from, {"os"}), text_of(from, {"architecture"}),
                         text_of(from, {"variant"})};
    if (found.os.empty()) found.os = "linux";
    auto& architecture = found.architecture;
    if (architecture == "x86_64" || architecture == "x86-64") architecture = "amd64";
    if (architecture == "aarch64") architecture = "arm64";
    // Every arm64 is v8: named or not, it is the same platform.
    if (architecture == "arm64" && found.variant == "v8") found.variant.clear();
    return found;
}

/// Attestations and the like, which stand beside images in an index.
bool is_beside(const json::value& entry) {
    return !text_of(entry, {"annotations", "vnd.docker.reference.type"}).empty() ||
           !text_of(entry, {"artifactType"}).empty() ||
           text_of(entry, {"platform", "architecture"}) == "unknown";
}

manifest_content read_index(const json::array& entries) {
    manifest_content found;
    if (entries.size() > entries_max) {
        found.problem = "the index has more than " + std::to_string(entries_max) + " entries";
        return found;
    }
    for (const auto& entry : entries) {
        if (is_beside(entry)) continue;
        if (!text_of(entry, {"platform", "architecture"}).empty()) {
            found.platforms.push_back(platform_of(*field(entry, {"platform"})));
        } else if (auto digest = text_of(entry, {"digest"}); is_digest(digest)) {
            found.manifests.push_back(std::move(digest));
        } else {
            found.problem = "the index has an entry without platform and digest";
        }
    }
    return found;
}

manifest_content read_image(const json::value& manifest) {
    manifest_content found;
    found.config = text_of(manifest, {"config", "digest"});
    if (!is_digest(found.config)) found.problem = "the manifest names no configuration";
    return found;
}

}  // namespace

std::string image_platform::name() const {
    return os + "/" + architecture + (variant.empty() ? "" : "/" + variant);
}

const std::string& manifest_types() {
    static const std::string types = std::string{oci_index} + ", " + std::string{docker_list} +
                                     ", " + std::string{oci_manifest} + ", " +
                                     std::string{docker_manifest} + ", " +
                                     std::string{docker_signed} + ";q=0.1";
    return types;
}

manifest_content read_manifest(std::string_view content_type, std::string_view body) {
    manifest_content found;
    const auto read = parsed(body);
    if (!read || !read->is_object()) {
        found.problem = "the reply is no manifest";
        return found;
    }
    auto type = text_of(*read, {"mediaType"});
    if (type.empty()) {
        type = content_type.substr(0, content_type.find(';'));
        type.erase(type.find_last_not_of(" \t") + 1);
    }
    const auto* entries = field(*read, {"manifests"});
    const bool lists = entries && entries->is_array();
    const bool one = field(*read, {"config"}) != nullptr;
    const bool says_index = type == oci_index || type == docker_list;
    const bool says_image = type == oci_manifest || type == docker_manifest;
    // Two readings of the same bytes are an attack or a fault (OCI image spec, manifest): neither.
    if (lists && one) {
        found.problem = "the manifest is both an index and an image";
    } else if (lists && !says_image) {
        found = read_index(entries->get_array());
    } else if (one && !says_index) {
        found = read_image(*read);
    } else if (type == docker_signed || type == docker_first || field(*read, {"fsLayers"})) {
        found.platforms.push_back(platform_of(*read));
        if (found.platforms.front().architecture.empty())
            found.problem = "the manifest of the first version names no architecture";
    } else {
        found.problem = "the reply is no manifest of a known type";
    }
    return found;
}

image_platform read_image_config(std::string_view body) {
    const auto read = parsed(body);
    return read ? platform_of(*read) : image_platform{};
}

}  // namespace lanewise::bench::cluster
