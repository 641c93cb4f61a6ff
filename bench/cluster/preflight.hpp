// What each workload needs to run on both architectures: its images asked of their registries, what
// pins it, and the conclusion.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kubectl.hpp"
#include "placement_rules.hpp"
#include "registry.hpp"
#include "workloads.hpp"

namespace lanewise::bench::cluster {

struct preflight_options {
    kubectl_options kubectl;
    registry_options registry;
    std::string name_space;  ///< empty: the context's own
    bool all_name_spaces = false;
};

/// What a workload needs first; in the order in which one weighs more than the next.
enum class need : std::uint8_t { image, placement, toleration, unknown, nothing };

/// "needs an image"
[[nodiscard]] std::string_view conclusion_of(need what) noexcept;

struct image_finding {
    workload_image of;
    image_answer answer;
};

struct architecture_finding {
    verdict runs = verdict::unknown;
    verdict image = verdict::unknown;
    placement place;
};

struct workload_finding {
    workload of;
    std::vector<image_finding> images;
    std::map<std::string, architecture_finding> on;  ///< by architecture
    need what = need::nothing;
    std::vector<std::string> reasons;
};

struct preflight_result {
    std::string name_space;
    std::vector<workload_finding> workloads;
    std::vector<cluster_node> nodes;
    bool nodes_known = false;
    std::vector<std::string> notes;
    /// What could not be looked at: the result lacks it.
    std::vector<std::string> gaps;

    [[nodiscard]] std::size_t count(need what) const noexcept;
};

/// Throws kubectl_failure where the cluster gives nothing.
[[nodiscard]] preflight_result run_preflight(const preflight_options& options);

/// What a workload needs, of what is known about it.
[[nodiscard]] workload_finding judge(workload of, std::vector<image_finding> images,
                                     const preflight_result& in);

/// A table for people; every name in it is shown harmlessly.
[[nodiscard]] std::string to_table(const preflight_result& result, bool all_name_spaces);

/// lanewise.preflight/1
[[nodiscard]] boost::json::value to_json(const preflight_result& result);

}  // namespace lanewise::bench::cluster
