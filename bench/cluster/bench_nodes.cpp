#include "bench_nodes.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <tuple>

#include "pod_plan.hpp"

namespace lanewise::bench::cluster {

bool node_label::fits(const cluster_node& node) const {
    const auto found = node.labels.find(key);
    return found != node.labels.end() && found->second == value;
}

node_label parse_node_label(const std::string& option, const std::string& text) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
        throw std::invalid_argument{option + " \"" + text +
                                    "\" is no label of nodes such as lanewise/role=bench"};
    }
    return {text.substr(0, equals), text.substr(equals + 1)};
}

std::string measured_node::title() const {
    return pool + ", node " + node.name;
}

node_choice choose_nodes(std::span<const cluster_node> nodes, const node_label& bench,
                         const node_label& load) {
    node_choice made;
    std::set<std::string> pools, architectures;
    for (const auto& node : nodes) {
        const bool usable = node.ready && !node.cordoned;
        if (load.fits(node) && usable && !made.load) made.load = node;
        if (!bench.fits(node)) continue;
        const auto instance = instance_of(node);
        measured_node one{node, instance.empty() ? node.architecture : instance};
        pools.insert(one.pool);
        architectures.insert(node.architecture);
        if (usable) {
            made.bench.push_back(std::move(one));
        } else {
            made.gaps.push_back(
                {one.title(), node.cordoned ? "the node is cordoned" : "the node is not ready"});
        }
    }
    std::ranges::sort(made.bench, {},
                      [](const measured_node& one) { return std::tie(one.pool, one.node.name); });
    // Two instance types of one architecture are a comparison; one type alone lacks the other side.
    if (pools.size() != 1) return made;
    for (const auto* architecture : {"amd64", "arm64"}) {
        if (!architectures.contains(architecture))
            made.gaps.push_back({architecture, "no node of it has the label " + bench.text()});
    }
    return made;
}

}  // namespace lanewise::bench::cluster
