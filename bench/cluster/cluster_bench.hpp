// A service measured on every bench node of every pool: one pod of its own Deployment's template
// on each, alone, under open-loop load from another node. What it makes it takes down.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/documents/gaps_section.hpp"
#include "bench_nodes.hpp"
#include "kubectl.hpp"

namespace lanewise::bench::cluster {

struct bench_options {
    kubectl_options kubectl;
    std::string name_space;  ///< empty: the context's own
    std::string deployment;  ///< empty: no service, the kernels alone
    int port = 0;            ///< 0: the only one that the template names
    std::string path = "/";
    bool https = false;       ///< its certificate names no pod's address, and is not verified
    std::string workload;     ///< the text of a workload's file; empty: none
    bool whole_node = false;  ///< without the template's limits
    std::vector<std::string> load_flags;    ///< of lanewise-bench http
    int kernel_rounds = 0;                  ///< 0: kernels are not measured
    std::vector<std::string> kernel_flags;  ///< of lanewise-bench run
    std::string image;
    std::string pull_secret;
    node_label bench_nodes{"lanewise/role", "bench"}, load_nodes{"lanewise/role", "load"};
    double ready_timeout_s = 300;
    double timeout_s = 7200;  ///< of the load, and of one node's kernels
    double look_every_s = 2;
    std::vector<std::string> command;  ///< for the document
};

struct bench_result {
    std::string run;
    boost::json::object document;  ///< of the service; its gaps are those of the whole run
    std::vector<measuring_gap> gaps;
    std::size_t measured = 0;  ///< servers and nodes whose figures came back
    bool interrupted = false;
};

struct bench_callbacks {
    std::function<bool()> interrupted;
    std::function<void(const std::string&)> say;  ///< a sentence about how it goes
    /// A document of one node's kernels: its name, "run-1-arm-1", and its text.
    std::function<void(const std::string&, const std::string&)> kernels;
};

/// Throws lease_taken where another run is at work, std::runtime_error that names what can't be
/// copied or what is missing before anything is made, kubectl_failure where the cluster fails.
[[nodiscard]] bench_result run_bench(const bench_options& options,
                                     const bench_callbacks& callbacks);

struct clean_options {
    kubectl_options kubectl;
    std::string name_space;
    bool force = false;  ///< a run that is at work, too
    double look_every_s = 2;
};

/// Takes down what runs of before left in a namespace; a sentence for each thing. Throws
/// lease_taken where a run is at work.
[[nodiscard]] std::vector<std::string> run_clean(const clean_options& options);

}  // namespace lanewise::bench::cluster
