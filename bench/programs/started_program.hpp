// One run of a program, from its start until nothing of it is left.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "output_tail.hpp"

namespace lanewise::bench {

/// A program to start, as execve wants it: made once, started often.
class program_image {
public:
    /// `path` is a file; each of `variables` is NAME=VALUE, and replaces what this process has by
    /// that name. An empty directory is this process's own.
    program_image(std::string path, std::vector<std::string> words,
                  const std::vector<std::string>& variables, std::string directory);

    [[nodiscard]] const char* path() const noexcept { return path_.c_str(); }
    [[nodiscard]] char* const* words() const noexcept { return word_pointers_.data(); }
    [[nodiscard]] char* const* variables() const noexcept { return variable_pointers_.data(); }
    [[nodiscard]] const char* directory() const noexcept {
        return directory_.empty() ? nullptr : directory_.c_str();
    }

private:
    std::string path_, directory_;
    std::vector<std::string> words_, variables_;
    std::vector<char*> word_pointers_, variable_pointers_;
};

/// The file that a shell would run for this name; nullopt: none.
[[nodiscard]] std::optional<std::string> find_program(const std::string& name,
                                                      const std::string& directory);

/// How a run ended.
struct run_end {
    enum class reason : std::uint8_t { ended, late, stopped };
    reason why = reason::ended;  ///< late: past its deadline; stopped: by the caller's word
    std::optional<int> status;   ///< none: a signal ended it
    std::optional<int> signal;
    double seconds = 0;
    double cpu_seconds = 0;              ///< of the process and of all below it that it waited for
    std::uint64_t memory_bytes_max = 0;  ///< of its largest process
};

/// The pipes of one copy, which all its runs write to in turn.
class program_outputs {
public:
    program_outputs();
    ~program_outputs();
    program_outputs(const program_outputs&) = delete;
    program_outputs& operator=(const program_outputs&) = delete;

    void forget();
    void read_some();
    [[nodiscard]] int output_end() const noexcept { return ends_[1]; }
    [[nodiscard]] int errors_end() const noexcept { return ends_[3]; }
    [[nodiscard]] int output_from() const noexcept { return ends_[0]; }
    [[nodiscard]] int errors_from() const noexcept { return ends_[2]; }
    [[nodiscard]] const output_tail& output() const noexcept { return output_; }
    [[nodiscard]] const output_tail& errors() const noexcept { return errors_; }

private:
    int ends_[4];
    output_tail output_, errors_;
};

/// Runs it to its end on the hardware threads of the calling thread. It is the leader of a process
/// group; what is left of the group when the leader ends is killed. It dies with the calling
/// thread, and its standard input is empty. It is stopped once the descriptor `stop` is readable.
/// Throws std::system_error where it can't be started.
[[nodiscard]] run_end run_program(const program_image& image, program_outputs& outputs,
                                  std::chrono::duration<double> patience, int stop);

}  // namespace lanewise::bench
