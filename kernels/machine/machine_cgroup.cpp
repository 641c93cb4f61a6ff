#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <sstream>
#include <utility>

#include "machine_sources.hpp"
#include "mounts.hpp"

namespace lanewise::machine {
namespace {

/// The folders of the control groups that bound this process, its own first, then its ancestors up
/// to the root of the mount that shows them.
struct control_groups {
    bool version2 = false;
    std::vector<std::string> folders;
};

/// The process's own group in one hierarchy, as /proc/self/cgroup has it.
struct own_group {
    bool version2;
    std::string path;
};

/// On a hybrid system a controller is in v1 where v1 lists it, and in v2 otherwise.
std::optional<own_group> find_own(const std::string& root, std::string_view controller) {
    // 4:cpu,cpuacct:/path, or 0::/path for version 2
    std::istringstream lines{read_text(root, "proc/self/cgroup").value_or("")};
    std::optional<own_group> unified;
    for (std::string line; std::getline(lines, line);) {
        const auto first = line.find(':');
        const auto second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const auto controllers = std::string_view{line}.substr(first + 1, second - first - 1);
        const auto path = line.substr(second + 1);
        if (!path.starts_with('/')) continue;
        if (lists(controllers, controller)) return own_group{false, path};
        if (line.starts_with("0::")) unified = own_group{true, path};
    }
    return unified;
}

bool is_folder(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::is_directory(path, error);
}

/// What one mount shows of the way up, own group first.
std::vector<std::string> folders_in(const std::string& root, const mount& shown, std::string path) {
    const auto base = std::filesystem::path{root} / shown.folder.substr(1);
    std::vector<std::string> folders;
    for (;; path.resize(path.rfind('/'))) {
        const auto folder = path.empty() ? base : base / path.substr(1);
        if (is_folder(folder)) folders.push_back(folder.string());
        if (path.empty()) return folders;
    }
}

/// A pod that watches its node sees the node's whole tree beside its own, a unit may have any
/// branch bound anywhere: only a mount that holds our own group counts, and of those the one that
/// starts nearest to it, which a container's runtime made for it.
control_groups groups_of(const std::string& root, std::string_view controller) {
    const auto own = find_own(root, controller);
    if (!own) return {};
    const auto mounts = parse_mounts(read_text(root, "proc/self/mountinfo").value_or(""));
    control_groups nearest{.version2 = own->version2, .folders = {}};
    std::optional<std::size_t> shortest;
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        const auto& one = mounts[i];
        const bool ours = own->version2 ? one.type == "cgroup2"
                                        : one.type == "cgroup" && lists(one.options, controller);
        if (!ours || !one.folder.starts_with('/') || covered(mounts, i)) continue;
        const auto way = descend(one.top, own->path);
        if (!way || (shortest && *shortest <= way->size())) continue;
        auto folders = folders_in(root, one, *way);
        if (folders.empty()) continue;
        shortest = way->size();
        nearest.folders = std::move(folders);
    }
    return nearest;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> quota_of(const std::string& folder, bool version2) {
    std::string quota, period;
    if (version2) {
        std::istringstream{read_text(folder, "cpu.max").value_or("")} >> quota >> period;
    } else {
        quota = read_text(folder, "cpu.cfs_quota_us").value_or("");
        period = read_text(folder, "cpu.cfs_period_us").value_or("");
    }
    const auto quota_us = parse_number<double>(quota);  // "max" (v2) and -1 (v1) mean no bound
    const auto period_us = parse_number<double>(period);
    if (!quota_us || !period_us) return std::nullopt;
    const double cpus = *quota_us / *period_us;
    return cpus > 0 && std::isfinite(cpus) ? std::optional{cpus} : std::nullopt;
}

std::optional<std::uint64_t> memory_limit_of(const std::string& folder, bool version2) {
    const auto text = read_text(folder, version2 ? "memory.max" : "memory.limit_in_bytes");
    return text ? parse_number<std::uint64_t>(*text) : std::nullopt;  // "max" (v2) means no bound
}

/// v1 sums up for a group what bounds it: ancestors that no mount shows are included, and those are
/// not that do not bound what is below them (before Linux 5.11).
std::optional<std::uint64_t> hierarchical_limit_of(const std::string& folder) {
    const auto stat = read_text(folder, "memory.stat").value_or("");
    constexpr std::string_view field = "hierarchical_memory_limit ";
    const auto at = stat.find(field);
    if (at == std::string::npos) return std::nullopt;
    const auto start = at + field.size();
    return parse_number<std::uint64_t>(
        std::string_view{stat}.substr(start, stat.find('\n', start) - start));
}

template <class Number>
void tighten(std::optional<Number>& tightest, const std::optional<Number>& limit) {
    if (limit) tightest = std::min(tightest.value_or(*limit), *limit);
}

}  // namespace

std::vector<std::string> cpu_cgroups(const std::string& root) {
    return groups_of(root, "cpu").folders;
}

std::optional<std::uint64_t> read_memory_limit(const std::string& root,
                                               std::optional<std::uint64_t> memory_bytes) {
    const auto groups = groups_of(root, "memory");
    std::optional<std::uint64_t> tightest;
    for (const auto& folder : groups.folders) {
        tighten(tightest, memory_limit_of(folder, groups.version2));
        if (groups.version2) continue;
        tighten(tightest, hierarchical_limit_of(folder));
        break;
    }
    // v1 says "no bound" by a number that is larger than any memory.
    if (tightest > memory_bytes.value_or(std::uint64_t{1} << 60)) return std::nullopt;
    return tightest;
}

std::optional<double> read_quota(const std::string& root) {
    const auto groups = groups_of(root, "cpu");
    std::optional<double> tightest;
    for (const auto& folder : groups.folders) tighten(tightest, quota_of(folder, groups.version2));
    return tightest;
}

}  // namespace lanewise::machine
