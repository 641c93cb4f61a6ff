#include "plan_files.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <set>

#include "bench/figures/format.hpp"

namespace lanewise::bench {
namespace {

constexpr double weight_points_max = 5;  ///< by which a weight may be wrong and still be decided

/// Names come out of documents: in double quotes, with escapes, YAML reads them as JSON does.
std::string quoted(const std::string& text) {
    return boost::json::serialize(boost::json::value(text));
}

class file_maker {
public:
    file_maker(const plan& made, const deployment_names& names)
        : made_{&made}, names_{&names}, pools_{made.mix.empty() ? made.pools : made.mix} {
        std::set<std::string> architectures;
        for (const auto& pool : pools_) architectures.insert(pool.architecture);
        apart_ = architectures.size() == pools_.size() &&
                 std::ranges::all_of(architectures, [](const std::string& one) {
                     return one == "amd64" || one == "arm64";
                 });
    }

    plan_files make() {
        if (!apart_) {
            found_.left_out.emplace_back(
                "everything: the pools are not one of amd64 and one of arm64, by which the "
                "Deployments are named");
            return std::move(found_);
        }
        add_autoscaled();
        add_fixed();
        add_affinity_and_node_pools();
        return std::move(found_);
    }

private:
    [[nodiscard]] std::string name_of(const pool_plan& pool) const {
        return names_->name + "-" + pool.architecture;
    }

    /// The documents and the claim that an object rests on.
    [[nodiscard]] std::string annotations(const std::string& claim,
                                          const std::string& indent) const {
        std::string hashes;
        for (const auto& one : made_->hashes) hashes += (hashes.empty() ? "" : ",") + one;
        return indent + "annotations:\n" + indent +
               "  lanewise/documents-sha256: " + quoted(hashes) + "\n" + indent +
               "  lanewise/claim: " + quoted(claim) + "\n";
    }

    [[nodiscard]] std::string head(const std::string& version, const std::string& kind,
                                   const std::string& name, const std::string& claim,
                                   bool in_namespace = true) const {
        return "apiVersion: " + version + "\nkind: " + kind + "\nmetadata:\n  name: " + name +
               "\n" + (in_namespace ? "  namespace: " + names_->name_space + "\n" : "") +
               annotations(claim, "  ");
    }

    void add(const std::string& path, std::string text) {
        found_.files.push_back({path, std::move(text)});
    }

    /// A component: objects of its own, and patches for Deployments that are there.
    void add_component(const std::string& folder, const std::string& what,
                       const std::vector<std::string>& resources,
                       const std::vector<std::pair<std::string, std::string>>& patches) {
        std::string text =
            "# " + what + "\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n";
        if (!resources.empty()) {
            text += "resources:\n";
            for (const auto& one : resources) text += "  - " + one + "\n";
        }
        if (!patches.empty()) {
            text += "patches:\n";
            for (const auto& [file, deployment] : patches)
                text += "  - path: " + file +
                        "\n    target:\n      kind: Deployment\n      name: " + deployment + "\n";
        }
        add(folder + "/kustomization.yaml", std::move(text));
    }

    /// What keeps a pool's figures from being written down; empty: nothing.
    static std::string undecided(const pool_plan& pool) {
        if (pool.one_node) return pool.pool + " rests on one node";
        if (!pool.node_rates) return pool.pool + " has too few rounds for an interval";
        return {};
    }

    [[nodiscard]] int replicas_min() const {
        return made_->asked.survived == loss::zone   ? made_->asked.zones
               : made_->asked.survived == loss::node ? 2
                                                     : 1;
    }

    void add_autoscaled() {
        std::vector<std::string> resources;
        std::vector<std::pair<std::string, std::string>> patches;
        for (const auto& pool : pools_) {
            const auto& scaling = pool.scaling;
            const auto why = undecided(pool);
            if (!why.empty() || !scaling.undecided.empty()) {
                found_.left_out.push_back(
                    "autoscaled, " + name_of(pool) + ": " +
                    (why.empty() ? pool.pool + ": " + scaling.undecided : why));
                continue;
            }
            const auto claim = "At " + percent(scaling.load_share) + " of the rate that held, " +
                               percent(*scaling.busy) + " of the CPUs of " + pool.pool +
                               " are busy: what is left covers the loss of " +
                               in_words(made_->asked) + " and the start of a pod.";
            resources.push_back("hpa-" + pool.architecture + ".yaml");
            const int least = std::min(replicas_min(), pool.replicas);
            add("autoscaled/" + resources.back(),
                head("autoscaling/v2", "HorizontalPodAutoscaler", name_of(pool), claim) +
                    "spec:\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n"
                    "    name: " +
                    name_of(pool) + "\n  minReplicas: " + std::to_string(least) +
                    "\n  maxReplicas: " + std::to_string(pool.replicas) +
                    "\n  metrics:\n    - type: Resource\n      resource:\n        name: cpu\n"
                    "        target:\n          type: Utilization\n          averageUtilization: " +
                    std::to_string(scaling.utilisation_percent) + "\n");
            // By position: a container's name is the user's own.
            const auto patch = "cpu-" + pool.architecture + ".yaml";
            patches.emplace_back(patch, name_of(pool));
            add("autoscaled/" + patch,
                "# What a pod asks for: its share of a node's CPUs; the target above is a share of "
                "that.\n- op: add\n  path: "
                "/spec/template/spec/containers/0/resources/requests/cpu\n"
                "  value: " +
                    std::to_string(scaling.cpu_millicores) +
                    "m\n# The autoscaler owns the count.\n- op: add\n  path: /spec/replicas\n  "
                    "value: 1\n"
                    "- op: remove\n  path: /spec/replicas\n");
        }
        if (!resources.empty())
            add_component("autoscaled",
                          "Each pool grows by its own target, before p99 leaves its own. The first "
                          "container must have resources.requests.",
                          resources, patches);
    }

    /// Replica counts, and weights by the capacity that they make.
    void add_fixed() {
        std::string why;
        for (const auto& pool : pools_) {
            if (why.empty()) why = undecided(pool);
        }
        if (!why.empty()) {
            found_.left_out.push_back("replicas and route: " + why);
            return;
        }
        std::vector<std::pair<std::string, std::string>> patches;
        for (const auto& pool : pools_) {
            const auto patch = "replicas-" + pool.architecture + ".yaml";
            patches.emplace_back(patch, name_of(pool));
            add("replicas/" + patch, head("apps/v1", "Deployment", name_of(pool), pool.driver) +
                                         "spec:\n  replicas: " + std::to_string(pool.replicas) +
                                         "\n");
        }
        add_component("replicas", "The counts of the plan, for pools without an autoscaler.", {},
                      patches);
        add_route();
    }

    void add_route() {
        if (pools_.size() != 2 || !made_->capacity) {
            found_.left_out.emplace_back("route: weights need two pools");
            return;
        }
        const auto weight = [&](double ratio) {
            const double first = pools_[0].nodes * ratio;
            return 100 * first / (first + pools_[1].nodes);
        };
        const auto& capacity = *made_->capacity;
        const double here = weight(capacity.value);
        if (weight(capacity.ci95.high) - here > weight_points_max ||
            here - weight(capacity.ci95.low) > weight_points_max) {
            found_.left_out.push_back(
                "route: the interval of the pools' rates moves a weight by "
                "more than 5 of 100");
            return;
        }
        const int first = std::clamp(static_cast<int>(std::lround(here)), 1, 99);
        const auto backend = [&](const pool_plan& pool, int share) {
            return "        - name: " + name_of(pool) +
                   "\n          port: 8080\n          weight: " + std::to_string(share) + "\n";
        };
        add("route/httproute.yaml",
            head("gateway.networking.k8s.io/v1", "HTTPRoute", names_->name,
                 "A node of " + pools_[0].pool + " holds " + digits(capacity.value) +
                     " times what one of " + pools_[1].pool + " does.") +
                "spec:\n  parentRefs:\n    - name: " + names_->name +
                "\n  rules:\n    - backendRefs:\n" + backend(pools_[0], first) +
                backend(pools_[1], 100 - first));
        add_component("route",
                      "Requests in the ratio of what the planned nodes hold. The Gateway is named "
                      "as the route; Services listen on 8080.",
                      {"httproute.yaml"}, {});
    }

    void add_affinity_and_node_pools() {
        if (!made_->cost_decided) {
            found_.left_out.push_back(
                "affinity and nodepools: that a pool is cheaper is not decided");
            return;
        }
        const auto& cheaper = made_->pools.front();
        add("affinity/affinity.yaml",
            head("apps/v1", "Deployment", names_->name, made_->verdict) +
                "spec:\n  template:\n    spec:\n      affinity:\n        nodeAffinity:\n"
                "          preferredDuringSchedulingIgnoredDuringExecution:\n"
                "            - weight: 100\n              preference:\n"
                "                matchExpressions:\n                  - key: kubernetes.io/arch\n"
                "                    operator: In\n                    values:\n"
                "                      - " +
                cheaper.architecture + "\n");
        add_component("affinity",
                      "For one Deployment that runs on both: the cheaper pool first, the other "
                      "where that is full.",
                      {}, {{"affinity.yaml", names_->name}});
        add_node_pools();
    }

    void add_node_pools() {
        std::vector<std::string> resources;
        std::vector<plan_file> files;
        int weight = 100;
        for (const auto& pool : made_->pools) {
            const bool azure = pool.provider == "azure";
            if (pool.provider != "aws" && !azure) {
                found_.left_out.push_back(
                    "nodepools: Karpenter runs on AWS and Azure, and " + pool.pool + " is of " +
                    (pool.provider.empty() ? "no known cloud" : pool.provider));
                return;
            }
            const std::string group = azure ? "karpenter.azure.com" : "karpenter.k8s.aws";
            const std::string kind = azure ? "AKSNodeClass" : "EC2NodeClass";
            const auto requirement = [](const std::string& key, const std::string& value) {
                return "        - key: " + key +
                       "\n          operator: In\n          values:\n"
                       "            - " +
                       quoted(value) + "\n";
            };
            const auto cpus = static_cast<int>(std::ceil(pool.scaling.cpus * pool.nodes));
            resources.push_back("nodepool-" + pool.architecture + ".yaml");
            files.push_back(
                {"nodepools/" + resources.back(),
                 head("karpenter.sh/v1", "NodePool", name_of(pool), made_->verdict, false) +
                     "spec:\n  weight: " + std::to_string(weight) +
                     "\n  template:\n    spec:\n      nodeClassRef:\n        group: " + group +
                     "\n        kind: " + kind + "\n        name: default\n      requirements:\n" +
                     requirement("kubernetes.io/arch", pool.architecture) +
                     requirement("node.kubernetes.io/instance-type", pool.instance) +
                     requirement("karpenter.sh/capacity-type", "on-demand") +
                     (cpus > 0 ? "  limits:\n    cpu: \"" + std::to_string(cpus) + "\"\n" : "")});
            weight -= 90;
        }
        for (auto& one : files) found_.files.push_back(std::move(one));
        add_component("nodepools",
                      "Karpenter takes the cheaper pool first, up to the planned nodes. Name your "
                      "own node class where it is not \"default\".",
                      resources, {});
    }

    const plan* made_;
    const deployment_names* names_;
    std::vector<pool_plan> pools_;
    bool apart_ = false;
    plan_files found_;
};

}  // namespace

plan_files files_of(const plan& made, const deployment_names& names) {
    return file_maker{made, names}.make();
}

bool is_object_name(const std::string& text) {
    const auto fits = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
               letter == '-';
    };
    // NAME-amd64 is the name of a Service, of 63 letters at most that do not begin with a digit.
    return !text.empty() && text.size() <= 57 && std::ranges::all_of(text, fits) &&
           text.front() >= 'a' && text.back() != '-';
}

}  // namespace lanewise::bench
