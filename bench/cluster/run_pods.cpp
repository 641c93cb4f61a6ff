#include "run_pods.hpp"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "fields.hpp"
#include "span_in_words.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;
using clock = std::chrono::steady_clock;
using kind = kubectl_failure::kind;

constexpr int log_reads_max = 3;  // the kubelet may write a log's end after the container's
constexpr double log_read_every_s = 1;
// Long enough for a server to end its replies; what it measured is over.
constexpr const char* grace_flag = "--grace-period=5";
constexpr double gone_within_s = 90;
constexpr std::size_t names_shown_max = 10;

clock::time_point after(double seconds) {
    return clock::now() +
           std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
}

/// A pull that fails for one of these reasons fails the next time, too.
bool never_comes(const std::string& message) {
    for (const auto* said : {"not found", "manifest unknown", "repository does not exist"})
        if (message.find(said) != std::string::npos) return true;
    return false;
}

std::vector<std::string> images_of(const json::value& pod) {
    std::vector<std::string> found;
    for (const auto& container : list_of(pod, {"spec", "containers"}))
        found.push_back(text_of(container, {"image"}));
    return found;
}

}  // namespace

run_pods::run_pods(const kubectl& cluster, run_identity of, pod_watching how)
    : cluster_{cluster}, of_{std::move(of)}, how_{std::move(how)} {}

void run_pods::pause(double seconds) const {
    constexpr std::chrono::milliseconds slice{100};
    const auto end = after(seconds);
    do {
        how_.pulse();
        const auto rest = end - clock::now();
        if (rest <= clock::duration::zero()) return;
        std::this_thread::sleep_for(std::min<clock::duration>(rest, slice));
    } while (true);
}

/// Again and again while the API server fails; a refusal is no such failure.
template <class Call>
auto run_pods::patiently(const Call& call) {
    const auto end = after(how_.api_patience_s);
    bool told = false;
    while (true) {
        how_.pulse();
        try {
            return call();
        } catch (const kubectl_failure& failure) {
            how_.pulse();  // kubectl ends by the same Ctrl-C
            if (failure.what_kind() != kind::other || clock::now() >= end) throw;
            if (!std::exchange(told, true))
                how_.say(std::string{failure.what()} + "; it is asked again");
        }
        pause(how_.look_every_s);
    }
}

std::vector<std::string> run_pods::in_name_space(std::vector<std::string> words) const {
    if (!of_.name_space.empty()) words.insert(words.end(), {"-n", of_.name_space});
    return words;
}

std::optional<std::string> run_pods::make(const json::value& pod) {
    try {
        patiently([&] { return cluster_.create(pod); });
    } catch (const kubectl_failure& failure) {
        // An answer that was lost on its way: the pod is there.
        if (failure.what_kind() == kind::exists) return std::nullopt;
        if (failure.lacks_right() || failure.what_kind() == kind::not_found) throw;
        return failure.what();
    }
    return std::nullopt;
}

std::map<std::string, json::value> run_pods::all() {
    const auto list = patiently([&] {
        return cluster_.get(in_name_space({"pods", "-l", std::string{run_label} + "=" + of_.run}));
    });
    std::map<std::string, json::value> found;
    for (const auto& pod : list_of(list, {"items"}))
        found.emplace(text_of(pod, {"metadata", "name"}), pod);
    return found;
}

std::string run_pods::events_of(const std::string& pod) {
    try {
        const auto list = cluster_.get(
            in_name_space({"events", "--field-selector", "involvedObject.name=" + pod}));
        std::string text;
        for (const auto& event : list_of(list, {"items"})) {
            const auto message = text_of(event, {"message"});
            if (text_of(event, {"type"}) != "Warning" || message.empty()) continue;
            // The first says what; those behind it say that it went on.
            if (speaks_of_architecture(message) || never_comes(message)) return message;
            if (text.empty()) text = message;
        }
        return text;
    } catch (const kubectl_failure&) {
        return {};  // only words would have come of it
    }
}

run_pods::outcome run_pods::judge(const awaited& one, pod_look look, pod_stage stage) {
    outcome made{std::move(look), {}};
    auto& seen = made.look;
    if (seen.stage == pod_stage::lost) {
        made.gap = seen.why;
        if (!seen.crashing) return made;
        const auto words = last_words_of(one.pod, true);
        if (!words.empty()) made.gap += "; it says: " + words;
        return made;
    }
    if (seen.stage == pod_stage::succeeded && stage == pod_stage::ready) {
        made.gap = "its pod ended by itself, with exit code 0";
        return made;
    }
    if (seen.stage != pod_stage::waiting) return made;
    if (seen.unscheduled) {
        try {
            const auto node = cluster_.get({"node", one.node.name});
            const auto* cordon = field(node, {"spec", "unschedulable"});
            if (cordon && *cordon == json::value(true)) made.gap = "the node is cordoned";
        } catch (const kubectl_failure& failure) {
            if (failure.what_kind() == kind::not_found) made.gap = "the node is gone";
        }
    }
    if (seen.pulling) {
        // What the kubelet said at its first try stands in the events alone by now.
        if (const auto events = events_of(one.pod); !events.empty()) seen.why = events;
        if (never_comes(seen.why)) made.gap = seen.why;
    }
    return made;
}

std::map<std::string, run_pods::outcome> run_pods::wait_for(
    const std::vector<awaited>& pods, pod_stage stage, double patience_s,
    const std::function<bool(const std::map<std::string, json::value>&)>& beside) {
    std::map<std::string, outcome> found;
    const auto end = after(patience_s);
    while (true) {
        const auto there = all();
        const bool late = clock::now() >= end;
        for (const auto& one : pods) {
            if (found.contains(one.pod)) continue;
            const auto pod = there.find(one.pod);
            if (pod == there.end()) {
                found[one.pod].gap = "its pod is gone: somebody deleted it";
                continue;
            }
            auto made = judge(one, look_at(pod->second, one.node.architecture), stage);
            if (speaks_of_architecture(made.look.why) || speaks_of_architecture(made.gap)) {
                const auto images = images_of(pod->second);
                made.gap =
                    lacks_architecture(images.empty() ? "" : images.front(), one.node.architecture);
            }
            if (made.gap.empty() && made.look.stage != stage && late) {
                if (made.look.why.empty()) made.look.why = events_of(one.pod);
                made.gap = std::string{stage == pod_stage::ready ? "not ready" : "not over"} +
                           " after " + span_in_words(patience_s) +
                           (made.look.why.empty() ? "" : " (" + made.look.why + ")");
            }
            if (!made.gap.empty() || made.look.stage == stage) found[one.pod] = std::move(made);
        }
        if (found.size() == pods.size()) return found;
        if (beside && !beside(there)) return found;
        pause(how_.look_every_s);
    }
}

std::variant<std::string, log_fault> run_pods::document_of(const std::string& pod) {
    log_fault fault;
    for (int tries = 0; tries < log_reads_max; ++tries) {
        if (tries > 0) pause(log_read_every_s);
        try {
            auto read = document_in(
                patiently([&] { return cluster_.logs(in_name_space({pod, "-c", "job"})); }));
            if (std::holds_alternative<std::string>(read)) return read;
            fault = std::get<log_fault>(std::move(read));
        } catch (const kubectl_failure& failure) {
            if (failure.lacks_right()) throw;
            fault.why = failure.what_kind() == kind::not_found
                            ? "its pod is gone: somebody deleted it before its log was read"
                            : failure.what();
            if (failure.what_kind() == kind::not_found) break;
        }
    }
    return fault;
}

std::string run_pods::last_words_of(const std::string& pod, bool of_the_one_before) {
    try {
        auto words = in_name_space({pod, "--tail=20"});
        if (of_the_one_before) words.emplace_back("--previous");
        return last_words(cluster_.logs(words));
    } catch (const kubectl_failure&) {
        return {};
    }
}

void run_pods::take_down(const std::vector<std::string>& pods) {
    if (pods.empty()) return;
    patiently([&] {
        std::vector<std::string> words{"pods"};
        words.insert(words.end(), pods.begin(), pods.end());
        words.emplace_back(grace_flag);
        cluster_.remove(in_name_space(std::move(words)));
        return true;
    });
    const auto end = after(gone_within_s);
    while (clock::now() < end) {
        const auto there = all();
        if (std::ranges::none_of(pods, [&](const auto& one) { return there.contains(one); }))
            return;
        pause(how_.look_every_s);
    }
}

void delete_pods(const kubectl& cluster, const std::string& name_space, const std::string& selector,
                 double patience_s, double look_every_s) {
    const auto end = after(patience_s);
    const auto in_name_space = [&](std::vector<std::string> words) {
        if (!name_space.empty()) words.insert(words.end(), {"-n", name_space});
        return words;
    };
    while (true) {
        std::string rest;
        try {
            cluster.remove(in_name_space({"pods", "-l", selector, grace_flag}));
            const auto list = cluster.get(in_name_space({"pods", "-l", selector}));
            std::size_t count = 0;
            for (const auto& pod : list_of(list, {"items"})) {
                if (++count <= names_shown_max)
                    rest += (rest.empty() ? "" : ", ") + text_of(pod, {"metadata", "name"});
            }
            if (count == 0) return;
        } catch (const kubectl_failure& failure) {
            if (failure.what_kind() != kind::other || clock::now() >= end) throw;
        }
        if (clock::now() >= end) throw std::runtime_error{"these pods do not go away: " + rest};
        std::this_thread::sleep_for(std::chrono::duration<double>(look_every_s));
    }
}

}  // namespace lanewise::bench::cluster
