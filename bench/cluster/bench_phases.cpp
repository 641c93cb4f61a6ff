#include "bench_phases.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cmath>
#include <set>
#include <utility>

#include "bench/documents/document.hpp"
#include "bench/figures/format.hpp"
#include "fields.hpp"
#include "program/printable.hpp"
#include "run_lease.hpp"
#include "web_challenges.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;

constexpr double machine_timeout_s = 300;
constexpr double lifetime_slack_s = 600;  // teardown, and a slow API server

/// A pod's address as a URL has it.
std::string host_of(const std::string& address) {
    return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

}  // namespace

bench_phases::bench_phases(const bench_options& options, const bench_callbacks& callbacks,
                           run_pods& pods, bench_subject subject, bench_result& result)
    : options_{options},
      callbacks_{callbacks},
      pods_{pods},
      identity_{std::move(subject.identity)},
      deployment_(std::move(subject.deployment)),  // braces would make a list of it
      port_{subject.port},
      nodes_{std::move(subject.nodes)},
      result_{result} {}

void bench_phases::gap(const std::string& what, const std::string& why) {
    result_.gaps.push_back({program::printable(what), program::printable(why)});
    callbacks_.say("gap: " + what + ": " + why);
}

std::string bench_phases::pod_name(const std::string& part) const {
    return std::string{run_lease::name} + "-" + identity_.run + "-" + part;
}

own_pod_wish bench_phases::own(const std::string& name, const std::string& part,
                               const cluster_node& node, double lifetime_s) const {
    own_pod_wish wish;
    wish.of = identity_;
    wish.name = pod_name(name);
    wish.part = part;
    wish.node = node;
    wish.image = options_.image;
    wish.pull_secret = options_.pull_secret;
    wish.lifetime_s = lifetime_s;
    return wish;
}

void bench_phases::read_machines() {
    callbacks_.say("asking " + counted(targets_.size(), "bench node") + " what they are");
    std::vector<run_pods::awaited> waited;
    std::map<std::string, target*> of;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        auto& one = targets_[i];
        auto wish = own("machine-" + std::to_string(i + 1), "machine", one.on.node,
                        machine_timeout_s + lifetime_slack_s);
        wish.command = {"lanewise-job", "-", "lanewise-bench", "machine", "--json"};
        wish.cpu_request = "100m";
        wish.memory_request = "64Mi";
        if (const auto why = pods_.make(own_pod(wish))) {
            gap(one.on.title() + ", its machine", *why);
            continue;
        }
        waited.push_back({wish.name, one.on.node});
        of[wish.name] = &one;
    }
    const auto seen = pods_.wait_for(waited, pod_stage::succeeded, machine_timeout_s);
    for (const auto& [pod, how] : seen) {
        auto& one = *of.at(pod);
        std::string why = how.gap;
        if (why.empty()) {
            const auto read = pods_.document_of(pod);
            if (const auto* fault = std::get_if<log_fault>(&read)) {
                why = fault->why;
            } else {
                const auto machine = parsed(std::get<std::string>(read));
                const auto bad = machine ? check_part("machine", pod, *machine)
                                         : std::vector<bad_document>{{pod, "", "no JSON"}};
                if (!bad.empty()) {
                    why = "what it says of its machine does not fit: " + bad.front().sentence();
                } else {
                    one.machine = *machine;
                }
            }
        } else if (!how.look.unscheduled) {
            const auto words = pods_.last_words_of(pod, false);
            if (!words.empty()) why += "; it says: " + words;
        }
        // A node that takes no pod takes no target either, and says so once.
        const bool closed = how.look.unscheduled && !how.gap.empty();
        if (closed) one.lost = why;
        if (!why.empty()) gap(one.on.title() + (closed ? "" : ", its machine"), why);
    }
    std::vector<std::string> names;
    for (const auto& one : waited) names.push_back(one.pod);
    pods_.take_down(names);
}

void bench_phases::measure_kernels(int round) {
    std::vector<run_pods::awaited> waited;
    std::map<std::string, const measured_node*> of;
    for (std::size_t i = 0; i < nodes_.bench.size(); ++i) {
        const auto& on = nodes_.bench[(i + static_cast<std::size_t>(round)) % nodes_.bench.size()];
        auto wish = own("run-" + std::to_string(round) + "-" + std::to_string(i + 1), "kernels",
                        on.node, options_.timeout_s + lifetime_slack_s);
        wish.command = {"lanewise-job", "/tmp/result.json", "lanewise-bench",
                        "run",          "--output",         "/tmp/result.json"};
        wish.command.insert(wish.command.end(), options_.kernel_flags.begin(),
                            options_.kernel_flags.end());
        wish.memory_request = "2Gi";
        wish.memory_limit = "8Gi";
        const auto what = "kernels, round " + std::to_string(round) + ", " + on.title();
        if (const auto why = pods_.make(own_pod(wish))) {
            gap(what, *why);
            continue;
        }
        waited.push_back({wish.name, on.node});
        of[wish.name] = &on;
    }
    callbacks_.say("measuring kernels, round " + std::to_string(round) + " of " +
                   std::to_string(options_.kernel_rounds) + ", on " +
                   counted(waited.size(), "node"));
    const auto seen = pods_.wait_for(waited, pod_stage::succeeded, options_.timeout_s);
    for (const auto& one : waited) {
        const auto& on = *of.at(one.pod);
        const auto what = "kernels, round " + std::to_string(round) + ", " + on.title();
        auto why = seen.at(one.pod).gap;
        if (why.empty()) {
            auto read = pods_.document_of(one.pod);
            if (const auto* fault = std::get_if<log_fault>(&read)) {
                why = fault->why;
            } else {
                ++result_.measured;
                callbacks_.kernels("run-" + std::to_string(round) + "-" + on.node.name,
                                   std::get<std::string>(read));
            }
        } else if (const auto words = pods_.last_words_of(one.pod, false); !words.empty()) {
            why += "; it says: " + words;
        }
        if (!why.empty()) gap(what, why);
    }
    std::vector<std::string> names;
    for (const auto& one : waited) names.push_back(one.pod);
    pods_.take_down(names);
}

void bench_phases::make_targets() {
    callbacks_.say("one pod of deployment/" + options_.deployment + " on each bench node");
    std::vector<run_pods::awaited> waited;
    std::map<std::string, target*> of;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        auto& one = targets_[i];
        if (!one.lost.empty()) continue;
        one.pod = pod_name("target-" + std::to_string(i + 1));
        const target_wish wish{
            identity_,           one.pod,
            one.on.node,         port_,
            options_.whole_node, options_.ready_timeout_s + options_.timeout_s + lifetime_slack_s};
        if (const auto why = pods_.make(target_pod(deployment_, wish))) {
            one.lost = *why;
            gap(one.on.title(), *why);
            continue;
        }
        waited.push_back({one.pod, one.on.node});
        of[one.pod] = &one;
    }
    const auto seen = pods_.wait_for(waited, pod_stage::ready, options_.ready_timeout_s);
    std::vector<std::string> in_the_way;
    for (const auto& each : waited) {
        auto& one = *of.at(each.pod);
        const auto& how = seen.at(each.pod);
        if (!how.gap.empty()) {
            one.lost = how.gap;
            gap(one.on.title(), how.gap);
            in_the_way.push_back(each.pod);
            continue;
        }
        one.host = host_of(how.look.address) + ":" + std::to_string(port_);
        one.restarts = how.look.restarts;
    }
    // What does not run any more must not begin to while the others are measured.
    pods_.take_down(in_the_way);
}

bool bench_phases::look_after_targets(const std::map<std::string, json::value>& pods) {
    bool any = false;
    for (auto& one : targets_) {
        if (!one.lost.empty()) continue;
        const auto pod = pods.find(one.pod);
        if (pod == pods.end()) {
            one.lost = "its pod is gone: somebody deleted it while it was loaded";
        } else {
            const auto look = look_at(pod->second, one.on.node.architecture);
            if (look.stage == pod_stage::lost) {
                one.lost = "while it was loaded: " + look.why;
            } else if (look.restarts > one.restarts) {
                const auto words = pods_.last_words_of(one.pod, true);
                one.lost = "its container started again while it was loaded" +
                           (words.empty() ? "" : "; it said: " + words);
            }
        }
        if (one.lost.empty()) {
            any = true;
        } else {
            gap(one.on.title(), one.lost);
        }
    }
    return any;
}

std::string bench_phases::make_load_pod() {
    auto wish = own("load", "load", *nodes_.load, options_.timeout_s + lifetime_slack_s);
    wish.command = {"lanewise-job", "/tmp/result.json", "lanewise-bench",
                    "http",         "--output",         "/tmp/result.json"};
    auto& words = wish.command;
    words.insert(words.end(), options_.load_flags.begin(), options_.load_flags.end());
    if (options_.https) words.emplace_back("--insecure");
    if (!options_.workload.empty()) {
        wish.secret = secret_of(identity_.run);
        words.insert(words.end(), {"--workload", "/workload/workload.json"});
        auto secret = json::object{{"apiVersion", "v1"}, {"kind", "Secret"}, {"type", "Opaque"}};
        auto like_a_pod = own_pod(wish);
        auto metadata = like_a_pod.at("metadata").as_object();
        metadata["name"] = wish.secret;
        secret["metadata"] = std::move(metadata);
        secret["data"] = json::object{{"workload.json", base64_of(options_.workload)}};
        if (auto why = pods_.make(secret)) return "its workload: " + *why;
    }
    for (const auto& one : targets_) {
        if (!one.lost.empty()) continue;
        words.push_back(one.on.pool + "=" + (options_.https ? "https://" : "http://") + one.host +
                        options_.path);
    }
    std::set<std::string> named;
    for (const auto& one : targets_) {
        const auto instance = instance_of(one.on.node);
        if (!one.lost.empty() || instance.empty() || !named.insert(one.on.pool).second) continue;
        words.insert(words.end(), {"--instance", one.on.pool + "=" + instance});
    }
    load_pod_ = wish.name;
    return pods_.make(own_pod(wish)).value_or("");
}

void bench_phases::load() {
    const auto count = static_cast<std::size_t>(
        std::ranges::count_if(targets_, [](const target& one) { return one.lost.empty(); }));
    if (count == 0) return;
    const std::string what = "the load of " + counted(count, "server");
    callbacks_.say(what + ", from the node " + nodes_.load->name);
    if (const auto why = make_load_pod(); !why.empty()) return gap(what, why);
    const auto seen =
        pods_.wait_for({{load_pod_, *nodes_.load}}, pod_stage::succeeded, options_.timeout_s,
                       [&](const auto& pods) { return look_after_targets(pods); });
    if (seen.empty()) return gap(what, "no server was left");
    // What happened to a server since the last look.
    look_after_targets(pods_.all());
    const auto& how = seen.at(load_pod_);
    if (!how.gap.empty()) {
        const auto words = pods_.last_words_of(load_pod_, false);
        return gap(what, how.gap + (words.empty() ? "" : "; it says: " + words));
    }
    auto read = pods_.document_of(load_pod_);
    if (const auto* fault = std::get_if<log_fault>(&read)) return gap(what, fault->why);
    auto document = parse_document(load_pod_, std::get<std::string>(read));
    if (const auto* bad = std::get_if<std::vector<bad_document>>(&document))
        return gap(what, "its document does not fit: " + bad->front().sentence());
    use(std::move(std::get<lanewise::bench::document>(document).content));
}

/// The load's document, with what the cluster knows of each server.
void bench_phases::use(json::object document) {
    json::array kept;
    if (const auto* entries = document.at("http").if_array()) {
        for (const auto& entry : *entries) {
            const auto url = text_of(entry, {"url"});
            const auto one = std::ranges::find_if(targets_, [&](const target& each) {
                return !each.host.empty() && url.find("//" + each.host + "/") != std::string::npos;
            });
            if (one == targets_.end() || !one->lost.empty()) continue;
            auto with = entry.as_object();
            with["node"] = one->on.node.name;
            if (!one->machine.is_null()) with["machine"] = one->machine;
            kept.push_back(std::move(with));
            ++result_.measured;
        }
    }
    document["http"] = std::move(kept);
    result_.document = std::move(document);
}

void bench_phases::measure() {
    for (const auto& on : nodes_.bench) targets_.push_back({on, "", nullptr, "", 0, ""});
    for (const auto& one : nodes_.gaps) gap(one.what, one.why);
    for (int round = 1; round <= options_.kernel_rounds; ++round) measure_kernels(round);
    if (options_.deployment.empty()) return;
    read_machines();
    make_targets();
    load();
}

}  // namespace lanewise::bench::cluster
