// kubectl, the only way to the cluster: what it prints as JSON, and its failures by kind.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "child_process.hpp"

namespace lanewise::bench::cluster {

struct kubectl_options {
    std::string program = "kubectl";
    std::string context;     ///< empty: the current one
    std::string kubeconfig;  ///< empty: kubectl's own choice
    std::chrono::duration<double> patience{60};
};

class kubectl_failure : public std::runtime_error {
public:
    /// `exists`: something of this name is there already. `conflict`: it was changed meanwhile.
    enum class kind : std::uint8_t { not_found, forbidden, exists, conflict, other };
    kubectl_failure(kind what, const std::string& text) : std::runtime_error{text}, kind_{what} {}
    [[nodiscard]] kind what_kind() const noexcept { return kind_; }

    /// A right is missing; a quota or an admission rule says "Forbidden", too.
    [[nodiscard]] bool lacks_right() const;

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

    /// Makes the object, or each of a list; what the API server made of them. Throws
    /// kubectl_failure.
    [[nodiscard]] std::vector<boost::json::value> create(const boost::json::value& object) const;

    /// Puts the object in the place of the one with its resourceVersion. Throws kubectl_failure.
    [[nodiscard]] boost::json::value replace(const boost::json::value& object) const;

    /// `kubectl delete WORDS`, without waiting for the end; what is gone already is no failure.
    /// Throws kubectl_failure.
    void remove(const std::vector<std::string>& words) const;

    /// What a container of a pod printed. Throws kubectl_failure.
    [[nodiscard]] std::string logs(const std::vector<std::string>& words) const;

private:
    [[nodiscard]] child_result call(std::vector<std::string> words, const std::string& input) const;
    /// Its output, where it succeeded. Throws kubectl_failure.
    [[nodiscard]] std::string output_of(std::vector<std::string> words,
                                        const std::string& input) const;

    kubectl_options options_;
};

}  // namespace lanewise::bench::cluster
