#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <set>

#include "bench/figures/format.hpp"
#include "preflight.hpp"
#include "program/printable.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;

constexpr std::array all_needs{need::nothing, need::image, need::placement, need::toleration,
                               need::unknown};

std::string_view word(verdict one) noexcept {
    switch (one) {
        case verdict::yes:
            return "yes";
        case verdict::no:
            return "no";
        case verdict::unknown:
            break;
    }
    return "unknown";
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text;
}

/// The pools as they can be told apart: by architecture and taints.
std::map<std::pair<std::string, std::set<std::string>>, std::size_t> pools_of(
    const preflight_result& result) {
    std::map<std::pair<std::string, std::set<std::string>>, std::size_t> pools;
    for (const auto& node : result.nodes) {
        std::set<std::string> taints;
        for (const auto& taint : node.taints) taints.insert(taint.text());
        ++pools[{node.architecture, taints}];
    }
    return pools;
}

json::array texts(const std::vector<std::string>& from) {
    json::array made;
    for (const auto& one : from) made.emplace_back(one);
    return made;
}

json::object image_json(const image_finding& finding) {
    json::object made;
    made["container"] = finding.of.container;
    made["image"] = finding.of.image;
    made["asked"] = finding.answer.asked;
    if (finding.answer.platforms) {
        json::array platforms;
        for (const auto& one : *finding.answer.platforms) platforms.emplace_back(one.name());
        made["platforms"] = std::move(platforms);
        made["unknown"] = nullptr;
    } else {
        made["platforms"] = nullptr;
        made["unknown"] = finding.answer.unknown;
    }
    return made;
}

json::object architecture_json(const architecture_finding& found) {
    json::array tolerations;
    for (const auto& one : found.place.untolerated)
        tolerations.push_back(
            json::object{{"key", one.key}, {"value", one.value}, {"effect", one.effect}});
    return {{"runs", word(found.runs)},
            {"image", word(found.image)},
            {"selected", word(found.place.selected)},
            {"tolerated", word(found.place.tolerated)},
            {"pinned_by", texts(found.place.pins)},
            {"missing_tolerations", std::move(tolerations)}};
}

}  // namespace

std::string to_table(const preflight_result& result, bool all_name_spaces) {
    struct row {
        std::string title;
        const workload_finding* of;
    };
    std::vector<row> rows;
    std::size_t width = std::string_view{"WORKLOAD"}.size();
    for (const auto& one : result.workloads) {
        const auto place = all_name_spaces ? one.of.name_space + "/" : "";
        rows.push_back({program::printable(place + one.of.title()), &one});
        width = std::max(width, rows.back().title.size());
    }
    constexpr std::size_t cell = 9;  // "unknown" and two blanks
    std::string text = padded("WORKLOAD", width + 2) + padded("AMD64", cell) +
                       padded("ARM64", cell) + "CONCLUSION\n";
    if (rows.empty()) text = "No workloads.\n";
    for (const auto& [title, of] : rows) {
        text += padded(title, width + 2);
        for (const auto* architecture : {"amd64", "arm64"})
            text += padded(std::string{word(of->on.at(architecture).runs)}, cell);
        text += std::string{conclusion_of(of->what)} + "\n";
        for (const auto& reason : of->reasons) text += "    " + program::printable(reason) + "\n";
    }
    std::string summary;
    for (const auto what : all_needs) {
        if (const auto count = result.count(what); count > 0)
            summary += (summary.empty() ? "" : ", ") + std::string{conclusion_of(what)} + ": " +
                       std::to_string(count);
    }
    if (!summary.empty())
        text += "\n" + counted(result.workloads.size(), "workload") + ". " + summary + ".\n";
    for (const auto& [pool, count] : pools_of(result)) {
        std::string taints;
        for (const auto& one : pool.second) taints += (taints.empty() ? "" : ", ") + one;
        text += program::printable(counted(count, pool.first + " node") +
                                   (taints.empty() ? "" : " with taint " + taints)) +
                ".\n";
    }
    for (const auto& note : result.notes) text += "Note: " + program::printable(note) + ".\n";
    return text;
}

json::value to_json(const preflight_result& result) {
    json::array workloads, pools;
    json::object counts;
    for (const auto what : all_needs) counts[conclusion_of(what)] = result.count(what);
    for (const auto& one : result.workloads) {
        json::array images;
        json::object on;
        for (const auto& image : one.images) images.push_back(image_json(image));
        for (const auto& [architecture, found] : one.on)
            on[architecture] = architecture_json(found);
        workloads.push_back(json::object{{"namespace", one.of.name_space},
                                         {"kind", one.of.kind},
                                         {"name", one.of.name},
                                         {"conclusion", conclusion_of(one.what)},
                                         {"reasons", texts(one.reasons)},
                                         {"architectures", std::move(on)},
                                         {"images", std::move(images)}});
    }
    for (const auto& [pool, count] : pools_of(result)) {
        json::array taints;
        for (const auto& one : pool.second) taints.emplace_back(one);
        pools.push_back(json::object{
            {"architecture", pool.first}, {"nodes", count}, {"taints", std::move(taints)}});
    }
    return json::object{{"schema", "lanewise.preflight/1"},  {"namespace", result.name_space},
                        {"workloads", std::move(workloads)}, {"counts", std::move(counts)},
                        {"pools", std::move(pools)},         {"notes", texts(result.notes)},
                        {"gaps", texts(result.gaps)}};
}

}  // namespace lanewise::bench::cluster
