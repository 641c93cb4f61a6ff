// Where control groups are mounted, by /proc/self/mountinfo, and which of those mounts shows the
// group that this process is in. Private to lanewise::machine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::machine {

/// One line of mountinfo, its escapes undone.
struct mount {
    std::string id;
    std::string parent;
    std::string top;     ///< the folder of the file system that this mount shows
    std::string folder;  ///< where it shows it
    std::string type;
    std::string options;  ///< of the file system, such as a v1 hierarchy's controllers
};

/// Every line that has the fields; the others are skipped.
[[nodiscard]] std::vector<mount> parse_mounts(std::string_view mountinfo);

/// Whether another mount lies over this one, so that its folder shows something else.
[[nodiscard]] bool covered(const std::vector<mount>& mounts, std::size_t index);

/// The way down from one control group to another, "" or "/a/b", both as the kernel writes them for
/// this process: from the root of its cgroup namespace, with "/.." for each level above that.
/// nullopt: `from` is no ancestor, or lies above the namespace's root, which hides the names
/// between.
[[nodiscard]] std::optional<std::string> descend(std::string_view from, std::string_view to);

/// Whether a comma-separated list holds the name.
[[nodiscard]] bool lists(std::string_view list, std::string_view name);

}  // namespace lanewise::machine
