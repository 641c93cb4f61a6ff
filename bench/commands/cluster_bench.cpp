// lanewise-bench cluster bench and clean: a service measured on every bench node of a cluster.
#include "cluster_bench.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/cluster/cluster_bench.hpp"
#include "bench/cluster/run_lease.hpp"
#include "bench/cluster/run_pods.hpp"
#include "bench/cluster/span_in_words.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/figures/format.hpp"
#include "bench/machine/progress.hpp"
#include "bench/workloads/request_mix_of.hpp"
#include "bench/workloads/text_input.hpp"
#include "build_info.hpp"
#include "command.hpp"
#include "options.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

constexpr int incomplete = 4;
constexpr auto where_rights_are =
    "; deploy/rights/cluster-bench.yaml holds the rights that it takes";

struct bench_command {
    cluster::bench_options run;
    std::string service;
    std::string workload;
    std::string bench_nodes = "lanewise/role=bench", load_nodes = "lanewise/role=load";
    std::string kernels;  ///< a folder
    bool quick_kernels = false;
    double kubectl_timeout_s = 60;
    double p99_ms = 5;
    int rounds = 3;
    double seconds = 2;
    double warm_up_s = -1;  ///< negative: until it is steady
    int connections = 64;
    std::string output = "-";
};

void say(const std::string& text) {
    std::cerr << "lanewise-bench: " << program::printable(text) << "\n";
}

/// The Deployment's name in deployment/NAME.
std::string deployment_in(const std::string& service) {
    const auto slash = service.find('/');
    const auto type = service.substr(0, slash);
    const auto name = slash == std::string::npos ? std::string{} : service.substr(slash + 1);
    const bool is_deployment = type == "deployment" || type == "deployments" || type == "deploy" ||
                               type == "deployment.apps" || type == "deployments.apps";
    if (!is_deployment || !cluster::is_object_name(name)) {
        throw std::invalid_argument{"--service \"" + service +
                                    "\" is no deployment/NAME, and only Deployments are copied"};
    }
    return name;
}

/// Its text, where lanewise-bench http would take it.
std::string workload_in(const std::string& file) {
    try {
        (void)workloads::request_mix_of(workloads::read_workload(file));
        return read_file(file);
    } catch (const workloads::unusable& error) {
        throw std::invalid_argument{error.what()};
    }
}

void check(bench_command& options) {
    auto& run = options.run;
    if (options.service.empty() && options.kernels.empty()) {
        throw std::invalid_argument{
            "there is nothing to measure: --service deployment/NAME names a service, --kernels "
            "FOLDER measures the kernels of Lanewise"};
    }
    if (!options.service.empty()) run.deployment = deployment_in(options.service);
    if (!run.path.starts_with('/'))
        throw std::invalid_argument{"--path " + run.path + " does not begin with /"};
    for (const auto* name : {&run.name_space, &run.pull_secret}) {
        if (!name->empty() && !cluster::is_object_name(*name))
            throw std::invalid_argument{"\"" + *name + "\" is no name of a Kubernetes object"};
    }
    run.bench_nodes = cluster::parse_node_label("--bench-nodes", options.bench_nodes);
    run.load_nodes = cluster::parse_node_label("--load-nodes", options.load_nodes);
    if (!options.workload.empty()) run.workload = workload_in(options.workload);
    check_output(options.output);
    if (options.kernels.empty()) {
        run.kernel_rounds = 0;
    } else {
        run.kernel_rounds = options.rounds;
        std::filesystem::create_directories(options.kernels);
        if (options.quick_kernels) run.kernel_flags.emplace_back("--quick");
    }
    run.kubectl.patience = std::chrono::duration<double>{options.kubectl_timeout_s};
    run.load_flags = {"--p99-ms",      cluster::number_in_words(options.p99_ms),
                      "--rounds",      std::to_string(options.rounds),
                      "--seconds",     cluster::number_in_words(options.seconds),
                      "--connections", std::to_string(options.connections)};
    if (options.warm_up_s >= 0)
        run.load_flags.insert(run.load_flags.end(),
                              {"--warmup", cluster::number_in_words(options.warm_up_s)});
}

/// What a right that is missing leads to stands in a file.
template <class Call>
int explained(const Call& call) {
    try {
        return call();
    } catch (const cluster::kubectl_failure& failure) {
        if (!failure.lacks_right()) throw;
        throw std::runtime_error{failure.what() + std::string{where_rights_are}};
    } catch (const cluster::run_interrupted&) {
        throw std::runtime_error{"interrupted; nothing was made"};
    }
}

int bench(bench_command& options) {
    check(options);
    catch_every_interruption();  // what it made is taken down first; that ends within minutes
    const auto& folder = options.kernels;
    auto result =
        cluster::run_bench(options.run, {.interrupted = [] { return interrupted(); },
                                         .say = say,
                                         .kernels =
                                             [&](const std::string& name, const std::string& text) {
                                                 const auto file = folder + "/" + name + ".json";
                                                 write_atomically(file, text);
                                                 say(file);
                                             }});
    write_atomically(options.output, document_text(std::move(result.document)));
    if (result.interrupted) {
        say("interrupted; what the run " + result.run + " made is taken down");
        return 1;
    }
    if (result.gaps.empty()) return 0;
    say("incomplete: " + counted(result.gaps.size(), "gap") + "; the report lists them");
    return result.measured == 0 ? 1 : incomplete;
}

void add_kubectl(CLI::App& command, cluster::kubectl_options& kubectl, double& timeout_s) {
    command.add_option("--kubectl", kubectl.program, "kubectl, by name or path")
        ->capture_default_str();
    command.add_option("--context", kubectl.context, "Context for kubectl");
    command.add_option("--kubeconfig", kubectl.kubeconfig, "Configuration file for kubectl");
    command.add_option("--kubectl-timeout", timeout_s, "Seconds for one call of kubectl")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str();
}

void add_load(CLI::App& command, bench_command& options) {
    command
        .add_option("--port", options.run.port,
                    "Port of the service's container (default: the only one that its template "
                    "names)")
        ->check(CLI::Range(1, 65535));
    auto* path = command.add_option("--path", options.run.path, "Path that is asked for")
                     ->capture_default_str();
    command.add_flag("--https", options.run.https,
                     "Speak TLS; a certificate names no pod's address, so it is not verified");
    command
        .add_option("--workload", options.workload,
                    "File of weighted requests, as the workload command makes it")
        ->excludes(path);
    command
        .add_option("--p99-ms", options.p99_ms,
                    "Latency target: milliseconds within which 99 of 100 replies must come")
        ->check(CLI::Range(0.01, 60'000.0))
        ->capture_default_str();
    command
        .add_option("--rounds", options.rounds,
                    "Rounds; each round measures every bench node once, in turn")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    command
        .add_option("--seconds", options.seconds,
                    "Seconds per step of the load; a confirming run takes three times as long")
        ->check(CLI::Range(0.05, 600.0))
        ->capture_default_str();
    command
        .add_option("--warmup", options.warm_up_s,
                    "Seconds of load before the first round; 0: none (default: until it is steady)")
        ->check(CLI::Range(0.0, 3600.0));
    command
        .add_option("--connections", options.connections, "Connections kept open to each server")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
}

}  // namespace

void add_cluster_bench(CLI::App& cluster, chosen_command& chosen) {
    auto options = std::make_shared<bench_command>();
    auto& run = options->run;
    run.image = "lanewise:" LANEWISE_VERSION;
    auto* command = cluster.add_subcommand(
        "bench", "Measure a service on every bench node of every pool; prints a document");
    command->add_option("--service", options->service,
                        "deployment/NAME: one pod of its own template is measured on each node");
    command->add_option("-n,--namespace", run.name_space,
                        "Namespace of the service (default: that of kubectl's context)");
    add_load(*command, *options);
    command->add_flag("--whole-node", run.whole_node,
                      "Lift the template's limits of CPU and memory (default: they are kept)");
    command->add_option("--kernels", options->kernels,
                        "Folder for documents of the kernels of Lanewise, which are then measured "
                        "on each node too, before the service");
    command->add_flag("--quick-kernels", options->quick_kernels,
                      "Measure the kernels within a minute");
    command
        ->add_option("--image", run.image,
                     "Image of Lanewise, which sends the load and describes the nodes")
        ->capture_default_str();
    command->add_option("--image-pull-secret", run.pull_secret,
                        "Secret in the namespace by which that image is pulled");
    command->add_option("--bench-nodes", options->bench_nodes, "Label of the nodes to measure on")
        ->capture_default_str();
    command
        ->add_option("--load-nodes", options->load_nodes,
                     "Label of the nodes that the load may come from")
        ->capture_default_str();
    command
        ->add_option("--ready-timeout", run.ready_timeout_s,
                     "Seconds for a pod to become ready; after that its node is a gap")
        ->check(CLI::Range(1.0, 86'400.0))
        ->capture_default_str();
    command
        ->add_option("--timeout", run.timeout_s,
                     "Seconds for the load of all rounds, and for the kernels of one node")
        ->check(CLI::Range(1.0, 86'400.0))
        ->capture_default_str();
    command->add_option("--look-every", run.look_every_s, "Seconds between looks at the cluster")
        ->check(CLI::Range(0.05, 60.0))
        ->capture_default_str();
    add_kubectl(*command, run.kubectl, options->kubectl_timeout_s);
    add_output(*command, options->output, "document");
    command->footer(
        "\nMakes one pod of the service's own template on each bench node, alone there and without "
        "the labels by which a Service\nwould find it, and loads the pods from another node, in "
        "turn in every round. It changes nothing that it did not make.\nWhat it made carries the "
        "label app.kubernetes.io/managed-by=lanewise-bench and is taken down at the end and on "
        "Ctrl-C.\nOne run at a time measures in a namespace, by the Lease lanewise-bench.\n\n"
        "EXIT STATUS\n  0 all was measured; 4 incomplete: the gaps stand in the document and in "
        "each form of the report; 1 nothing was\n  measured, or it was interrupted\n\n"
        "EXAMPLES\n  lanewise-bench cluster bench -n shop --service deployment/cart --port 8080 "
        "--p99-ms 20 -o cart.json\n  lanewise-bench report cart.json");
    command->final_callback([options, &chosen] {
        options->run.command = chosen.words;
        chosen.run = [options] { return explained([&] { return bench(*options); }); };
    });
}

void add_cluster_clean(CLI::App& cluster, chosen_command& chosen) {
    auto options = std::make_shared<cluster::clean_options>();
    auto timeout_s = std::make_shared<double>(60);
    auto* command = cluster.add_subcommand(
        "clean", "Take down what a run of cluster bench left behind when it died");
    command->add_option("-n,--namespace", options->name_space,
                        "Namespace of the run (default: that of kubectl's context)");
    command->add_flag("--force", options->force, "Take down a run that is at work, too");
    add_kubectl(*command, options->kubectl, *timeout_s);
    command->footer(
        "\nDeletes what carries the label app.kubernetes.io/managed-by=lanewise-bench, and the "
        "Lease.\n\nEXAMPLES\n  lanewise-bench cluster clean -n shop");
    command->final_callback([options, timeout_s, &chosen] {
        chosen.run = [options, timeout_s] {
            options->kubectl.patience = std::chrono::duration<double>{*timeout_s};
            return explained([&] {
                const auto gone = cluster::run_clean(*options);
                for (const auto& one : gone) std::cout << program::printable(one) << "\n";
                if (gone.empty()) std::cout << "Nothing was left.\n";
                return 0;
            });
        };
    });
}

}  // namespace lanewise::bench
