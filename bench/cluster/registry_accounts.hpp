// Who a registry is asked as: the files of Docker and of the containers tools, their credential
// helpers, and the pull secrets of a cluster.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench::cluster {

struct registry_account {
    std::string user;
    std::string password;
    std::string identity_token;  ///< exchanged for a token at the token service
    std::string registry_token;  ///< sent to the registry as it is

    bool operator==(const registry_account&) const = default;
};

class registry_accounts {
public:
    /// Those of whoever runs this program: REGISTRY_AUTH_FILE, then DOCKER_CONFIG or
    /// ~/.docker/config.json, then containers/auth.json of XDG_RUNTIME_DIR and XDG_CONFIG_HOME,
    /// then ~/.dockercfg. What can't be read is named in problems().
    [[nodiscard]] static registry_accounts of_user();

    /// Of a Secret for pulling images, in either of its types. It runs no helpers: who may write a
    /// Secret may not choose programs of this machine.
    void add_secret(const boost::json::value& secret);

    /// A file's content; `helpers`: those that it names are asked.
    void add_config(const boost::json::value& config, bool helpers);

    /// Those that fit, best first; the rest are for other registries, or other paths of it.
    [[nodiscard]] std::vector<registry_account> find(const std::string& registry,
                                                     const std::string& repository) const;

    [[nodiscard]] bool empty() const noexcept { return entries_.empty() && helpers_.empty(); }
    [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }

private:
    struct entry {
        std::string key;
        registry_account who;
    };
    struct helper {
        std::string registry;  ///< empty: of every registry
        std::string name;
    };
    void add_auths(const boost::json::object& auths);
    void add_file(const std::string& path, bool needed);

    std::vector<entry> entries_;
    std::vector<helper> helpers_;
    std::vector<std::string> problems_;
};

/// How well a file's key fits: 0 not at all, else the more of the path it names the more. Keys are
/// hosts, with a path or as a URL; in a host each * stands for a part of a label.
[[nodiscard]] std::size_t key_fits(std::string_view key, std::string_view registry,
                                   std::string_view repository);

}  // namespace lanewise::bench::cluster
