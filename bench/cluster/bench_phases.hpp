// What a run measures, one phase after the other: kernels on each bench node, what the nodes are, a
// server on each, the load of all of them. What fails is a gap, and the rest goes on.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <vector>

#include "bench_nodes.hpp"
#include "cluster_bench.hpp"
#include "pod_plan.hpp"
#include "run_pods.hpp"

namespace lanewise::bench::cluster {

/// What a run knows once it has the Lease.
struct bench_subject {
    run_identity identity;
    boost::json::value deployment;  ///< null: no service
    int port = 0;
    node_choice nodes;
};

class bench_phases {
public:
    bench_phases(const bench_options& options, const bench_callbacks& callbacks, run_pods& pods,
                 bench_subject subject, bench_result& result);

    /// Fills the result. Throws what its pods throw: the end by Ctrl-C, the Lease that is lost, an
    /// API server that fails.
    void measure();

private:
    /// One server of the service, on one bench node.
    struct target {
        measured_node on;
        std::string pod;
        boost::json::value machine;
        std::string host;  ///< address and port, as the load's URL has them; empty: not ready
        int restarts = 0;
        std::string lost;  ///< why its figures don't count; empty: they do
    };

    void read_machines();
    void measure_kernels(int round);
    void make_targets();
    void load();
    void use(boost::json::object document);
    [[nodiscard]] std::string pod_name(const std::string& part) const;
    [[nodiscard]] own_pod_wish own(const std::string& name, const std::string& part,
                                   const cluster_node& node, double lifetime_s) const;
    [[nodiscard]] std::string make_load_pod();
    /// False: no server is left to be loaded.
    bool look_after_targets(const std::map<std::string, boost::json::value>& pods);
    void gap(const std::string& what, const std::string& why);

    const bench_options& options_;
    const bench_callbacks& callbacks_;
    run_pods& pods_;
    run_identity identity_;
    boost::json::value deployment_;
    int port_;
    node_choice nodes_;
    std::vector<target> targets_;
    std::string load_pod_;
    bench_result& result_;
};

}  // namespace lanewise::bench::cluster
