// Another program's run: its input, its output within bounds, and an end within a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace lanewise::bench::cluster {

struct child_call {
    std::vector<std::string> words;  ///< the program, looked up in PATH, and its arguments
    std::string input;               ///< on its standard input
    std::chrono::duration<double> patience{60};
    std::size_t bytes_max = std::size_t{256} << 20;  ///< of its output; of its errors 64 KiB
};

struct child_result {
    int status = 0;  ///< 128 + the signal's number where a signal ended it
    std::string output;
    std::string errors;  ///< the first 64 KiB
    bool late = false;   ///< its time was over: it was killed
    bool long_output = false;

    [[nodiscard]] bool succeeded() const noexcept { return status == 0 && !late && !long_output; }
};

/// Throws std::system_error where the program can't be started.
[[nodiscard]] child_result run_child(const child_call& call);

}  // namespace lanewise::bench::cluster
