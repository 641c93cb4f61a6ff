#include "registries_conf.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "toml_file.hpp"

namespace lanewise::bench::cluster {
namespace {

constexpr std::string_view wildcard = "*.";

/// Whether it begins with a registry, and so means the same wherever it stands.
bool is_full(const std::string& name) {
    const auto read = parse_image(name);
    return read && read->short_name.empty();
}

/// A prefix or a location: "host", "host:port/namespace", "host/repository:tag".
std::string read_name(const toml_file& file, const toml::table& from, std::string_view key) {
    auto name = file.text(from, key);
    while (name.ends_with('/')) name.pop_back();
    if (name.empty()) return name;
    const auto wrong = [&](const std::string& why) {
        file.wrong(from, key,
                   std::string{key} + " = \"" + name + "\" " + why +
                       "; right: mirror.example:5000 or mirror.example/path");
    };
    if (name.find("://") != std::string::npos) wrong("has a scheme (insecure = true allows http)");
    // A host alone is no image yet.
    const bool host_alone = name.find('/') == std::string::npos;
    if (!is_full(host_alone ? name + "/x" : name)) wrong("names no registry");
    return name;
}

std::string read_prefix(const toml_file& file, const toml::table& from) {
    const auto prefix = file.text(from, "prefix");
    if (prefix.find('*') == std::string::npos) return read_name(file, from, "prefix");
    if (!prefix.starts_with(wildcard) || !is_full("x" + prefix.substr(1) + "/x") ||
        prefix.find_first_of("*/:", 1) != std::string::npos) {
        file.wrong(
            from, "prefix",
            "prefix = \"" + prefix + "\": a * stands alone before a host, as in *.example.com");
    }
    return prefix;
}

registries_conf::place read_place(const toml_file& file, const toml::table& from) {
    registries_conf::place found;
    found.location = read_name(file, from, "location");
    found.insecure = file.flag(from, "insecure").value_or(false);
    found.proxy = file.text(from, "proxy");
    return found;
}

registries_conf::pulls read_pulls(const toml_file& file, const toml::table& from) {
    const auto text = file.text(from, "pull-from-mirror");
    if (text.empty() || text == "all") return registries_conf::pulls::all;
    if (text == "digest-only") return registries_conf::pulls::by_digest;
    if (text == "tag-only") return registries_conf::pulls::by_tag;
    file.wrong(from, "pull-from-mirror",
               "pull-from-mirror = \"" + text + "\" is none of all, digest-only and tag-only");
}

registries_conf::rule read_rule(const toml_file& file, const toml::table& from) {
    registries_conf::rule found;
    found.own = read_place(file, from);
    found.prefix = read_prefix(file, from);
    if (found.prefix.empty()) found.prefix = found.own.location;
    if (found.prefix.empty())
        file.wrong(from,
                   "this [[registry]] has neither location nor prefix, such as "
                   "location = \"docker.io\"");
    found.blocked = file.flag(from, "blocked").value_or(false);
    const bool by_digest = file.flag(from, "mirror-by-digest-only").value_or(false);
    for (const auto* mirror : file.tables(from, "mirror")) {
        auto place = read_place(file, *mirror);
        if (place.location.empty())
            file.wrong(*mirror,
                       "this [[registry.mirror]] has no location, such as "
                       "location = \"mirror.example:5000\"");
        place.serves = by_digest ? registries_conf::pulls::by_digest : read_pulls(file, *mirror);
        found.mirrors.push_back(std::move(place));
    }
    return found;
}

void read_short_names(const toml_file& file, registries_conf& to) {
    const auto& root = file.root();
    to.search = file.texts(root, "unqualified-search-registries");
    for (const auto& one : to.search) {
        if (one.find('/') != std::string::npos || !is_full(one + "/x"))
            file.wrong(root, "unqualified-search-registries",
                       "unqualified-search-registries holds \"" + one +
                           "\", which is no registry such as docker.io or host:5000");
    }
    const auto mode = file.text(root, "short-name-mode");
    to.enforcing = mode == "enforcing";
    if (!mode.empty() && !to.enforcing && mode != "permissive" && mode != "disabled")
        file.wrong(
            root, "short-name-mode",
            "short-name-mode = \"" + mode + "\" is none of enforcing, permissive and disabled");
    const auto* aliases = file.table(root, "aliases");
    if (!aliases) return;
    for (const auto& [key, node] : *aliases) {
        const std::string name{key.str()};
        const auto means = file.text(*aliases, name);
        if (means.empty()) continue;  // erased
        if (!is_full(means))
            file.wrong(node, "the alias " + name + " = \"" + means +
                                 "\" names no registry, as docker.io/library/" + name + " does");
        to.aliases.emplace(name, means);
    }
}

/// The tag or digest as an image's name has it.
std::string version_of(const image_reference& image) {
    return image.digest.empty() ? ":" + image.tag : "@" + image.digest;
}

/// How much of an image's name a prefix covers: 0 where it is for other images.
std::size_t covered(std::string_view name, std::string_view prefix) {
    if (prefix.starts_with(wildcard)) {
        const auto host = name.substr(0, name.find_first_of(":/"));
        return host.ends_with(prefix.substr(1)) ? host.size() : 0;
    }
    if (!name.starts_with(prefix)) return 0;
    if (name.size() == prefix.size()) return prefix.size();
    const char next = name[prefix.size()];
    // What follows a host behind a colon is a port: another registry.
    const bool is_path = prefix.find('/') != std::string_view::npos;
    return next == '/' || (is_path && (next == ':' || next == '@')) ? prefix.size() : 0;
}

pull_source source_of(const registries_conf::place& place, const std::string& name,
                      std::size_t prefix_size, const std::vector<std::string>& plain_http) {
    const auto rewritten =
        place.location.empty() ? name : place.location + name.substr(prefix_size);
    const auto image = parse_image(rewritten);
    if (!image) return no_source(place.location, "\"" + rewritten + "\" is no name of an image");
    auto found = registry_source(*image, plain_http);
    found.proxy = place.proxy;
    if (place.insecure) {
        // By TLS first, whatever its certificate: as the containers tools do.
        const auto base = found.bases.back().substr(found.bases.back().find("://"));
        found.bases = {"https" + base, "http" + base};
        found.verify = false;
    }
    return found;
}

std::vector<pull_source> sources_of_full(const registries_conf& conf, const image_reference& image,
                                         const std::vector<std::string>& plain_http) {
    const auto name = image.registry + "/" + image.repository + version_of(image);
    const registries_conf::rule* rule = nullptr;
    for (const auto& one : conf.rules) {
        if (covered(name, one.prefix) > 0 && (!rule || one.prefix.size() > rule->prefix.size()))
            rule = &one;
    }
    if (!rule) return {registry_source(image, plain_http)};
    if (rule->blocked)
        return {no_source(image.registry, conf.file + " blocks what begins with " + rule->prefix)};
    const auto prefix_size = covered(name, rule->prefix);
    std::vector<pull_source> found;
    for (const auto& mirror : rule->mirrors) {
        const auto other = image.digest.empty() ? registries_conf::pulls::by_digest
                                                : registries_conf::pulls::by_tag;
        if (mirror.serves == other) continue;
        found.push_back(source_of(mirror, name, prefix_size, plain_http));
        found.back().name = "mirror " + mirror.location;
    }
    found.push_back(source_of(rule->own, name, prefix_size, plain_http));
    return found;
}

}  // namespace

std::vector<pull_source> registries_conf::sources(
    const image_reference& image, const std::vector<std::string>& plain_http) const {
    if (image.short_name.empty()) return sources_of_full(*this, image, plain_http);
    std::vector<std::string> names;
    if (const auto alias = aliases.find(image.short_name); alias != aliases.end()) {
        names.push_back(alias->second);
    } else if (enforcing && search.size() > 1) {
        return {no_source(file, "the short name " + image.short_name +
                                    " could be of several registries, and short-name-mode is "
                                    "enforcing")};
    } else {
        for (const auto& registry : search) names.push_back(registry + "/" + image.short_name);
    }
    // Without a list, a short name is of Docker Hub, as it is for containerd.
    if (names.empty()) return sources_of_full(*this, image, plain_http);
    std::vector<pull_source> found;
    for (const auto& name : names) {
        const auto full = parse_image(name + version_of(image));
        if (!full) {
            found.push_back(no_source(file, "\"" + name + "\" is no name of an image"));
            continue;
        }
        for (auto& one : sources_of_full(*this, *full, plain_http)) found.push_back(std::move(one));
    }
    return found;
}

registries_conf parse_registries_conf(const std::string& name, std::string_view text) {
    const toml_file file{name, text};
    const auto& root = file.root();
    if (root.contains("registries"))
        file.wrong(root, "registries",
                   "[registries...] is the format's version 1; version 2 has a [[registry]] for "
                   "each");
    registries_conf found;
    found.file = name;
    for (const auto* one : file.tables(root, "registry"))
        found.rules.push_back(read_rule(file, *one));
    read_short_names(file, found);
    return found;
}

}  // namespace lanewise::bench::cluster
