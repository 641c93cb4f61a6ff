#include "placement_rules.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

#include "fields.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;

/// A node as rules see it: one of the cluster, or one that does not exist yet.
struct candidate {
    const cluster_node* node;
    bool imagined;  ///< labels that it does not have are not known

    [[nodiscard]] std::optional<std::string> label(const std::string& key) const {
        const auto found = node->labels.find(key);
        if (found == node->labels.end()) return std::nullopt;
        return found->second;
    }
};

verdict known(bool value) noexcept {
    return value ? verdict::yes : verdict::no;
}

std::optional<long long> number(std::string_view text) {
    long long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// One expression of a term, over a label or, for matchFields, the name.
verdict holds(const json::value& expression, const std::optional<std::string>& value) {
    const auto op = text_of(expression, {"operator"});
    const auto& values = list_of(expression, {"values"});
    const bool listed = value && std::ranges::any_of(values, [&](const json::value& one) {
                            return one.is_string() && one.get_string() == *value;
                        });
    if (op == "In") return known(listed);
    if (op == "NotIn") return known(!listed);
    if (op == "Exists") return known(value.has_value());
    if (op == "DoesNotExist") return known(!value);
    if ((op == "Gt" || op == "Lt") && value && values.size() == 1 && values[0].is_string()) {
        const auto have = number(*value);
        const auto bound = number(std::string_view{values[0].get_string()});
        return known(have && bound && (op == "Gt" ? *have > *bound : *have < *bound));
    }
    return verdict::no;  // as the scheduler has it
}

verdict term_holds(const json::value& term, const candidate& on) {
    const auto& expressions = list_of(term, {"matchExpressions"});
    const auto& fields = list_of(term, {"matchFields"});
    if (expressions.empty() && fields.empty()) return verdict::no;  // an empty term selects nothing
    auto result = verdict::yes;
    for (const auto& one : expressions) {
        const auto value = on.label(text_of(one, {"key"}));
        result = both(result, on.imagined && !value ? verdict::unknown : holds(one, value));
    }
    for (const auto& one : fields)
        result = both(result, on.imagined ? verdict::unknown : holds(one, on.node->name));
    return result;
}

const json::value* affinity_of(const json::value& pod) {
    return field(pod,
                 {"affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"});
}

std::string text_of_terms(const json::value& affinity) {
    std::string text;
    for (const auto& term : list_of(affinity, {"nodeSelectorTerms"})) {
        std::string one;
        for (const auto* part : {"matchExpressions", "matchFields"}) {
            for (const auto& expression : list_of(term, {part})) {
                one += (one.empty() ? "" : " and ") + text_of(expression, {"key"}) + " " +
                       text_of(expression, {"operator"});
                std::string values;
                for (const auto& value : list_of(expression, {"values"}))
                    if (value.is_string())
                        values += (values.empty() ? "" : ", ") + std::string{value.get_string()};
                if (!values.empty()) one += " (" + values + ")";
            }
        }
        if (!one.empty()) text += (text.empty() ? "" : ", or ") + one;
    }
    return text.empty() ? "that selects nothing" : text;
}

/// What a pod asks of a node, each with its words.
struct rule {
    std::string text;
    std::function<verdict(const candidate&)> holds;
};

std::vector<rule> rules_of(const json::value& pod) {
    std::vector<rule> rules;
    for (const auto& [key, value] : object_of(pod, {"nodeSelector"})) {
        const std::string name{key};
        const std::string wanted = value.is_string() ? std::string{value.get_string()} : "";
        rules.push_back({"nodeSelector " + name + "=" + wanted, [=](const candidate& on) {
                             const auto have = on.label(name);
                             if (!have && on.imagined) return verdict::unknown;
                             return known(have == wanted);
                         }});
    }
    if (const auto* affinity = affinity_of(pod)) {
        rules.push_back({"node affinity " + text_of_terms(*affinity), [=](const candidate& on) {
                             auto best = verdict::no;
                             for (const auto& term : list_of(*affinity, {"nodeSelectorTerms"})) {
                                 const auto one = term_holds(term, on);
                                 if (one == verdict::yes) return one;
                                 if (one == verdict::unknown) best = one;
                             }
                             return best;
                         }});
    }
    if (const auto name = text_of(pod, {"nodeName"}); !name.empty()) {
        rules.push_back({"nodeName " + name, [=](const candidate& on) {
                             return on.imagined ? verdict::no : known(on.node->name == name);
                         }});
    }
    return rules;
}

bool tolerates(const json::value& pod, const node_taint& taint) {
    return std::ranges::any_of(list_of(pod, {"tolerations"}), [&](const json::value& one) {
        const auto key = text_of(one, {"key"}), op = text_of(one, {"operator"});
        const auto effect = text_of(one, {"effect"});
        if (!effect.empty() && effect != taint.effect) return false;
        // Seconds of grace are no place to stay.
        if (taint.effect == "NoExecute" && field(one, {"tolerationSeconds"})) return false;
        if (op == "Exists") return key.empty() || key == taint.key;
        if (!op.empty() && op != "Equal") return false;
        return key == taint.key && text_of(one, {"value"}) == taint.value;
    });
}

std::vector<node_taint> untolerated_of(const json::value& pod, const cluster_node& node) {
    std::vector<node_taint> left;
    std::ranges::copy_if(node.taints, std::back_inserter(left),
                         [&](const auto& taint) { return !tolerates(pod, taint); });
    return left;
}

/// The rules that no candidate meets; where each is met by one or another, all of them together.
std::vector<std::string> pins_of(const std::vector<rule>& rules,
                                 const std::vector<candidate>& candidates, verdict worst) {
    std::vector<std::string> pins;
    for (const auto& rule : rules) {
        const bool met = std::ranges::any_of(candidates, [&](const auto& on) {
            return rule.holds(on) == verdict::yes ||
                   (worst == verdict::no && rule.holds(on) == verdict::unknown);
        });
        if (!met) pins.push_back(rule.text);
    }
    if (pins.empty())
        for (const auto& rule : rules) pins.push_back(rule.text);
    return pins;
}

}  // namespace

verdict both(verdict one, verdict other) noexcept {
    if (one == verdict::no || other == verdict::no) return verdict::no;
    return one == verdict::unknown ? one : other;
}

placement place(const json::value& pod, std::span<const cluster_node> nodes,
                std::string_view architecture) {
    std::vector<candidate> candidates;
    for (const bool control_plane : {false, true}) {
        // Workers are what a workload is meant for, where there are any.
        for (const auto& node : nodes)
            if (node.architecture == architecture && node.control_plane == control_plane)
                candidates.push_back({&node, false});
        if (!candidates.empty()) break;
    }
    cluster_node imagined;
    const bool none = candidates.empty();
    if (none) {
        imagined.architecture = architecture;
        for (const std::string prefix : {"kubernetes.io/", "beta.kubernetes.io/"}) {
            imagined.labels[prefix + "arch"] = architecture;
            imagined.labels[prefix + "os"] = "linux";
        }
        candidates.push_back({&imagined, true});
    }

    placement found;
    const auto rules = rules_of(pod);
    std::vector<const cluster_node*> selected;
    found.selected = verdict::no;
    for (const auto& on : candidates) {
        auto one = verdict::yes;
        for (const auto& rule : rules) one = both(one, rule.holds(on));
        if (one == verdict::yes) selected.push_back(on.node);
        if (one != verdict::no && found.selected != verdict::yes) found.selected = one;
    }
    if (found.selected != verdict::yes) found.pins = pins_of(rules, candidates, found.selected);
    if (none) {
        found.tolerated = verdict::yes;  // of taints that are not there yet nothing is known
        return found;
    }
    // Where nothing is selected, what the taints ask is asked all the same: it is the next thing.
    if (selected.empty())
        for (const auto& on : candidates) selected.push_back(on.node);
    std::optional<std::vector<node_taint>> fewest;
    for (const auto* node : selected) {
        auto left = untolerated_of(pod, *node);
        if (!fewest || left.size() < fewest->size()) fewest = std::move(left);
    }
    found.untolerated = std::move(*fewest);
    found.tolerated = known(found.untolerated.empty());
    return found;
}

}  // namespace lanewise::bench::cluster
