// lanewise-bench cluster: what a Kubernetes cluster's own workloads need, and what they would cost.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "bench/cluster/preflight.hpp"
#include "bench/documents/document.hpp"
#include "cluster_bench.hpp"
#include "command.hpp"
#include "number_within.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

constexpr int cannot_run_on_both = 3;

struct preflight_command {
    cluster::preflight_options run;
    std::vector<std::string> mirrors;
    std::string mirrors_file;
    double timeout_s = 30;
    double kubectl_timeout_s = 60;
    bool json = false;
};

constexpr auto where_rights_are = "; deploy/rights/preflight.yaml holds the rights that it takes";

cluster::preflight_result looked_at(const cluster::preflight_options& options) {
    try {
        return cluster::run_preflight(options);
    } catch (const cluster::kubectl_failure& failure) {
        if (failure.what_kind() != cluster::kubectl_failure::kind::forbidden) throw;
        throw std::runtime_error{failure.what() + std::string{where_rights_are}};
    }
}

int preflight(preflight_command& options) {
    auto& mirrors = options.run.registry.mirrors;
    for (const auto& one : options.mirrors) mirrors.pairs.push_back(cluster::parse_mirror(one));
    try {
        if (!options.mirrors_file.empty()) cluster::add_mirrors(options.mirrors_file, mirrors);
    } catch (const std::system_error& error) {
        throw std::invalid_argument{std::string{"--mirrors "} + error.what()};
    }
    options.run.registry.patience = std::chrono::duration<double>{options.timeout_s};
    options.run.kubectl.patience = std::chrono::duration<double>{options.kubectl_timeout_s};
    // A file of certificates that can't be used is bad usage, not an unknown image.
    (void)tls_client{options.run.registry.tls, "registry"};

    const auto result = looked_at(options.run);
    if (options.json) {
        std::cout << pretty(cluster::to_json(result)) << "\n";
    } else {
        std::cout << cluster::to_table(result, options.run.all_name_spaces);
    }
    for (const auto& gap : result.gaps)
        std::cerr << "lanewise-bench: not looked at: " << program::printable(gap)
                  << (gap.find("(Forbidden)") == std::string::npos ? "" : where_rights_are) << "\n";
    for (const auto what :
         {cluster::need::image, cluster::need::placement, cluster::need::toleration}) {
        if (result.count(what) > 0) return cannot_run_on_both;
    }
    return result.gaps.empty() ? 0 : 1;
}

void add_preflight(CLI::App& cluster, chosen_command& chosen) {
    auto options = std::make_shared<preflight_command>();
    auto& run = options->run;
    auto* command = cluster.add_subcommand(
        "preflight", "Say what each workload of a namespace needs to run on amd64 and arm64");
    auto* name_space =
        command
            ->add_option("-n,--namespace", run.name_space,
                         "Namespace of the workloads (default: that of kubectl's context)")
            ->type_name("NAME");
    command->add_flag("-A,--all-namespaces", run.all_name_spaces, "Look at every namespace")
        ->excludes(name_space);
    command->add_option("--context", run.kubectl.context, "Context for kubectl")->type_name("NAME");
    command->add_option("--kubeconfig", run.kubectl.kubeconfig, "Configuration file for kubectl")
        ->type_name("FILE");
    command
        ->add_option("--mirror", options->mirrors,
                     "Registry that is asked first in place of another, as in "
                     "docker.io=mirror.example:5000 or ghcr.io=https://mirror.example/ghcr. May "
                     "come several times")
        ->type_name("NAME=MIRROR")
        ->allow_extra_args(false);
    command
        ->add_option("--mirrors", options->mirrors_file,
                     "What says where images are pulled from: a file of such pairs, a line each; "
                     "registries.conf of the containers tools, version 2; or containerd's folder "
                     "certs.d")
        ->type_name("FILE");
    command
        ->add_option("--plain-http", run.registry.plain_http,
                     "Registry, as images name it, that speaks plain HTTP (default: those of this "
                     "machine). May come several times")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command
        ->add_option("--cacert", run.registry.tls.ca_file,
                     "File of the certificates to trust, in PEM (default: the system's)")
        ->type_name("FILE");
    command
        ->add_option("--timeout", options->timeout_s,
                     "Seconds for one image at its registry; after that it is unknown")
        ->check(number_within(0.1, 600.0))
        ->capture_default_str();
    command
        ->add_option("--kubectl-timeout", options->kubectl_timeout_s,
                     "Seconds for one call of kubectl")
        ->check(number_within(0.1, 3600.0))
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print JSON: lanewise.preflight/1");
    command->footer(
        "\nReads Deployments, StatefulSets, DaemonSets, CronJobs, Jobs and nodes through kubectl, "
        "and changes nothing. A registry\nis asked as the user of Docker's and the containers "
        "tools' files and their credential helpers, then without an\naccount, and where that is "
        "refused with the workload's pull secrets. What can't be asked is unknown, never no.\n\n"
        "EXIT STATUS\n  0 everything can run on both, or is unknown; 3 something can't; 1 the "
        "cluster could not be read, or not all of it\n\n"
        "EXAMPLES\n  lanewise-bench cluster preflight -n shop\n"
        "  lanewise-bench cluster preflight -n shop --mirror docker.io=mirror.example:5000 --json");
    command->final_callback(
        [options, &chosen] { chosen.run = [options] { return preflight(*options); }; });
}

}  // namespace

void add_cluster(CLI::App& program, chosen_command& chosen) {
    auto* command = program.add_subcommand(
        "cluster", "Judge and measure the workloads of a Kubernetes cluster on both architectures");
    command->require_subcommand(1);
    command->footer(
        "\nUnder the name kubectl-lanewise, in PATH, the program is a plugin: kubectl lanewise "
        "preflight.\n\nEXAMPLES\n  lanewise-bench cluster preflight -n shop\n"
        "  lanewise-bench cluster bench -n shop --service deployment/cart --port 8080 -o "
        "cart.json\n"
        "  lanewise-bench cluster clean -n shop");
    add_preflight(*command, chosen);
    add_cluster_bench(*command, chosen);
    add_cluster_clean(*command, chosen);
}

}  // namespace lanewise::bench
