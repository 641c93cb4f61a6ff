#include "files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

namespace lanewise::bench {
namespace {

/// No run writes so much: what is larger is something else, and must not fill the memory.
constexpr std::uintmax_t bytes_max = std::uintmax_t{64} << 20;

[[noreturn]] void fail(const std::string& what, int reason = errno) {
    throw std::system_error{reason, std::generic_category(), what};
}

/// Writes all of it and makes sure that it is there; 0 or errno.
int write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const auto count = write(file, text.data(), text.size());
        if (count < 0 && errno != EINTR) return errno;
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
    // A pipe has no disk to wait for.
    return fsync(file) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
}

/// A file beside the target, which becomes it once it is whole.
class part_file {
public:
    explicit part_file(const std::string& target)
        : target_{target}, path_{target + "." + std::to_string(getpid()) + ".part"} {
        file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (file_ < 0) fail(target_);
    }
    ~part_file() {
        close(file_);
        if (!kept_) unlink(path_.c_str());
    }
    part_file(const part_file&) = delete;
    part_file& operator=(const part_file&) = delete;

    void write(std::string_view text) const {
        if (const int reason = write_all(file_, text); reason != 0) fail(target_, reason);
    }
    void keep() {
        if (rename(path_.c_str(), target_.c_str()) != 0) fail(target_);
        kept_ = true;
    }

private:
    std::string target_, path_;
    int file_ = -1;
    bool kept_ = false;
};

/// Where a link leads to, so that the link stays one.
std::string target_of(const std::string& path) {
    std::error_code error;
    const auto real = std::filesystem::canonical(path, error);
    return error ? path : real.string();
}

bool is_special(const std::string& path) {
    std::error_code error;
    const auto kind = std::filesystem::status(path, error).type();
    return kind != std::filesystem::file_type::regular &&
           kind != std::filesystem::file_type::not_found &&
           kind != std::filesystem::file_type::none;
}

}  // namespace

void write_atomically(const std::string& path, std::string_view text) {
    if (path == "-") {
        std::cout << text << std::flush;
        if (!std::cout) fail("standard output");
        return;
    }
    if (is_special(path)) {
        const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (file < 0) fail(path);
        const int reason = write_all(file, text);
        close(file);
        if (reason != 0) fail(path, reason);
        return;
    }
    part_file part{target_of(path)};
    part.write(text);
    part.keep();
}

void check_output(const std::string& path) {
    if (path == "-") return;
    if (is_special(path)) {
        if (std::filesystem::is_directory(path)) fail(path, EISDIR);
        if (access(path.c_str(), W_OK) != 0) fail(path);
        return;
    }
    // A document takes up to some megabytes; a full disk shows in the first of them.
    const part_file part{target_of(path)};
    part.write(std::string(std::size_t{1} << 20, ' '));
}

std::string read_file(const std::string& path) {
    if (path == "-") return {std::istreambuf_iterator<char>{std::cin}, {}};
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) fail(path, EISDIR);
    std::ifstream file{path, std::ios::binary};
    if (!file) fail(path);
    if (std::filesystem::file_size(path, error) > bytes_max && !error) fail(path, EFBIG);
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (file.bad()) fail(path, EIO);
    return text;
}

}  // namespace lanewise::bench
