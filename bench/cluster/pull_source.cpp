#include "pull_source.hpp"

#include <algorithm>
#include <stdexcept>

namespace lanewise::bench::cluster {

std::string origin_of(const http_target& target) {
    return (target.tls ? "https://" : "http://") + target.authority();
}

pull_source registry_source(const image_reference& image,
                            const std::vector<std::string>& plain_http) {
    const auto& registry = image.registry;
    const std::string host{host_of(registry)};
    pull_source found;
    found.name = found.registry = registry;
    found.repository = image.repository;
    found.version = image.version();
    if (is_loopback(registry) || std::ranges::find(plain_http, registry) != plain_http.end()) {
        found.bases.push_back("http://" + host + "/v2/");
    }
    found.bases.push_back("https://" + host + "/v2/");
    return found;
}

pull_source no_source(std::string name, std::string problem) {
    pull_source found;
    found.name = std::move(name);
    found.problem = std::move(problem);
    return found;
}

registry_mirror parse_mirror(const std::string& text) {
    const auto equals = text.find('=');
    const auto wrong = [&] {
        return std::invalid_argument{"mirror \"" + text +
                                     "\" is no pair such as docker.io=mirror.example:5000"};
    };
    if (equals == std::string::npos || equals == 0) throw wrong();
    registry_mirror found{std::string{registry_of(text.substr(0, equals))},
                          text.substr(equals + 1)};
    if (!looks_like_url(found.url)) {
        const auto host = found.url.substr(0, found.url.find('/'));
        found.url = (is_loopback(host) ? "http://" : "https://") + found.url;
    }
    while (found.url.ends_with('/')) found.url.pop_back();
    if (parse_url(found.url).path.find('?') != std::string::npos) throw wrong();
    return found;
}

pull_source mirror_source(const registry_mirror& mirror, const image_reference& image) {
    const auto target = parse_url(mirror.url);
    const auto path = target.path == "/" ? std::string{} : target.path.substr(1) + "/";
    pull_source found;
    found.name = "mirror " + mirror.url;
    found.registry = target.authority();
    found.bases = {origin_of(target) + "/v2/" + path};
    found.repository = image.repository;
    found.version = image.version();
    return found;
}

}  // namespace lanewise::bench::cluster
