// A program that is run to its end, for a comparison: what it printed, and how long it took.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lanewise::bench {

/// A folder for files of this process, gone with it.
class temporary_folder {
public:
    temporary_folder();
    ~temporary_folder();
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return (path_ / name).string();
    }

private:
    std::filesystem::path path_;
};

struct ended {
    int code;
    std::string output;      ///< the first line of its standard output
    std::string last_words;  ///< the last line that it wrote to its standard error
    double seconds;          ///< from its start to its end
};

/// Runs it in this directory, or in ours where that is empty; a relative program is looked for
/// there. Throws std::runtime_error where it can't be started.
[[nodiscard]] ended run_program(std::vector<std::string> words, const temporary_folder& folder,
                                const std::string& directory = {});

/// "exit code 1: its last words", for a message.
[[nodiscard]] std::string how_it_ended(const ended& program);

}  // namespace lanewise::bench
