#include "pod_look.hpp"

#include <algorithm>
#include <array>

#include "fields.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;

// The kubelet waits 10, 20, 40 s between them: so many rule out a server that only waited for
// another one's start.
constexpr int crashes_max = 3;

int count_of(const json::value& from, field_path path) {
    const auto* found = field(from, path);
    return found && found->is_int64()
               ? static_cast<int>(std::clamp<std::int64_t>(found->get_int64(), 0, 1'000'000))
               : 0;
}

/// "Evicted: The node was low on resource: memory"
std::string said(const std::string& reason, const std::string& message) {
    return reason + (reason.empty() || message.empty() ? "" : ": ") + message;
}

std::string said_by(const json::value& from) {
    return said(text_of(from, {"reason"}), text_of(from, {"message"}));
}

std::string end_of(const json::value& terminated) {
    auto text = text_of(terminated, {"reason"});
    text += (text.empty() ? "" : ", ") + std::string{"exit code "} +
            std::to_string(count_of(terminated, {"exitCode"}));
    const auto message = text_of(terminated, {"message"});
    return text + (message.empty() ? "" : ": " + message);
}

/// What took the pod away: an eviction, a preemption, a drain.
std::string disruption_of(const json::value& pod) {
    for (const auto& one : list_of(pod, {"status", "conditions"})) {
        if (text_of(one, {"type"}) == "DisruptionTarget" && text_of(one, {"status"}) == "True")
            return said_by(one);
    }
    return {};
}

std::string failure_of(const json::value& pod) {
    if (auto text = disruption_of(pod); !text.empty()) return text;
    const auto* status = field(pod, {"status"});
    if (auto text = status ? said_by(*status) : std::string{}; !text.empty()) return text;
    for (const auto* list : {"initContainerStatuses", "containerStatuses"}) {
        for (const auto& container : list_of(pod, {"status", list})) {
            const auto* ended = field(container, {"state", "terminated"});
            if (ended && count_of(*ended, {"exitCode"}) != 0) return end_of(*ended);
        }
    }
    return "its pod failed without a word";
}

/// What a container that does not run waits for.
void judge_container(const json::value& container, std::string_view architecture, pod_look& look) {
    const auto* waiting = field(container, {"state", "waiting"});
    const auto* ended = field(container, {"state", "terminated"});
    const auto* before = field(container, {"lastState", "terminated"});
    const auto image = text_of(container, {"image"});
    const auto name = text_of(container, {"name"});
    for (const auto* state : {waiting, ended, before}) {
        if (!state || !speaks_of_architecture(text_of(*state, {"message"}))) continue;
        look.stage = pod_stage::lost;
        look.why = lacks_architecture(image, architecture);
        return;
    }
    if (before && count_of(container, {"restartCount"}) >= crashes_max) {
        look.stage = pod_stage::lost;
        look.crashing = true;
        look.why = "its container " + name + " ends again and again: " + end_of(*before);
        return;
    }
    if (!waiting) return;
    const auto reason = text_of(*waiting, {"reason"});
    if (reason.empty() || reason == "PodInitializing" || reason == "ContainerCreating") return;
    look.why = said_by(*waiting);
    look.pulling = reason == "ErrImagePull" || reason == "ImagePullBackOff";
    if (reason == "InvalidImageName" || reason == "ErrImageNeverPull") look.stage = pod_stage::lost;
}

}  // namespace

bool speaks_of_architecture(std::string_view message) {
    // containerd, docker, CRI-O, and a container's first process.
    constexpr std::array<std::string_view, 6> said{
        "no match for platform",
        "no matching manifest for",
        "no image found in manifest list for architecture",
        "no image found in image index for architecture",
        "does not match the specified platform",
        "exec format error"};
    return std::ranges::any_of(
        said, [&](std::string_view one) { return message.find(one) != message.npos; });
}

std::string lacks_architecture(const std::string& image, std::string_view architecture) {
    return "the image " + image + " has no linux/" + std::string{architecture};
}

pod_look look_at(const json::value& pod, std::string_view architecture) {
    pod_look look;
    look.address = text_of(pod, {"status", "podIP"});
    for (const auto& container : list_of(pod, {"status", "containerStatuses"}))
        look.restarts += count_of(container, {"restartCount"});
    const auto phase = text_of(pod, {"status", "phase"});
    if (phase == "Failed") {
        look.stage = pod_stage::lost;
        look.why = failure_of(pod);
        return look;
    }
    if (phase == "Succeeded") {
        look.stage = pod_stage::succeeded;
        return look;
    }
    if (field(pod, {"metadata", "deletionTimestamp"})) {
        const auto why = disruption_of(pod);
        look.stage = pod_stage::lost;
        look.why = "somebody deleted its pod" + (why.empty() ? "" : " (" + why + ")");
        return look;
    }
    for (const auto& one : list_of(pod, {"status", "conditions"})) {
        const auto type = text_of(one, {"type"}), status = text_of(one, {"status"});
        if (type == "DisruptionTarget" && status == "True") {
            look.stage = pod_stage::lost;
            look.why = said_by(one);
            return look;
        }
        if (type == "Ready" && status == "True") look.stage = pod_stage::ready;
        if (type == "PodScheduled" && status == "False") {
            look.unscheduled = true;
            look.why = said_by(one);
        }
    }
    if (look.stage == pod_stage::ready) return look;
    for (const auto* list : {"initContainerStatuses", "containerStatuses"}) {
        for (const auto& container : list_of(pod, {"status", list})) {
            judge_container(container, architecture, look);
            if (look.stage == pod_stage::lost) return look;
        }
    }
    return look;
}

}  // namespace lanewise::bench::cluster
