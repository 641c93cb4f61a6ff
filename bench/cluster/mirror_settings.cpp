#include "mirror_settings.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "bench/documents/files.hpp"

namespace lanewise::bench::cluster {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view without_mark(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    return text;
}

/// Takes the next line off, without its comment and the blanks around it.
std::string_view next_line(std::string_view& rest) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    line = line.substr(0, line.find('#'));
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    return line.substr(0, line.find_last_not_of(blanks) + 1);
}

}  // namespace

bool looks_like_toml(std::string_view text) {
    text = without_mark(text);
    while (!text.empty()) {
        const auto line = next_line(text);
        if (line.empty()) continue;
        // A table, or a key with blanks around it, or a value that is a text or a list. An IPv6
        // address of a pair stands in brackets, too.
        const auto value = line.substr(std::min(line.find('='), line.size() - 1) + 1);
        const bool is_list = value == "[" || value.starts_with("[]") || value.starts_with("[ ");
        return line.starts_with('[') || is_list ||
               line.find_first_of(" \t\"'") != std::string_view::npos;
    }
    return false;
}

void add_mirrors(const std::string& path, mirror_settings& to) {
    if (std::error_code error; std::filesystem::is_directory(path, error)) {
        to.hosts = hosts_folder::read(path);
        return;
    }
    const auto text = read_file(path);
    if (looks_like_toml(text)) {
        to.conf = parse_registries_conf(path, text);
        return;
    }
    for (auto rest = without_mark(text); !rest.empty();) {
        if (const auto line = next_line(rest); !line.empty())
            to.pairs.push_back(parse_mirror(std::string{line}));
    }
}

std::vector<pull_source> mirror_settings::sources(
    const image_reference& image, const std::vector<std::string>& plain_http) const {
    std::vector<pull_source> found;
    for (const auto& pair : pairs)
        if (pair.of == image.registry) found.push_back(mirror_source(pair, image));
    auto rest = hosts.empty() ? conf.sources(image, plain_http) : hosts.sources(image, plain_http);
    for (auto& one : rest) found.push_back(std::move(one));
    return found;
}

}  // namespace lanewise::bench::cluster
