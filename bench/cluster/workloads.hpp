// The workloads of a namespace and the nodes of a cluster, as the API server describes them.
#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench::cluster {

struct workload_image {
    std::string container;
    std::string image;
};

struct workload {
    std::string name_space;
    std::string kind;  ///< in lower case: deployment
    std::string name;
    std::vector<workload_image> images;  ///< of containers and init containers
    std::vector<std::string> pull_secrets;
    std::string service_account;
    boost::json::value pod;  ///< the template's spec

    [[nodiscard]] std::string title() const { return kind + "/" + name; }
};

/// Those of a list; a Job that a CronJob made is its CronJob's. Sorted by namespace, kind and name.
[[nodiscard]] std::vector<workload> read_workloads(const boost::json::value& list);

/// Whether an object of Kubernetes can be called so: lower-case letters, digits, dots and dashes.
[[nodiscard]] bool is_object_name(std::string_view name);

struct node_taint {
    std::string key, value, effect;

    [[nodiscard]] std::string text() const;  ///< key=value:effect
    auto operator<=>(const node_taint&) const = default;
};

struct cluster_node {
    std::string name;
    std::string architecture;
    std::map<std::string, std::string> labels;
    std::vector<node_taint> taints;  ///< without those that tell a state, such as a cordon's
    bool control_plane = false;
    bool cordoned = false;
    bool ready = true;  ///< false: its kubelet says so, or says nothing any more
};

/// The Linux nodes of a list.
[[nodiscard]] std::vector<cluster_node> read_nodes(const boost::json::value& list);

}  // namespace lanewise::bench::cluster
