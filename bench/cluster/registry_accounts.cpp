#include "registry_accounts.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "bench/documents/files.hpp"
#include "child_process.hpp"
#include "fields.hpp"
#include "image_reference.hpp"
#include "web_challenges.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds helper_patience{15};
constexpr std::size_t helper_bytes_max = 1 << 20;
constexpr std::size_t accounts_max = 8;  // tried for one registry
// Under which Docker's files and helpers keep the account of Docker Hub.
constexpr auto hub_key = "https://index.docker.io/v1/";

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

registry_account account_of(std::string user, std::string secret) {
    // The word by which Docker marks a secret that is no password.
    if (user == "<token>") return {{}, {}, std::move(secret), {}};
    return {std::move(user), std::move(secret), {}, {}};
}

std::optional<registry_account> account_of(const json::value& entry) {
    registry_account found{text_of(entry, {"username"}), text_of(entry, {"password"}),
                           text_of(entry, {"identitytoken"}), text_of(entry, {"registrytoken"})};
    if (const auto auth = from_base64(text_of(entry, {"auth"})); auth && !auth->empty()) {
        const auto colon = auth->find(':');
        if (colon != std::string::npos) {
            auto password = auth->substr(colon + 1);
            password.erase(password.find_last_not_of('\0') + 1);
            const auto read = account_of(auth->substr(0, colon), password);
            found.user = read.user;
            found.password = read.password;
            if (found.identity_token.empty()) found.identity_token = read.identity_token;
        }
    }
    if (found == registry_account{}) return std::nullopt;
    return found;
}

/// None where the helper knows none, or fails: then the files are asked.
std::optional<registry_account> ask_helper(const std::string& name, const std::string& registry) {
    if (name.empty() || name.find('/') != std::string::npos) return std::nullopt;
    child_call call;
    call.words = {"docker-credential-" + name, "get"};
    call.input = registry == "docker.io" ? hub_key : registry;
    call.patience = helper_patience;
    call.bytes_max = helper_bytes_max;
    try {
        const auto said = run_child(call);
        if (!said.succeeded()) return std::nullopt;
        const auto read = parsed(said.output);
        if (!read) return std::nullopt;
        auto found = account_of(text_of(*read, {"Username"}), text_of(*read, {"Secret"}));
        if (found == registry_account{}) return std::nullopt;
        return found;
    } catch (const std::system_error&) {
        return std::nullopt;
    }
}

bool host_fits(std::string_view pattern, std::string_view host) {
    const auto labels = [](std::string_view text) { return std::ranges::count(text, '.'); };
    if (labels(pattern) != labels(host)) return false;
    while (true) {
        const auto end = pattern.find('.'), host_end = host.find('.');
        const std::string one{pattern.substr(0, end)}, other{host.substr(0, host_end)};
        if (fnmatch(one.c_str(), other.c_str(), FNM_NOESCAPE) != 0) return false;
        if (end == std::string_view::npos) return true;
        pattern.remove_prefix(end + 1);
        host.remove_prefix(host_end + 1);
    }
}

}  // namespace

std::size_t key_fits(std::string_view key, std::string_view registry, std::string_view repository) {
    for (const std::string_view scheme : {"https://", "http://"})
        if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
    auto host = key.substr(0, key.find('/'));
    auto path = key.substr(std::min(host.size() + 1, key.size()));
    while (path.ends_with('/')) path.remove_suffix(1);
    if (path == "v1" || path == "v2") path = {};
    host = registry_of(host);
    const auto port = [](std::string_view text) {
        return text.substr(std::min(text.rfind(':'), text.size()));
    };
    const auto bare = [](std::string_view text) { return text.substr(0, text.rfind(':')); };
    if (port(host) != port(registry) || !host_fits(bare(host), bare(registry))) return 0;
    if (path.empty()) return 1;
    const bool within = repository.starts_with(path) &&
                        (repository.size() == path.size() || repository[path.size()] == '/');
    return within ? 1 + path.size() : 0;
}

void registry_accounts::add_auths(const json::object& auths) {
    for (const auto& [key, value] : auths)
        if (auto who = account_of(value)) entries_.push_back({std::string{key}, std::move(*who)});
}

void registry_accounts::add_config(const json::value& config, bool helpers) {
    add_auths(object_of(config, {"auths"}));
    if (!helpers) return;
    for (const auto& [registry, name] : object_of(config, {"credHelpers"}))
        if (name.is_string())
            helpers_.push_back({std::string{registry}, std::string{name.get_string()}});
    if (auto store = text_of(config, {"credsStore"}); !store.empty())
        helpers_.push_back({{}, std::move(store)});
}

void registry_accounts::add_secret(const json::value& secret) {
    if (const auto config = from_base64(text_of(secret, {"data", ".dockerconfigjson"})))
        if (const auto read = parsed(*config)) add_config(*read, false);
    if (const auto config = from_base64(text_of(secret, {"data", ".dockercfg"})))
        if (const auto read = parsed(*config); read && read->is_object())
            add_auths(read->get_object());
}

void registry_accounts::add_file(const std::string& path, bool needed) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
        if (needed) problems_.push_back(path + ": " + "no such file");
        return;
    }
    try {
        const auto read = parsed(read_file(path));
        if (!read || !read->is_object()) {
            problems_.push_back(path + ": no JSON object, so no account is taken from it");
        } else if (path.ends_with(".dockercfg")) {
            add_auths(read->get_object());
        } else {
            add_config(*read, true);
        }
    } catch (const std::system_error& failed) {
        problems_.emplace_back(failed.what());
    }
}

registry_accounts registry_accounts::of_user() {
    registry_accounts found;
    if (const auto file = variable("REGISTRY_AUTH_FILE"); !file.empty()) found.add_file(file, true);
    const auto home = variable("HOME");
    const auto docker = variable("DOCKER_CONFIG");
    found.add_file((docker.empty() ? home + "/.docker" : docker) + "/config.json", false);
    if (const auto run = variable("XDG_RUNTIME_DIR"); !run.empty())
        found.add_file(run + "/containers/auth.json", false);
    const auto config = variable("XDG_CONFIG_HOME");
    found.add_file((config.empty() ? home + "/.config" : config) + "/containers/auth.json", false);
    found.add_file(home + "/.dockercfg", false);
    return found;
}

std::vector<registry_account> registry_accounts::find(const std::string& registry,
                                                      const std::string& repository) const {
    std::vector<registry_account> found;
    const auto add = [&](registry_account who) {
        if (found.size() < accounts_max && std::ranges::find(found, who) == found.end())
            found.push_back(std::move(who));
    };
    std::vector<std::pair<std::size_t, const entry*>> fitting;
    for (const auto& one : entries_)
        if (const auto fit = key_fits(one.key, registry, repository); fit > 0)
            fitting.emplace_back(fit, &one);
    std::ranges::stable_sort(fitting, std::greater<>{},
                             &std::pair<std::size_t, const entry*>::first);
    // A helper of this registry alone comes before the files, one of all registries does too, as
    // Docker has it: the file's entry is then an empty one.
    for (const bool general : {false, true}) {
        for (const auto& [whose, name] : helpers_) {
            if (whose.empty() != general) continue;
            if (!general && key_fits(whose, registry, repository) == 0) continue;
            if (auto who = ask_helper(name, registry)) add(std::move(*who));
        }
    }
    for (const auto& [fit, one] : fitting) add(one->who);
    return found;
}

}  // namespace lanewise::bench::cluster
