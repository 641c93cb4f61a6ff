#include "hosts_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "bench/documents/files.hpp"
#include "toml_file.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t registries_max = 1000;
constexpr auto any_registry = "_default";

using pairs = std::vector<std::pair<std::string, std::string>>;

std::string path_from(const std::string& folder, const std::string& name) {
    return (fs::path{folder} / name).string();  // an absolute name stays
}

/// A text, or a list of texts.
std::vector<std::string> one_or_more(const toml_file& file, const toml::table& from,
                                     std::string_view key) {
    const auto* node = from.get(key);
    if (node && node->is_string()) return {node->as_string()->get()};
    return file.texts(from, key);
}

/// A file with certificate and key, a list of such, or a list of pairs of files.
pairs read_clients(const toml_file& file, const toml::table& from, const std::string& folder) {
    pairs found;
    const auto* node = from.get("client");
    const auto add = [&](const std::string& certificate, const std::string& key) {
        found.emplace_back(path_from(folder, certificate),
                           path_from(folder, key.empty() ? certificate : key));
    };
    if (!node || !node->is_array()) {
        for (const auto& one : one_or_more(file, from, "client")) add(one, "");
        return found;
    }
    for (const auto& one : *node->as_array()) {
        if (one.is_string()) {
            add(one.as_string()->get(), "");
            continue;
        }
        const auto* pair = one.as_array();
        if (!pair || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string())
            file.wrong(one,
                       "client is no list of files or of pairs, as in client = "
                       "[[\"a.cert\", \"a.key\"]]");
        add((*pair)[0].as_string()->get(), (*pair)[1].as_string()->get());
    }
    return found;
}

bool is_field_name(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";  // RFC 9110, 5.6.2
    return !text.empty() && std::ranges::all_of(text, [&](char one) {
        return (one >= '0' && one <= '9') || (one >= 'a' && one <= 'z') ||
               (one >= 'A' && one <= 'Z') || marks.find(one) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view text) {
    return std::ranges::all_of(
        text, [](unsigned char one) { return one == '\t' || (one >= ' ' && one != 127); });
}

pairs read_fields(const toml_file& file, const toml::table& from) {
    pairs found;
    const auto* header = file.table(from, "header");
    if (!header) return found;
    for (const auto& [key, node] : *header) {
        const std::string name{key.str()};
        for (auto& value : one_or_more(file, *header, name)) {
            if (!is_field_name(name) || !is_field_value(value))
                file.wrong(node, "header " + name + " can't stand in the head of a request");
            found.emplace_back(name, std::move(value));
        }
    }
    return found;
}

void read_capabilities(const toml_file& file, const toml::table& from, registry_host& to) {
    const auto all = file.texts(from, "capabilities");
    if (all.empty()) return;
    to.may_pull = to.may_resolve = false;
    for (auto one : all) {
        std::ranges::transform(one, one.begin(), [](char letter) {
            return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
        });
        if (one == "pull") {
            to.may_pull = true;
        } else if (one == "resolve") {
            to.may_resolve = true;
        } else if (one != "push") {
            file.wrong(from, "capabilities",
                       "capabilities holds \"" + one + "\"; there are pull, resolve and push");
        }
    }
}

std::string read_url(const toml_file& file, const toml::node& at, std::string text) {
    if (text.empty()) return text;
    if (!text.starts_with("http")) text.insert(0, "https://");
    while (text.ends_with('/')) text.pop_back();
    try {
        if (parse_url(text).path.find('?') == std::string::npos) return text;
    } catch (const std::invalid_argument&) {
        // What is right is said below.
    }
    file.wrong(at, "\"" + text + "\" is no URL of a registry such as https://mirror.example:5000");
}

registry_host read_host(const toml_file& file, const toml::table& from, const std::string& folder) {
    registry_host found;
    read_capabilities(file, from, found);
    found.skip_verify = file.flag(from, "skip_verify");
    found.overrides_path = file.flag(from, "override_path").value_or(false);
    for (const auto& one : one_or_more(file, from, "ca"))
        found.ca_files.push_back(path_from(folder, one));
    found.clients = read_clients(file, from, folder);
    found.fields = read_fields(file, from);
    found.proxy = file.text(from, "proxy");
    return found;
}

/// Of a folder without hosts.toml, as Docker lays it out: *.crt are trusted, *.cert and *.key are
/// this client's own.
registry_host read_certificates(const fs::path& folder) {
    registry_host found;
    std::vector<fs::path> files;
    for (const auto& one : fs::directory_iterator{folder}) files.push_back(one.path());
    std::ranges::sort(files);
    for (const auto& one : files) {
        if (one.extension() == ".crt") found.ca_files.push_back(one.string());
        if (one.extension() != ".cert") continue;
        auto key = one;
        key.replace_extension(".key");
        found.clients.emplace_back(one.string(), key.string());
    }
    return found;
}

/// The names of folders that are for a registry, best first (containerd's docs/hosts.md).
std::vector<std::string> folder_names(const std::string& registry) {
    std::vector<std::string> names{registry, any_registry};
    // What has no port behind its colons, such as [::1], has no folder of such a name.
    if (const auto colon = registry.rfind(':'); colon != std::string::npos) {
        names.insert(names.begin(),
                     registry.substr(0, colon) + "_" + registry.substr(colon + 1) + "_");
    }
    return names;
}

pull_source source_of(const registry_host& host, const image_reference& image,
                      const std::vector<std::string>& plain_http) {
    auto found = registry_source(image, plain_http);
    const bool own_tls = host.skip_verify || !host.ca_files.empty() || !host.clients.empty();
    if (!host.url.empty()) {
        const auto target = parse_url(host.url);
        const auto authority = target.authority();
        found.registry = registry_of(authority);
        found.name = found.registry == image.registry ? image.registry : "mirror " + host.url;
        auto path = target.path == "/" ? std::string{} : target.path;
        if (!host.overrides_path && !path.ends_with("/v2")) path += "/v2";
        const auto there = "://" + std::string{host_of(found.registry)} + path + "/";
        found.bases = {(target.tls ? "https" : "http") + there};
        // containerd tries TLS first where the settings are of TLS and the port leaves it open.
        if (!target.tls && own_tls && target.port != "80")
            found.bases = {"https" + there, "http" + there};
        if (found.registry != image.registry) found.query = "?ns=" + image.registry;
    }
    found.verify = !host.skip_verify.value_or(false);
    found.ca_files = host.ca_files;
    found.fields = host.fields;
    found.proxy = host.proxy;
    if (host.clients.size() == 1) {
        found.certificate = host.clients.front().first;
        found.key = host.clients.front().second;
    } else if (host.clients.size() > 1) {
        found.problem = "it has several client certificates, of which one alone can be shown";
    }
    return found;
}

}  // namespace

std::vector<registry_host> parse_hosts_toml(const std::string& folder, const std::string& name,
                                            std::string_view text) {
    const toml_file file{name, text};
    const auto& root = file.root();
    std::vector<std::pair<toml::source_position, registry_host>> hosts;
    if (const auto* table = file.table(root, "host")) {
        for (const auto& [key, node] : *table) {
            const std::string url{key.str()};
            if (!node.is_table())
                file.wrong(node, "host is followed by a URL: [host.\"https://...\"]");
            auto host = read_host(file, *node.as_table(), folder);
            host.url = read_url(file, node, url);
            hosts.emplace_back(key.source().begin, std::move(host));
        }
    }
    // They are asked in the order of the file; the library sorts them by name.
    std::ranges::stable_sort(hosts, [](const auto& one, const auto& other) {
        return std::tie(one.first.line, one.first.column) <
               std::tie(other.first.line, other.first.column);
    });
    std::vector<registry_host> found;
    for (auto& [position, host] : hosts) found.push_back(std::move(host));
    auto own = read_host(file, root, folder);
    if (const auto* server = root.get("server"))
        own.url = read_url(file, *server, file.text(root, "server"));
    found.push_back(std::move(own));
    return found;
}

hosts_folder hosts_folder::read(const std::string& path) {
    hosts_folder found;
    found.path_ = path;
    if (fs::exists(fs::path{path} / "hosts.toml"))
        throw std::invalid_argument{path +
                                    " is the folder of one registry; right is the folder "
                                    "above it, which holds one for each"};
    for (const auto& entry : fs::directory_iterator{path}) {
        if (!entry.is_directory()) continue;
        if (found.registries_.size() == registries_max)
            throw std::invalid_argument{path + " holds more than " +
                                        std::to_string(registries_max) + " folders"};
        const auto file = entry.path() / "hosts.toml";
        auto& hosts = found.registries_[entry.path().filename().string()];
        std::string text;
        if (fs::exists(file)) text = read_file(file.string());
        if (text.empty()) {
            hosts.push_back(read_certificates(entry.path()));
        } else {
            hosts = parse_hosts_toml(entry.path().string(), file.string(), text);
        }
    }
    if (found.registries_.empty())
        throw std::invalid_argument{path +
                                    " holds no folder of a registry, such as docker.io/hosts.toml"};
    return found;
}

std::vector<pull_source> hosts_folder::sources(const image_reference& image,
                                               const std::vector<std::string>& plain_http) const {
    for (const auto& name : folder_names(image.registry)) {
        const auto known = registries_.find(name);
        if (known == registries_.end()) continue;
        std::vector<pull_source> found;
        for (const auto& host : known->second) {
            // A tag has to be resolved; a digest says itself what it means.
            if (!host.may_pull || (image.digest.empty() && !host.may_resolve)) continue;
            found.push_back(source_of(host, image, plain_http));
        }
        if (found.empty())
            found.push_back(no_source(image.registry, path_ + "/" + name +
                                                          "/hosts.toml lets no host pull and "
                                                          "resolve this"));
        return found;
    }
    return {registry_source(image, plain_http)};
}

}  // namespace lanewise::bench::cluster
