// The pods that a run makes, as the API server takes them: a copy of a Deployment's own pod, and
// pods of our image. Pure functions.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads.hpp"

namespace lanewise::bench::cluster {

inline constexpr std::string_view maker_label = "app.kubernetes.io/managed-by";
inline constexpr std::string_view maker = "lanewise-bench";
inline constexpr std::string_view run_label = "lanewise/run";
inline constexpr std::string_view all_made = "app.kubernetes.io/managed-by=lanewise-bench";

/// Whose an object is: everything that a run makes is owned by its Lease, and goes with it.
struct run_identity {
    std::string run;         ///< six letters and digits
    std::string name_space;  ///< empty: that of kubectl's context
    std::string lease;
    std::string lease_uid;
};

/// Names of the PersistentVolumeClaims that a Deployment's pods mount.
[[nodiscard]] std::vector<std::string> claims_of(const boost::json::value& deployment);

/// What keeps a Deployment's pod from being copied to other nodes, a sentence each; empty: nothing.
/// `claims`: the PersistentVolumeClaims that there are, of those that it names.
[[nodiscard]] std::vector<std::string> what_cannot_be_copied(
    const boost::json::value& deployment, std::span<const boost::json::value> claims);

/// The only port that the template names; none where there are several or none.
[[nodiscard]] std::optional<int> only_port_of(const boost::json::value& deployment);

/// A quantity of CPU, "500m" or "2"; none where it is neither.
[[nodiscard]] std::optional<double> cpus_of(std::string_view quantity);

/// CPUs that the container behind this port is limited to; none: it is not.
[[nodiscard]] std::optional<double> cpu_limit_of(const boost::json::value& deployment, int port);

struct target_wish {
    run_identity of;
    std::string name;
    cluster_node node;
    int port = 0;
    bool whole_node = false;  ///< without the limits of the template
    double lifetime_s = 0;    ///< after which it ends, whatever becomes of the run
};

/// One pod of the Deployment's own template, alone on the node. It carries none of the template's
/// labels: no Service sends it anybody's requests, and no ReplicaSet takes it for its own.
[[nodiscard]] boost::json::value target_pod(const boost::json::value& deployment,
                                            const target_wish& wish);

struct own_pod_wish {
    run_identity of;
    std::string name;
    std::string part;  ///< "machine", "kernels", "load"
    cluster_node node;
    std::string image;
    std::string pull_secret;  ///< empty: none
    std::vector<std::string> command;
    std::string cpu_request = "1", memory_request = "256Mi", memory_limit = "2Gi";
    std::string secret;  ///< mounted at /workload; empty: none
    double lifetime_s = 0;
};

/// A pod of our image on the node, by the restricted Pod Security Standard.
[[nodiscard]] boost::json::value own_pod(const own_pod_wish& wish);

/// The name of the Secret that holds a run's workload.
[[nodiscard]] std::string secret_of(const std::string& run);

/// The instance type of a node, by its label; empty: it has none.
[[nodiscard]] std::string instance_of(const cluster_node& node);

}  // namespace lanewise::bench::cluster
