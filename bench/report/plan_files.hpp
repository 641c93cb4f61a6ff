// A plan as files that a cluster takes: components of kustomize, each only where the claim behind
// it is decided. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "bench/claims/claims_plan.hpp"

namespace lanewise::bench {

/// What the files are for.
struct deployment_names {
    std::string name = "lanewise";        ///< Deployments and Services are NAME-ARCHITECTURE
    std::string name_space = "lanewise";  ///< of all objects that have one
};

struct plan_file {
    std::string path;  ///< below the folder: "autoscaled/kustomization.yaml"
    std::string text;
};

struct plan_files {
    std::vector<plan_file> files;
    std::vector<std::string> left_out;  ///< "affinity and nodepools: why"
};

[[nodiscard]] plan_files files_of(const plan& made, const deployment_names& names);

/// Whether Kubernetes takes the text as a name (RFC 1123): small letters, digits and hyphens.
[[nodiscard]] bool is_object_name(const std::string& text);

}  // namespace lanewise::bench
