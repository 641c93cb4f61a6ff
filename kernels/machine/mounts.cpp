#include "mounts.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace lanewise::machine {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        if (end > 0) parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// The kernel writes space, tab, newline and backslash as three octal digits behind a backslash.
std::string unescaped(std::string_view field) {
    constexpr std::ptrdiff_t digits = 3;
    std::string text;
    while (!field.empty()) {
        const char first = field.front();
        field.remove_prefix(1);
        unsigned char code = 0;
        const auto octal = field.substr(0, digits);
        const auto* const end = octal.data() + octal.size();
        const auto read = std::from_chars(octal.data(), end, code, 8);
        if (first == '\\' && read.ec == std::errc{} && read.ptr - octal.data() == digits) {
            text += static_cast<char>(code);
            field.remove_prefix(digits);
        } else {
            text += first;
        }
    }
    return text;
}

bool lies_in(std::string_view path, std::string_view folder) {
    if (folder == "/") return path.starts_with('/');
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

/// Whether the mount stands on the other one, directly or by those between.
bool stands_on(const std::vector<mount>& mounts, const mount& upper, const mount& lower) {
    const auto* at = &upper;
    // Each step goes to another mount's parent: a ring in a damaged file ends by the count.
    for (std::size_t steps = 0; steps < mounts.size(); ++steps) {
        if (at->parent == lower.id) return true;
        const auto parent = std::ranges::find(mounts, at->parent, &mount::id);
        if (parent == mounts.end()) return false;
        at = &*parent;
    }
    return false;
}

}  // namespace

std::vector<mount> parse_mounts(std::string_view mountinfo) {
    // 36 35 98:0 /top /folder options [optional fields] - type source super-options
    constexpr std::size_t fields_before = 6;
    std::vector<mount> mounts;
    for (const auto line : split(mountinfo, '\n')) {
        const auto fields = split(line, ' ');
        const auto separator = std::ranges::find(fields, "-");
        const auto before = static_cast<std::size_t>(separator - fields.begin());
        if (before < fields_before || fields.size() < before + 4) continue;
        mounts.push_back({std::string{fields[0]}, std::string{fields[1]}, unescaped(fields[3]),
                          unescaped(fields[4]), std::string{fields[before + 1]},
                          unescaped(fields[before + 3])});
    }
    return mounts;
}

bool covered(const std::vector<mount>& mounts, std::size_t index) {
    // A mount made later, there or further up, hides the earlier one, unless that stands on it (as
    // after a mount was moved).
    for (std::size_t later = index + 1; later < mounts.size(); ++later) {
        if (lies_in(mounts[index].folder, mounts[later].folder) &&
            !stands_on(mounts, mounts[index], mounts[later])) {
            return true;
        }
    }
    return false;
}

std::optional<std::string> descend(std::string_view from, std::string_view to) {
    const auto upper = split(from, '/');
    const auto lower = split(to, '/');
    // The kernel writes ".." in front only. As many of them on both sides lead to one group.
    const auto levels_up = [](const auto& names) { return std::ranges::count(names, ".."); };
    if (levels_up(upper) != levels_up(lower) || upper.size() > lower.size() ||
        !std::equal(upper.begin(), upper.end(), lower.begin())) {
        return std::nullopt;
    }
    std::string way;
    for (std::size_t i = upper.size(); i < lower.size(); ++i) {
        way += '/';
        way += lower[i];
    }
    return way;
}

bool lists(std::string_view list, std::string_view name) {
    const auto names = split(list, ',');
    return std::ranges::find(names, name) != names.end();
}

}  // namespace lanewise::machine
