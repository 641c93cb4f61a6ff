#include "pod_plan.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "fields.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;

// Disks that the volume names itself, and that one node mounts at a time where it may write.
constexpr std::array<std::string_view, 12> inline_disks{"awsElasticBlockStore",
                                                        "gcePersistentDisk",
                                                        "azureDisk",
                                                        "cinder",
                                                        "vsphereVolume",
                                                        "fc",
                                                        "iscsi",
                                                        "rbd",
                                                        "portworxVolume",
                                                        "photonPersistentDisk",
                                                        "scaleIO",
                                                        "storageos"};

// What would send the pod elsewhere, or put it before others' pods: it goes to one named node, and
// preempts nobody.
constexpr std::array<std::string_view, 9> placing_fields{"nodeName",
                                                         "nodeSelector",
                                                         "affinity",
                                                         "topologySpreadConstraints",
                                                         "priorityClassName",
                                                         "priority",
                                                         "preemptionPolicy",
                                                         "schedulingGates",
                                                         "activeDeadlineSeconds"};

const json::value& pod_of(const json::value& deployment) {
    static const json::value none = json::object{};
    const auto* found = field(deployment, {"spec", "template", "spec"});
    return found && found->is_object() ? *found : none;
}

std::string quoted(const std::string& name) {
    return "\"" + name + "\"";
}

bool is_true(const json::value& of, field_path path) {
    const auto* found = field(of, path);
    return found && *found == json::value(true);
}

/// None where many nodes may mount it.
std::string why_not_shared(const json::value* claim) {
    if (!claim) return "which does not exist";
    std::string modes;
    for (const auto& mode : list_of(*claim, {"spec", "accessModes"})) {
        if (!mode.is_string()) continue;
        if (mode == "ReadWriteMany" || mode == "ReadOnlyMany") return {};
        modes += (modes.empty() ? "" : ", ") + std::string{mode.get_string()};
    }
    return "which only one may mount (" + (modes.empty() ? "no access mode" : modes) + ")";
}

void judge_volumes(const json::value& pod, std::span<const json::value> claims,
                   std::vector<std::string>& found) {
    for (const auto& volume : list_of(pod, {"volumes"})) {
        const auto name = "the volume " + quoted(text_of(volume, {"name"}));
        if (const auto claim_name = text_of(volume, {"persistentVolumeClaim", "claimName"});
            !claim_name.empty()) {
            const auto claim = std::ranges::find(claims, claim_name, [](const auto& one) {
                return text_of(one, {"metadata", "name"});
            });
            const auto why = why_not_shared(claim == claims.end() ? nullptr : &*claim);
            if (!why.empty()) {
                found.push_back(name + " is of the PersistentVolumeClaim " + quoted(claim_name) +
                                ", " + why);
            }
        }
        for (const auto disk : inline_disks) {
            const auto* one = field(volume, {disk});
            if (one && !is_true(*one, {"readOnly"})) {
                found.push_back(name + " is a disk that only one may mount (" + std::string{disk} +
                                ")");
            }
        }
    }
}

void judge_ports(const json::value& pod, std::vector<std::string>& found) {
    for (const auto* list : {"initContainers", "containers"}) {
        for (const auto& container : list_of(pod, {list})) {
            for (const auto& port : list_of(container, {"ports"})) {
                const auto* taken = field(port, {"hostPort"});
                if (!taken || !taken->is_int64() || taken->get_int64() == 0) continue;
                found.push_back("the container " + quoted(text_of(container, {"name"})) +
                                " takes the port " + std::to_string(taken->get_int64()) +
                                " of its node (hostPort)");
            }
        }
    }
}

/// The container that serves the port, by what the template says of ports; else the first one.
std::size_t serving(const json::array& containers, int port) {
    for (std::size_t i = 0; i < containers.size(); ++i) {
        for (const auto& one : list_of(containers[i], {"ports"})) {
            const auto* number = field(one, {"containerPort"});
            if (number && *number == json::value(port)) return i;
        }
    }
    return 0;
}

json::object labels_of(const run_identity& of, const std::string& part) {
    json::object labels;
    labels[maker_label] = maker;
    labels[run_label] = of.run;
    labels["app.kubernetes.io/component"] = part;
    return labels;
}

json::object metadata_of(const run_identity& of, const std::string& name, const std::string& part) {
    json::object made;
    made["name"] = name;
    if (!of.name_space.empty()) made["namespace"] = of.name_space;
    made["labels"] = labels_of(of, part);
    made["annotations"] = json::object{{"cluster-autoscaler.kubernetes.io/safe-to-evict", "false"}};
    json::object owner;
    owner["apiVersion"] = "coordination.k8s.io/v1";
    owner["kind"] = "Lease";
    owner["name"] = of.lease;
    owner["uid"] = of.lease_uid;
    made["ownerReferences"] = json::array{owner};
    return made;
}

/// On this node, by its name: the label kubernetes.io/hostname may differ from it. And on none that
/// has another pod of ours.
json::object alone_on(const cluster_node& node) {
    const json::object by_name{
        {"matchFields",
         json::array{json::object{
             {"key", "metadata.name"}, {"operator", "In"}, {"values", json::array{node.name}}}}}};
    json::object ours;
    ours[maker_label] = maker;
    const json::object apart{{"topologyKey", "kubernetes.io/hostname"},
                             {"labelSelector", json::object{{"matchLabels", ours}}},
                             {"namespaceSelector", json::object{}}};
    constexpr auto required = "requiredDuringSchedulingIgnoredDuringExecution";
    json::object affinity;
    affinity["nodeAffinity"] =
        json::object{{required, json::object{{"nodeSelectorTerms", json::array{by_name}}}}};
    affinity["podAntiAffinity"] = json::object{{required, json::array{apart}}};
    return affinity;
}

void tolerate(json::array& tolerations, const cluster_node& node) {
    for (const auto& taint : node.taints) {
        json::object one;
        one["key"] = taint.key;
        one["operator"] = taint.value.empty() ? "Exists" : "Equal";
        if (!taint.value.empty()) one["value"] = taint.value;
        one["effect"] = taint.effect;
        tolerations.push_back(std::move(one));
    }
}

json::array tolerations_of(const json::value& pod, const cluster_node& node) {
    json::array all = list_of(pod, {"tolerations"});
    tolerate(all, node);
    return all;
}

void lift_limits(json::object& spec) {
    for (const auto* list : {"initContainers", "containers"}) {
        auto* containers = spec.if_contains(list);
        if (!containers || !containers->is_array()) continue;
        for (auto& container : containers->get_array()) {
            auto* object = container.if_object();
            auto* resources = object ? object->if_contains("resources") : nullptr;
            if (!resources || !resources->is_object()) continue;
            // A limit without a request is the request, too: what the pod is sure to get stays.
            auto& fields = resources->get_object();
            json::object requests = object_of(*resources, {"limits"});
            for (const auto& [name, value] : object_of(*resources, {"requests"}))
                requests[name] = value;
            // What is not CPU or memory, such as a GPU, is no bound but what the pod needs.
            json::object kept;
            for (const auto& [name, value] : object_of(*resources, {"limits"})) {
                if (name != "cpu" && name != "memory" && name != "ephemeral-storage")
                    kept[name] = value;
            }
            fields.clear();
            if (!requests.empty()) fields["requests"] = std::move(requests);
            if (!kept.empty()) fields["limits"] = std::move(kept);
        }
    }
}

/// Without a probe a pod is ready before its server listens.
void add_readiness(json::object& spec, int port) {
    auto* containers = spec.if_contains("containers");
    if (!containers || !containers->is_array() || containers->get_array().empty()) return;
    auto& list = containers->get_array();
    auto* container = list[serving(list, port)].if_object();
    if (!container || container->contains("readinessProbe")) return;
    (*container)["readinessProbe"] =
        json::object{{"tcpSocket", json::object{{"port", port}}}, {"periodSeconds", 1}};
}

json::object from_field(const std::string& name, const std::string& path) {
    return {{"name", name},
            {"valueFrom", json::object{{"fieldRef", json::object{{"fieldPath", path}}}}}};
}

json::array words(const std::vector<std::string>& from) {
    json::array made;
    for (const auto& one : from) made.emplace_back(one);
    return made;
}

}  // namespace

std::vector<std::string> claims_of(const json::value& deployment) {
    std::set<std::string> names;
    for (const auto& volume : list_of(pod_of(deployment), {"volumes"}))
        if (auto name = text_of(volume, {"persistentVolumeClaim", "claimName"});
            is_object_name(name))
            names.insert(std::move(name));
    return {names.begin(), names.end()};
}

std::vector<std::string> what_cannot_be_copied(const json::value& deployment,
                                               std::span<const json::value> claims) {
    const auto& pod = pod_of(deployment);
    std::vector<std::string> found;
    if (list_of(pod, {"containers"}).empty()) found.emplace_back("it has no container");
    if (const auto name = text_of(pod, {"nodeName"}); !name.empty())
        found.push_back("it is bound to the node " + quoted(name) + " (nodeName)");
    if (is_true(pod, {"hostNetwork"}))
        found.emplace_back("it takes its ports of its node (hostNetwork)");
    judge_ports(pod, found);
    judge_volumes(pod, claims, found);
    return found;
}

std::optional<int> only_port_of(const json::value& deployment) {
    std::set<std::int64_t> ports;
    for (const auto& container : list_of(pod_of(deployment), {"containers"})) {
        for (const auto& port : list_of(container, {"ports"})) {
            const auto* number = field(port, {"containerPort"});
            const auto protocol = text_of(port, {"protocol"});
            if (number && number->is_int64() && (protocol.empty() || protocol == "TCP"))
                ports.insert(number->get_int64());
        }
    }
    if (ports.size() != 1 || *ports.begin() < 1 || *ports.begin() > 65535) return std::nullopt;
    return static_cast<int>(*ports.begin());
}

std::optional<double> cpus_of(std::string_view quantity) {
    constexpr std::array<std::pair<char, double>, 4> suffixes{
        {{'m', 1e-3}, {'k', 1e3}, {'u', 1e-6}, {'n', 1e-9}}};
    double factor = 1;
    for (const auto& [letter, value] : suffixes) {
        if (quantity.empty() || quantity.back() != letter) continue;
        factor = value;
        quantity.remove_suffix(1);
        break;
    }
    double number = 0;
    const auto* const end = quantity.data() + quantity.size();
    const auto [stop, error] = std::from_chars(quantity.data(), end, number);
    if (error != std::errc{} || stop != end || !(number >= 0) || !std::isfinite(number))
        return std::nullopt;
    return number * factor;
}

std::optional<double> cpu_limit_of(const json::value& deployment, int port) {
    const auto& containers = list_of(pod_of(deployment), {"containers"});
    if (containers.empty()) return std::nullopt;
    const auto& one = containers[serving(containers, port)];
    const auto* limit = field(one, {"resources", "limits", "cpu"});
    if (!limit) return std::nullopt;
    if (limit->is_number()) return limit->to_number<double>();
    return limit->is_string() ? cpus_of(limit->get_string()) : std::nullopt;
}

json::value target_pod(const json::value& deployment, const target_wish& wish) {
    const auto& pod = pod_of(deployment);
    json::object spec = pod.get_object();
    for (const auto name : placing_fields) spec.erase(name);
    spec["affinity"] = alone_on(wish.node);
    spec["tolerations"] = tolerations_of(pod, wish.node);
    spec["restartPolicy"] = "Always";
    spec["activeDeadlineSeconds"] = static_cast<std::int64_t>(std::ceil(wish.lifetime_s));
    if (wish.whole_node) lift_limits(spec);
    add_readiness(spec, wish.port);

    auto metadata = metadata_of(wish.of, wish.name, "target");
    auto& annotations = metadata["annotations"].as_object();
    for (const auto& [name, value] :
         object_of(deployment, {"spec", "template", "metadata", "annotations"}))
        annotations.emplace(name, value);
    return json::object{
        {"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", metadata}, {"spec", spec}};
}

json::value own_pod(const own_pod_wish& wish) {
    json::array variables{from_field("NODE_NAME", "spec.nodeName"),
                          from_field("POD_NAME", "metadata.name")};
    if (const auto instance = instance_of(wish.node); !instance.empty())
        variables.push_back(json::object{{"name", "LANEWISE_INSTANCE"}, {"value", instance}});
    json::array mounts{json::object{{"name", "tmp"}, {"mountPath", "/tmp"}}};
    json::array volumes{
        json::object{{"name", "tmp"}, {"emptyDir", json::object{{"sizeLimit", "256Mi"}}}}};
    if (!wish.secret.empty()) {
        mounts.push_back(
            json::object{{"name", "workload"}, {"mountPath", "/workload"}, {"readOnly", true}});
        volumes.push_back(json::object{{"name", "workload"},
                                       {"secret", json::object{{"secretName", wish.secret}}}});
    }
    json::object container;
    container["name"] = "job";
    container["image"] = wish.image;
    container["command"] = words(wish.command);
    container["env"] = std::move(variables);
    container["volumeMounts"] = std::move(mounts);
    // No CPU limit: a quota would throttle what is measured, and what it is measured with.
    container["resources"] = json::object{
        {"requests", json::object{{"cpu", wish.cpu_request}, {"memory", wish.memory_request}}},
        {"limits", json::object{{"memory", wish.memory_limit}}}};
    container["securityContext"] =
        json::object{{"allowPrivilegeEscalation", false},
                     {"readOnlyRootFilesystem", true},
                     {"capabilities", json::object{{"drop", json::array{"ALL"}}}}};

    json::object spec;
    spec["restartPolicy"] = "Never";  // a second try would be a second measurement
    spec["activeDeadlineSeconds"] = static_cast<std::int64_t>(std::ceil(wish.lifetime_s));
    spec["automountServiceAccountToken"] = false;
    spec["enableServiceLinks"] = false;
    spec["securityContext"] = json::object{
        {"runAsNonRoot", true}, {"seccompProfile", json::object{{"type", "RuntimeDefault"}}}};
    spec["affinity"] = alone_on(wish.node);
    spec["tolerations"] = tolerations_of(json::object{}, wish.node);
    spec["containers"] = json::array{std::move(container)};
    spec["volumes"] = std::move(volumes);
    if (!wish.pull_secret.empty())
        spec["imagePullSecrets"] = json::array{json::object{{"name", wish.pull_secret}}};
    return json::object{{"apiVersion", "v1"},
                        {"kind", "Pod"},
                        {"metadata", metadata_of(wish.of, wish.name, wish.part)},
                        {"spec", std::move(spec)}};
}

std::string secret_of(const std::string& run) {
    return std::string{maker} + "-" + run;
}

std::string instance_of(const cluster_node& node) {
    for (const auto* label :
         {"node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"}) {
        if (const auto found = node.labels.find(label); found != node.labels.end())
            return found->second;
    }
    return {};
}

}  // namespace lanewise::bench::cluster
