#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

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
    const auto close = text.find(']', open);  // none where nothing opens
    if (close == std::string::npos) return {};
    return text.substr(open + 1, close - open - 1);
}

std::optional<std::uint64_t> read_page_size(const std::string& root) {
    if (is_live(root)) return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    const auto maps = read_text(root, "proc/self/smaps").value_or("");
    constexpr std::string_view field = "KernelPageSize:";
    const auto at = maps.find(field);
    if (at == std::string::npos) return std::nullopt;
    std::uint64_t kibibytes = 0;
    if (!(std::istringstream{maps.substr(at + field.size())} >> kibibytes)) return std::nullopt;
    return kibibytes * 1024;
}

std::string c_library() {
#ifdef _CS_GNU_LIBC_VERSION
    std::array<char, 64> name{};
    confstr(_CS_GNU_LIBC_VERSION, name.data(), name.size());  // ends it, or leaves it empty
    return name.data();
#else
    return {};
#endif
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
