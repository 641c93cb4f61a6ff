#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sstream>

#include "machine_sources.hpp"

namespace lanewise::machine {
namespace {

/// Whether a comma-separated list, such as a v1 hierarchy's controllers, holds the name.
bool lists(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        if (list.substr(0, comma) == name) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

/// Where a hierarchy is mounted, and which of its cgroups that mount shows as its top.
struct mount {
    std::string folder;
    std::string top;
};

std::optional<mount> find_mount(const std::string& root, std::string_view controller,
                                bool version2) {
    // 36 35 98:0 /top /folder options [optional fields] - type source super-options
    std::istringstream lines{read_text(root, "proc/self/mountinfo").value_or("")};
    for (std::string line; std::getline(lines, line);) {
        const auto separator = line.find(" - ");
        if (separator == std::string::npos) continue;
        std::istringstream before{line.substr(0, separator)};
        std::istringstream after{line.substr(separator + 3)};
        std::string skipped, top, folder, type, source, options;
        before >> skipped >> skipped >> skipped >> top >> folder;
        after >> type >> source >> options;
        if (version2 ? type == "cgroup2" : type == "cgroup" && lists(options, controller))
            return mount{folder, top};
    }
    return std::nullopt;
}

/// The process's own cgroup in the v1 hierarchy of this controller, or in v2's only one.
std::optional<std::string> find_own(const std::string& root, std::string_view controller,
                                    bool version2) {
    // 4:cpu,cpuacct:/path, or 0::/path for version 2
    std::istringstream lines{read_text(root, "proc/self/cgroup").value_or("")};
    for (std::string line; std::getline(lines, line);) {
        const auto first = line.find(':');
        const auto second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const auto controllers = std::string_view{line}.substr(first + 1, second - first - 1);
        if (version2 ? line.starts_with("0::") : lists(controllers, controller))
            return line.substr(second + 1);
    }
    return std::nullopt;
}

std::vector<std::string> folders_of(const std::string& root, std::string_view controller,
                                    bool version2) {
    const auto mounted = find_mount(root, controller, version2);
    const auto own = find_own(root, controller, version2);
    if (!mounted || !own) return {};
    std::string path = *own;
    // A container may see the host's path, while its mount shows its own cgroup as the top.
    if (mounted->top != "/") {
        path = path.starts_with(mounted->top) ? path.substr(mounted->top.size()) : "";
    }
    if (path.find("/..") != std::string::npos)
        path.clear();  // outside of our cgroup namespace: only the top shows
    std::vector<std::string> folders;
    for (;; path.resize(path.rfind('/'))) {
        while (path.ends_with('/')) path.pop_back();
        const auto folder = mounted->folder.substr(1) + path;
        std::error_code error;
        if (std::filesystem::is_directory(std::filesystem::path{root} / folder, error)) {
            folders.push_back((std::filesystem::path{root} / folder).string());
        }
        if (path.find('/') == std::string::npos) break;
    }
    return folders;
}

std::optional<double> parse_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> quota_of(const std::string& folder) {
    std::string quota, period;
    if (const auto max = read_text(folder, "cpu.max")) {
        std::istringstream{*max} >> quota >> period;
    } else {
        quota = read_text(folder, "cpu.cfs_quota_us").value_or("");
        period = read_text(folder, "cpu.cfs_period_us").value_or("");
    }
    const auto quota_us = parse_number(quota);  // "max" (v2) and -1 (v1) mean no bound
    const auto period_us = parse_number(period);
    if (!quota_us || !period_us || *quota_us <= 0 || *period_us <= 0) return std::nullopt;
    return *quota_us / *period_us;
}

/// The cgroup folders of this controller, the process's own first, then its ancestors. On a hybrid
/// system it lives in one of the two hierarchies; v1 has it where v1 lists it.
std::vector<std::string> cgroups_of(const std::string& root, std::string_view controller) {
    auto folders = folders_of(root, controller, false);
    return folders.empty() ? folders_of(root, controller, true) : folders;
}

std::optional<std::uint64_t> memory_limit_of(const std::string& folder) {
    auto text = read_text(folder, "memory.max");
    if (!text) text = read_text(folder, "memory.limit_in_bytes");
    if (!text) return std::nullopt;
    std::uint64_t bytes = 0;  // "max" (v2) means no bound
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), bytes);
    if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
    return bytes;
}

}  // namespace

std::vector<std::string> cpu_cgroups(const std::string& root) {
    return cgroups_of(root, "cpu");
}

std::optional<std::uint64_t> read_memory_limit(const std::string& root,
                                               std::optional<std::uint64_t> memory_bytes) {
    std::optional<std::uint64_t> tightest;
    for (const auto& folder : cgroups_of(root, "memory")) {
        const auto limit = memory_limit_of(folder);
        // v1 says "no bound" by a number that is larger than any memory.
        if (!limit || *limit > memory_bytes.value_or(std::uint64_t{1} << 60)) continue;
        if (!tightest || *limit < *tightest) tightest = limit;
    }
    return tightest;
}

std::optional<double> read_quota(const std::string& root) {
    std::optional<double> tightest;
    for (const auto& folder : cpu_cgroups(root)) {
        const auto quota = quota_of(folder);
        if (quota && (!tightest || *quota < *tightest)) tightest = quota;
    }
    return tightest;
}

}  // namespace lanewise::machine
