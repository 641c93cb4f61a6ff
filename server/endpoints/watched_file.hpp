// A file that is read at start and again whenever it is another one: a mounted Secret, a report.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

namespace lanewise::server {

class watched_file {
public:
    /// Reads nothing yet. A file of more than `bytes_max` counts as unreadable.
    watched_file(std::string path, std::uint64_t bytes_max);

    [[nodiscard]] const std::string& path() const { return path_; }

    /// What the file holds, where it has changed since it was read last; nullopt where it has not,
    /// or can't be read.
    std::optional<std::string> read_if_changed();

private:
    const std::string path_;
    const std::uint64_t bytes_max_;
    struct stat seen_{};
};

}  // namespace lanewise::server
