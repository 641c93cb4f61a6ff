// kubectl, the only way to the cluster: what it prints as JSON, and its failures by kind.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace lanewise::bench::cluster {

struct kubectl_options {
    std::string context;     ///< empty: the current one
    std::string kubeconfig;  ///< empty: kubectl's own choice
    std::chrono::duration<double> patience{60};
};

class kubectl_failure : public std::runtime_error {
public:
    enum class kind : std::uint8_t { not_found, forbidden, other };
    kubectl_failure(kind what, const std::string& text) : std::runtime_error{text}, kind_{what} {}
    [[nodiscard]] kind what_kind() const noexcept { return kind_; }

private:
    kind kind_;
};

class kubectl {
public:
    explicit kubectl(kubectl_options options) : options_{std::move(options)} {}

    /// `kubectl get WORDS -o json`. Throws kubectl_failure.
    [[nodiscard]] boost::json::value get(const std::vector<std::string>& words) const;

    struct listed {
        boost::json::value list;
        std::vector<kubectl_failure> failures;  ///< of the kinds that are missing in the list
    };
    /// The same for objects of several kinds, of which some may be refused. Throws kubectl_failure
    /// where nothing was given.
    [[nodiscard]] listed get_some(const std::vector<std::string>& words) const;

private:
    kubectl_options options_;
};

}  // namespace lanewise::bench::cluster
