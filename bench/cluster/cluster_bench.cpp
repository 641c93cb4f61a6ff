#include "cluster_bench.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <utility>

#include "bench/documents/document.hpp"
#include "bench_phases.hpp"
#include "fields.hpp"
#include "run_lease.hpp"
#include "run_pods.hpp"
#include "run_rights.hpp"
#include "span_in_words.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;
using kind = kubectl_failure::kind;

constexpr double down_within_s = 120;
constexpr std::size_t workload_bytes_max = 1'000'000;  // etcd takes 1.5 MiB, base64 a third more

std::string new_run() {
    // No vowels and no digits that look like letters: a name is no word.
    constexpr std::string_view letters = "bcdfghjkmnpqrstvwxz23456789";
    std::random_device source;
    std::string name;
    for (int i = 0; i < 6; ++i)
        name += letters[std::uniform_int_distribution<std::size_t>{0, letters.size() - 1}(source)];
    return name;
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& one : texts) all += (all.empty() ? "" : "; ") + one;
    return all;
}

class bench_run {
public:
    bench_run(const bench_options& options, const bench_callbacks& callbacks)
        : options_{options}, callbacks_{callbacks}, cluster_{options.kubectl} {}

    bench_result run();

private:
    void begin();
    void read_cluster();
    void check_rights();
    void refuse_what_cannot_be_copied();
    void take_leftovers();
    void take_down();
    [[nodiscard]] json::object empty_document() const;
    [[nodiscard]] std::vector<std::string> in_name_space(std::vector<std::string> words) const;
    void pulse();

    const bench_options& options_;
    const bench_callbacks& callbacks_;
    kubectl cluster_;
    std::string name_space_;
    json::value deployment_;
    int port_ = 0;
    node_choice nodes_;
    std::string run_ = new_run();
    std::optional<run_lease> lease_;
    std::optional<run_pods> pods_;
    run_identity identity_;
    std::vector<std::string> notes_;
    bench_result result_;
};

void bench_run::pulse() {
    if (callbacks_.interrupted()) throw run_interrupted{};
    if (lease_) lease_->keep();
}

std::vector<std::string> bench_run::in_name_space(std::vector<std::string> words) const {
    if (!name_space_.empty()) words.insert(words.end(), {"-n", name_space_});
    return words;
}

void bench_run::read_cluster() {
    name_space_ = options_.name_space;
    if (!options_.deployment.empty()) {
        deployment_ = cluster_.get(in_name_space({"deployments.apps", options_.deployment}));
        name_space_ = text_of(deployment_, {"metadata", "namespace"});
        port_ = options_.port;
        if (port_ == 0) {
            const auto found = only_port_of(deployment_);
            if (!found) {
                throw std::runtime_error{"deployment/" + options_.deployment +
                                         " names no port, or several: --port says which"};
            }
            port_ = *found;
        }
    }
    const auto nodes = read_nodes(cluster_.get({"nodes"}));
    nodes_ = choose_nodes(nodes, options_.bench_nodes, options_.load_nodes);
    if (nodes_.bench.empty()) {
        std::string why;
        for (const auto& one : nodes_.gaps) why += "; " + one.what + ": " + one.why;
        throw std::runtime_error{"no node with the label " + options_.bench_nodes.text() +
                                 " can be measured" + why};
    }
    if (!options_.deployment.empty() && !nodes_.load) {
        throw std::runtime_error{"no node that can be used has the label " +
                                 options_.load_nodes.text() +
                                 ": the load comes from a node that runs no server"};
    }
    const bool shared = nodes_.load && std::ranges::any_of(nodes_.bench, [&](const auto& one) {
                            return one.node.name == nodes_.load->name;
                        });
    if (shared && !options_.deployment.empty()) {
        throw std::runtime_error{"the node " + nodes_.load->name +
                                 " is to be measured and to send the load"};
    }
}

void bench_run::refuse_what_cannot_be_copied() {
    if (options_.deployment.empty()) return;
    std::vector<json::value> claims;
    for (const auto& name : claims_of(deployment_)) {
        try {
            claims.push_back(cluster_.get(in_name_space({"persistentvolumeclaims", name})));
        } catch (const kubectl_failure& failure) {
            if (failure.what_kind() != kind::not_found) throw;
        }
    }
    const auto why = what_cannot_be_copied(deployment_, claims);
    if (!why.empty()) {
        throw std::runtime_error{"deployment/" + options_.deployment +
                                 " can't be copied to other nodes: " + joined(why) +
                                 ". Nothing was made"};
    }
    const auto limit = cpu_limit_of(deployment_, port_);
    if (limit && !options_.whole_node) {
        notes_.push_back("the pods kept the template's limit of " + number_in_words(*limit) +
                         " CPUs, and a price is a whole node's: --whole-node lifts the limits");
        callbacks_.say(notes_.back());
    }
}

void bench_run::check_rights() {
    std::vector<needed_right> rights;
    const auto add = [&](const char* group, const char* resource,
                         const std::vector<std::string>& verbs, const char* part = "") {
        for (const auto& verb : verbs) rights.push_back({verb, group, resource, part});
    };
    add("", "pods", {"create", "list", "delete"});
    add("", "pods", {"get"});
    add("", "pods", {"get"}, "log");
    add("coordination.k8s.io", "leases", {"get", "create", "update", "delete"});
    if (!options_.workload.empty()) add("", "secrets", {"create", "delete"});
    const auto missing = missing_rights(cluster_, name_space_, rights);
    if (missing.empty()) return;
    std::vector<std::string> names;
    names.reserve(missing.size());
    for (const auto& one : missing) names.push_back(one.text());
    throw kubectl_failure{kind::forbidden,
                          "whoever runs this cannot do all that it takes in the namespace " +
                              (name_space_.empty() ? "of the context" : name_space_) + ": " +
                              joined(names) + ". Nothing was made"};
}

/// What runs of before left here goes; what another run does elsewhere on these nodes is in the
/// way.
void bench_run::take_leftovers() {
    const auto list = cluster_.get(in_name_space({"pods", "-l", std::string{all_made}}));
    std::map<std::string, std::string> by_run;
    for (const auto& pod : list_of(list, {"items"})) {
        auto& names = by_run[text_of(pod, {"metadata", "labels", run_label})];
        names += (names.empty() ? "" : ", ") + text_of(pod, {"metadata", "name"});
    }
    std::set<std::string> dead;
    if (!lease_->dead_run().empty()) dead.insert(lease_->dead_run());
    for (const auto& [run, names] : by_run) {
        callbacks_.say("a dead run, " + run + ", left these pods: " + names +
                       "; they are taken down");
        dead.insert(run);
    }
    if (!by_run.empty()) {
        delete_pods(cluster_, name_space_,
                    std::string{all_made} + "," + std::string{run_label} + "!=" + run_,
                    down_within_s, options_.look_every_s);
    }
    for (const auto& run : dead) {
        if (!is_object_name(run)) continue;
        try {
            cluster_.remove(in_name_space({"secrets", secret_of(run)}));
        } catch (const kubectl_failure& failure) {
            if (failure.what_kind() != kind::forbidden) throw;  // it goes with its Lease
        }
    }
    json::value everywhere;
    try {
        everywhere = cluster_.get({"pods", "--all-namespaces", "-l", std::string{all_made}});
    } catch (const kubectl_failure& failure) {
        if (failure.what_kind() != kind::forbidden) throw;
        return;  // pods that don't fit beside each other become gaps
    }
    for (const auto& pod : list_of(everywhere, {"items"})) {
        const auto where = text_of(pod, {"metadata", "namespace"});
        const auto on = text_of(pod, {"spec", "nodeName"});
        const auto phase = text_of(pod, {"status", "phase"});
        const bool ours =
            (nodes_.load && nodes_.load->name == on) ||
            std::ranges::any_of(nodes_.bench, [&](const auto& one) { return one.node.name == on; });
        if (where == name_space_ || name_space_.empty() || !ours || phase == "Succeeded" ||
            phase == "Failed")
            continue;
        throw lease_taken{"one run at a time: the run " +
                          text_of(pod, {"metadata", "labels", run_label}) + " of the namespace " +
                          where + " has the pod " + text_of(pod, {"metadata", "name"}) +
                          " on the node " + on +
                          "; where that run is dead, lanewise-bench cluster "
                          "clean -n " +
                          where + " takes it down"};
    }
}

json::object bench_run::empty_document() const {
    auto document = new_document(options_.command);
    for (const auto* field :
         {"/machine", "/environment", "/kernels", "/sweeps", "/http", "/energy"})
        add_note(document, field, "no load of the service came back whole");
    return document;
}

void bench_run::take_down() {
    callbacks_.say("taking down what the run " + run_ + " made");
    delete_pods(cluster_, name_space_, std::string{run_label} + "=" + run_, down_within_s,
                options_.look_every_s);
    if (!options_.workload.empty()) cluster_.remove(in_name_space({"secrets", secret_of(run_)}));
    lease_->release();
}

/// All that is asked before anything is made, and the Lease.
void bench_run::begin() {
    read_cluster();
    refuse_what_cannot_be_copied();
    check_rights();
    if (callbacks_.interrupted()) throw run_interrupted{};
    const pod_watching how{
        .look_every_s = options_.look_every_s, .pulse = [this] { pulse(); }, .say = callbacks_.say};
    pods_.emplace(cluster_, run_identity{run_, name_space_, run_lease::name, ""}, how);
    lease_.emplace(
        cluster_, name_space_, run_, [this](double seconds) { pods_->pause(seconds); },
        callbacks_.say);
    lease_->acquire();
    identity_ = {run_, name_space_, run_lease::name, lease_->uid()};
}

bench_result bench_run::run() {
    if (options_.workload.size() > workload_bytes_max) {
        throw std::runtime_error{"the workload has " + std::to_string(options_.workload.size()) +
                                 " bytes; a Secret takes " + std::to_string(workload_bytes_max)};
    }
    result_.run = run_;
    try {
        begin();
    } catch (const kubectl_failure&) {
        // At a terminal, Ctrl-C ends kubectl, too: what fails then is no fault of the cluster.
        if (callbacks_.interrupted()) throw run_interrupted{};
        throw;
    }
    std::exception_ptr failed;
    const auto stop = [this] {
        result_.interrupted = true;
        result_.gaps.push_back({"what had not run by then", "interrupted"});
    };
    try {
        callbacks_.say("the run " + run_ + " begins");
        take_leftovers();
        bench_phases{options_, callbacks_, *pods_, {identity_, deployment_, port_, nodes_}, result_}
            .measure();
    } catch (const run_interrupted&) {
        stop();
    } catch (const kubectl_failure&) {
        if (callbacks_.interrupted()) {
            stop();
        } else {
            failed = std::current_exception();
        }
    } catch (...) {
        failed = std::current_exception();
    }
    try {
        take_down();
    } catch (const std::exception& error) {
        callbacks_.say(std::string{"not all that the run "} + run_ +
                       " made is gone: " + error.what() + ". lanewise-bench cluster clean" +
                       (name_space_.empty() ? "" : " -n " + name_space_) + " takes it down");
        if (!failed) failed = std::current_exception();
    }
    if (failed) std::rethrow_exception(failed);
    if (result_.document.empty()) result_.document = empty_document();
    auto& words = result_.document.at("made").as_object()["command"];
    words = json::array(options_.command.begin(), options_.command.end());
    for (const auto& note : notes_) add_note(result_.document, "", note);
    if (result_.interrupted)
        add_note(result_.document, "", "interrupted: what had not run by then is missing");
    put_gaps(result_.document, result_.gaps);
    return std::move(result_);
}

}  // namespace

bench_result run_bench(const bench_options& options, const bench_callbacks& callbacks) {
    return bench_run{options, callbacks}.run();
}

}  // namespace lanewise::bench::cluster
