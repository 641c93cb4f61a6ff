#include "preflight.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "fields.hpp"

namespace lanewise::bench::cluster {
namespace {

constexpr std::array<std::string_view, 2> architectures{"amd64", "arm64"};
constexpr auto workload_kinds = "deployments,statefulsets,daemonsets,cronjobs,jobs";
constexpr std::size_t threads_max = 8;  // registries limit how much one client asks at a time

void at_once(std::size_t count, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next = 0;
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(count, threads_max); ++i) {
        threads.emplace_back([&] {
            for (std::size_t one = next++; one < count; one = next++) work(one);
        });
    }
}

/// Each image once, as the user himself.
std::map<std::string, image_answer> ask_images(const std::vector<workload>& workloads,
                                               const registry_accounts& accounts,
                                               const registry_options& options) {
    std::map<std::string, image_answer> answers;
    for (const auto& one : workloads)
        for (const auto& image : one.images) answers.try_emplace(image.image);
    std::vector<std::pair<const std::string, image_answer>*> all;
    for (auto& one : answers) all.push_back(&one);
    at_once(all.size(), [&](std::size_t i) {
        auto& [name, answer] = *all[i];
        if (const auto image = parse_image(name)) {
            answer = ask_registry(*image, accounts, true, options);
        } else {
            answer.unknown = "this is no name of an image";
        }
    });
    return answers;
}

/// The accounts by which the cluster itself would pull, read only for images that need them.
class pull_secrets {
public:
    explicit pull_secrets(const kubectl& cluster) : cluster_{cluster} {}

    struct accounts {
        registry_accounts known;
        std::string problem;  ///< a Secret that can't be read
    };
    accounts of(const workload& one) {
        accounts found;
        for (const auto& name : names_of(one, found.problem)) {
            // Whoever may write a workload may not hand kubectl options of its user.
            if (!is_object_name(name)) continue;
            const auto [known, is_new] = secrets_.try_emplace({one.name_space, name});
            auto& secret = known->second;
            if (is_new) {
                try {
                    secret.content = cluster_.get({"secret", name, "-n", one.name_space});
                } catch (const kubectl_failure& failure) {
                    secret.problem = failure.what();
                }
            }
            found.known.add_secret(secret.content);
            if (found.problem.empty()) found.problem = secret.problem;
        }
        return found;
    }

private:
    using place = std::pair<std::string, std::string>;  ///< namespace and name
    struct secret_content {
        boost::json::value content;
        std::string problem;
    };

    /// A pod without any gets those of its service account.
    std::vector<std::string> names_of(const workload& one, std::string& problem) {
        if (!one.pull_secrets.empty()) return one.pull_secrets;
        if (!is_object_name(one.service_account)) return {};
        const auto [known, is_new] =
            service_accounts_.try_emplace({one.name_space, one.service_account});
        if (!is_new) return known->second;
        try {
            const auto account =
                cluster_.get({"serviceaccount", one.service_account, "-n", one.name_space});
            for (const auto& secret : list_of(account, {"imagePullSecrets"}))
                if (auto name = text_of(secret, {"name"}); !name.empty())
                    known->second.push_back(std::move(name));
        } catch (const kubectl_failure& failure) {
            if (failure.what_kind() != kubectl_failure::kind::not_found) problem = failure.what();
        }
        return known->second;
    }

    const kubectl& cluster_;
    std::map<place, secret_content> secrets_;
    std::map<place, std::vector<std::string>> service_accounts_;
};

verdict image_verdict(const std::vector<image_finding>& images, std::string_view architecture) {
    auto result = verdict::yes;
    for (const auto& one : images) {
        if (!one.answer.platforms) {
            result = both(result, verdict::unknown);
            continue;
        }
        const bool has = std::ranges::any_of(*one.answer.platforms, [&](const auto& platform) {
            return platform.os == "linux" && platform.architecture == architecture;
        });
        result = both(result, has ? verdict::yes : verdict::no);
    }
    return result;
}

std::string names_of(const std::vector<image_platform>& platforms) {
    if (platforms.empty()) return "no platform at all";
    std::string text;
    for (const auto& one : platforms) text += (text.empty() ? "" : ", ") + one.name();
    return text;
}

void add_image_reasons(workload_finding& finding) {
    std::set<std::string> told;
    for (const auto& [of, answer] : finding.images) {
        if (!told.insert(of.image).second) continue;
        if (!answer.platforms) {
            finding.reasons.push_back(of.image + ": unknown: " + answer.unknown);
            continue;
        }
        std::string lacks;
        for (const auto architecture : architectures) {
            if (image_verdict({{of, answer}}, architecture) == verdict::no)
                lacks += (lacks.empty() ? "linux/" : " and no linux/") + std::string{architecture};
        }
        if (!lacks.empty()) {
            finding.reasons.push_back(of.image + " has no " + lacks + ": it has " +
                                      names_of(*answer.platforms));
        }
    }
}

void add_place_reasons(workload_finding& finding, const preflight_result& in) {
    for (const auto& [architecture, found] : finding.on) {
        const auto& place = found.place;
        for (const auto& pin : place.pins) {
            const bool surely = place.selected == verdict::no;
            finding.reasons.push_back(
                pin + (surely ? " keeps it off " : ": no node shows whether that allows ") +
                architecture);
        }
        for (const auto& taint : place.untolerated)
            finding.reasons.push_back("no toleration of " + taint.text() + ", which the " +
                                      architecture + " nodes have");
        if (!in.nodes_known && place.selected != verdict::no)
            finding.reasons.push_back("taints of " + architecture +
                                      " nodes are not known: nodes can't be read");
    }
}

void ask_with_secrets(const kubectl& cluster, const std::vector<workload>& workloads,
                      const std::map<std::string, image_answer>& answers,
                      const registry_options& options,
                      std::map<std::pair<std::size_t, std::string>, image_answer>& better) {
    pull_secrets secrets{cluster};
    struct question {
        std::size_t which;
        std::string image;
        registry_accounts accounts;
        image_answer answer;
    };
    std::vector<question> questions;
    for (std::size_t i = 0; i < workloads.size(); ++i) {
        std::set<std::string> denied;
        for (const auto& image : workloads[i].images)
            if (answers.at(image.image).denied) denied.insert(image.image);
        if (denied.empty()) continue;
        const auto found = secrets.of(workloads[i]);
        for (const auto& image : denied) {
            auto answer = answers.at(image);
            if (!found.problem.empty())
                answer.unknown += "; its pull secrets can't be read: " + found.problem;
            questions.push_back({i, image, found.known, std::move(answer)});
        }
    }
    at_once(questions.size(), [&](std::size_t i) {
        auto& one = questions[i];
        if (one.accounts.empty()) return;
        auto answer = ask_registry(*parse_image(one.image), one.accounts, false, options);
        if (answer.platforms) {
            one.answer = std::move(answer);
        } else if (!answer.asked.empty()) {
            one.answer.unknown += "; with its pull secrets: " + answer.unknown;
        }
    });
    for (auto& one : questions) better[{one.which, one.image}] = std::move(one.answer);
}

void read_cluster_nodes(const kubectl& cluster, preflight_result& result) {
    try {
        result.nodes = read_nodes(cluster.get({"nodes"}));
        result.nodes_known = true;
    } catch (const kubectl_failure& failure) {
        result.gaps.push_back("nodes, so that their taints are not known: " +
                              std::string{failure.what()});
        return;
    }
    for (const auto architecture : architectures) {
        const bool has = std::ranges::any_of(
            result.nodes, [&](const auto& node) { return node.architecture == architecture; });
        if (!has) {
            result.notes.push_back("the cluster has no " + std::string{architecture} +
                                   " node: what labels and taints such nodes will have is not "
                                   "known");
        }
    }
}

}  // namespace

std::string_view conclusion_of(need what) noexcept {
    switch (what) {
        case need::image:
            return "needs an image";
        case need::placement:
            return "is pinned";
        case need::toleration:
            return "needs a toleration";
        case need::unknown:
            return "unknown";
        case need::nothing:
            break;
    }
    return "can run on both";
}

std::size_t preflight_result::count(need what) const noexcept {
    return static_cast<std::size_t>(std::ranges::count(workloads, what, &workload_finding::what));
}

workload_finding judge(workload of, std::vector<image_finding> images, const preflight_result& in) {
    workload_finding finding{std::move(of), std::move(images), {}, need::nothing, {}};
    auto image = verdict::yes, selected = verdict::yes, tolerated = verdict::yes;
    for (const auto architecture : architectures) {
        auto& one = finding.on[std::string{architecture}];
        one.image = image_verdict(finding.images, architecture);
        one.place = place(finding.of.pod, in.nodes, architecture);
        if (!in.nodes_known) one.place.tolerated = verdict::unknown;
        one.runs = both(one.image, both(one.place.selected, one.place.tolerated));
        image = both(image, one.image);
        selected = both(selected, one.place.selected);
        tolerated = both(tolerated, one.place.tolerated);
    }
    const auto worst = both(image, both(selected, tolerated));
    if (image == verdict::no) {
        finding.what = need::image;
    } else if (selected == verdict::no) {
        finding.what = need::placement;
    } else if (tolerated == verdict::no) {
        finding.what = need::toleration;
    } else if (worst == verdict::unknown) {
        finding.what = need::unknown;
    }
    add_image_reasons(finding);
    add_place_reasons(finding, in);
    return finding;
}

preflight_result run_preflight(const preflight_options& options) {
    const kubectl cluster{options.kubectl};
    preflight_result result;
    result.name_space = options.name_space;

    std::vector<std::string> words{workload_kinds};
    if (options.all_name_spaces) {
        words.emplace_back("--all-namespaces");
    } else if (!options.name_space.empty()) {
        words.insert(words.end(), {"-n", options.name_space});
    }
    const auto listed = cluster.get_some(words);
    for (const auto& failure : listed.failures) result.gaps.emplace_back(failure.what());
    const auto workloads = read_workloads(listed.list);
    // kubectl prints an empty list, too, where all that was asked for is refused.
    if (workloads.empty() && !listed.failures.empty()) throw listed.failures.front();
    // A namespace that does not exist is empty, too.
    if (workloads.empty() && !options.name_space.empty() && !options.all_name_spaces) {
        try {
            (void)cluster.get({"namespace", options.name_space});
        } catch (const kubectl_failure& failure) {
            if (failure.what_kind() == kubectl_failure::kind::not_found) throw;
        }
    }
    read_cluster_nodes(cluster, result);

    const auto accounts = registry_accounts::of_user();
    for (const auto& problem : accounts.problems()) result.notes.push_back(problem);
    const auto answers = ask_images(workloads, accounts, options.registry);
    std::map<std::pair<std::size_t, std::string>, image_answer> better;
    ask_with_secrets(cluster, workloads, answers, options.registry, better);
    for (std::size_t i = 0; i < workloads.size(); ++i) {
        std::vector<image_finding> images;
        for (const auto& image : workloads[i].images) {
            const auto found = better.find({i, image.image});
            images.push_back(
                {image, found == better.end() ? answers.at(image.image) : found->second});
        }
        result.workloads.push_back(judge(workloads[i], std::move(images), result));
    }
    return result;
}

}  // namespace lanewise::bench::cluster
