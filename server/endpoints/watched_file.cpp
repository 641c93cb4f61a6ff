#include "watched_file.hpp"

#include <fstream>
#include <utility>

namespace lanewise::server {
namespace {

bool same_file(const struct stat& a, const struct stat& b) {
    return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size &&
           a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

watched_file::watched_file(std::string path, std::uint64_t bytes_max)
    : path_(std::move(path)), bytes_max_(bytes_max) {}

std::optional<std::string> watched_file::read_if_changed() {
    struct stat now{};
    if (stat(path_.c_str(), &now) != 0 || !S_ISREG(now.st_mode) || same_file(now, seen_))
        return std::nullopt;
    const auto size = static_cast<std::uint64_t>(now.st_size);
    if (size > bytes_max_) return std::nullopt;
    std::ifstream file(path_, std::ios::binary);
    std::string text(size, '\0');
    if (!file.read(text.data(), now.st_size) && !file.eof()) return std::nullopt;
    text.resize(static_cast<std::size_t>(file.gcount()));
    seen_ = now;  // a file that grows while it is read is another one afterwards
    return text;
}

}  // namespace lanewise::server
