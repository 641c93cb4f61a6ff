// A folder for a test's files, which goes with the object.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

class temporary_folder {
public:
    temporary_folder()
        : path_{(std::filesystem::temp_directory_path() / "lanewise-XXXXXX").string()} {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
    }
    ~temporary_folder() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    /// The path of a file in it.
    [[nodiscard]] std::string operator/(std::string_view name) const {
        return path_ + '/' + std::string{name};
    }

    /// Writes a file, and returns its path.
    [[nodiscard]] std::string with(std::string_view name, std::string_view text) const {
        const auto file = *this / name;
        REQUIRE(std::ofstream{file, std::ios::binary}.write(
            text.data(), static_cast<std::streamsize>(text.size())));
        return file;
    }

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};
