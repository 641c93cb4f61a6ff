#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "machine_sources.hpp"

namespace lanewise::machine {
namespace {

std::vector<vulnerability> read_vulnerabilities(const std::string& root) {
    constexpr std::string_view folder = "sys/devices/system/cpu/vulnerabilities";
    std::vector<vulnerability> found;
    std::error_code error;
    for (std::filesystem::directory_iterator file{std::filesystem::path{root} / folder, error}, end;
         !error && file != end; file.increment(error)) {
        const auto name = file->path().filename().string();
        const auto state = read_text(root, std::string{folder} + "/" + name);
        if (state && !state->empty()) found.push_back({name, *state});
    }
    std::ranges::sort(found, {}, &vulnerability::name);
    return found;
}

/// The chosen one of "always [madvise] never".
std::string chosen_of(const std::string& text) {
    const auto open = text.find('[');
    const auto close = text.find(']', open == std::string::npos ? 0 : open);
    if (open == std::string::npos || close == std::string::npos) return {};
    return text.substr(open + 1, close - open - 1);
}

std::optional<std::uint64_t> read_page_size(const std::string& root) {
    if (is_live(root)) {
        const auto bytes = sysconf(_SC_PAGESIZE);
        return bytes > 0 ? std::optional{static_cast<std::uint64_t>(bytes)} : std::nullopt;
    }
    const auto maps = read_text(root, "proc/self/smaps").value_or("");
    constexpr std::string_view field = "KernelPageSize:";
    const auto at = maps.find(field);
    if (at == std::string::npos) return std::nullopt;
    const auto start = std::min(maps.find_first_not_of(' ', at + field.size()), maps.size());
    std::uint64_t kibibytes = 0;
    const auto [end, error] =
        std::from_chars(maps.data() + start, maps.data() + maps.size(), kibibytes);
    return error == std::errc{} ? std::optional{kibibytes * 1024} : std::nullopt;
}

std::string c_library() {
#ifdef _CS_GNU_LIBC_VERSION
    std::string name(64, '\0');
    const auto size = confstr(_CS_GNU_LIBC_VERSION, name.data(), name.size());
    if (size > 1 && size <= name.size()) {
        name.resize(size - 1);
        return name;
    }
#endif
    return {};
}

}  // namespace

settings read_settings(const std::string& root, bool emulated) {
    settings set;
    set.page_size_bytes = read_page_size(root);
    if (is_live(root)) set.c_library = c_library();
    set.transparent_huge_pages =
        chosen_of(read_text(root, "sys/kernel/mm/transparent_hugepage/enabled").value_or(""));
    set.numa_balancing = parse_int(read_text(root, "proc/sys/kernel/numa_balancing").value_or(""));
    // The rest is of the CPU, which under emulation is the host's.
    if (emulated) return set;
    set.vulnerabilities = read_vulnerabilities(root);
    set.smt_control = read_text(root, "sys/devices/system/cpu/smt/control").value_or("");
    const auto cpuinfo = read_cpuinfo(root);
    if (const auto microcode = cpuinfo.find("microcode"); microcode != cpuinfo.end())
        set.microcode = microcode->second;
    return set;
}

}  // namespace lanewise::machine
