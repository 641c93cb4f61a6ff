#include "workloads.hpp"

#include <algorithm>
#include <cctype>
#include <tuple>

#include "fields.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char one) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(one)));
    });
    return text;
}

/// Whether a controller made it, which is then listed itself.
bool is_owned(const json::value& object) {
    return std::ranges::any_of(list_of(object, {"metadata", "ownerReferences"}),
                               [](const json::value& owner) {
                                   const auto* is = field(owner, {"controller"});
                                   return is && is->is_bool() && is->get_bool();
                               });
}

const json::value* pod_of(const json::value& object) {
    const auto* in_cron_job = field(object, {"spec", "jobTemplate", "spec", "template", "spec"});
    return in_cron_job ? in_cron_job : field(object, {"spec", "template", "spec"});
}

/// States of a node that Kubernetes tells by taints: they come and go, and pin nothing to a pool.
bool is_state(const std::string& key) {
    return key.starts_with("node.kubernetes.io/") ||
           key.starts_with("node.cloudprovider.kubernetes.io/");
}

}  // namespace

std::vector<workload> read_workloads(const json::value& list) {
    std::vector<workload> found;
    for (const auto& object : list_of(list, {"items"})) {
        const auto* pod = pod_of(object);
        if (!pod || is_owned(object)) continue;
        workload one;
        one.name_space = text_of(object, {"metadata", "namespace"});
        one.kind = lower(text_of(object, {"kind"}));
        one.name = text_of(object, {"metadata", "name"});
        one.pod = *pod;
        one.service_account = text_of(*pod, {"serviceAccountName"});
        if (one.service_account.empty()) one.service_account = "default";
        for (const auto* containers : {"initContainers", "containers"})
            for (const auto& container : list_of(*pod, {containers}))
                one.images.push_back({text_of(container, {"name"}), text_of(container, {"image"})});
        for (const auto& secret : list_of(*pod, {"imagePullSecrets"}))
            if (auto name = text_of(secret, {"name"}); !name.empty())
                one.pull_secrets.push_back(std::move(name));
        found.push_back(std::move(one));
    }
    std::ranges::sort(found, {}, [](const workload& one) {
        return std::tie(one.name_space, one.kind, one.name);
    });
    return found;
}

bool is_object_name(std::string_view name) {
    constexpr std::size_t length_max = 253;
    const auto is_plain = [](char one) {
        return (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9');
    };
    return !name.empty() && name.size() <= length_max && is_plain(name.front()) &&
           std::ranges::all_of(name,
                               [&](char one) { return is_plain(one) || one == '.' || one == '-'; });
}

std::string node_taint::text() const {
    return key + (value.empty() ? "" : "=" + value) + ":" + effect;
}

std::vector<cluster_node> read_nodes(const json::value& list) {
    std::vector<cluster_node> found;
    for (const auto& object : list_of(list, {"items"})) {
        cluster_node one;
        one.name = text_of(object, {"metadata", "name"});
        for (const auto& [key, value] : object_of(object, {"metadata", "labels"}))
            if (value.is_string()) one.labels.emplace(key, value.get_string());
        one.architecture = text_of(object, {"status", "nodeInfo", "architecture"});
        if (one.architecture.empty()) one.architecture = one.labels["kubernetes.io/arch"];
        auto os = text_of(object, {"status", "nodeInfo", "operatingSystem"});
        if (os.empty()) os = one.labels["kubernetes.io/os"];
        if (!os.empty() && os != "linux") continue;
        for (const auto& taint : list_of(object, {"spec", "taints"})) {
            node_taint read{text_of(taint, {"key"}), text_of(taint, {"value"}),
                            text_of(taint, {"effect"})};
            const bool keeps_off = read.effect == "NoSchedule" || read.effect == "NoExecute";
            if (keeps_off && !is_state(read.key)) one.taints.push_back(std::move(read));
        }
        const auto* cordon = field(object, {"spec", "unschedulable"});
        one.cordoned = cordon && *cordon == json::value(true);
        for (const auto& condition : list_of(object, {"status", "conditions"}))
            if (text_of(condition, {"type"}) == "Ready")
                one.ready = text_of(condition, {"status"}) == "True";
        for (const auto* role : {"control-plane", "master"})
            one.control_plane = one.control_plane ||
                                one.labels.contains(std::string{"node-role.kubernetes.io/"} + role);
        found.push_back(std::move(one));
    }
    return found;
}

}  // namespace lanewise::bench::cluster
