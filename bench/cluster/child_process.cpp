#include "child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

namespace lanewise::bench::cluster {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t errors_max = 64 << 10;
constexpr int look_every_ms = 20;  // for a child whose own children keep its output open

[[noreturn]] void fail(const std::string& what, int reason = errno) {
    throw std::system_error{reason, std::generic_category(), what};
}

class descriptor {
public:
    explicit descriptor(int number = -1) noexcept : number_{number} {}
    descriptor(descriptor&& other) noexcept : number_{other.number_} { other.number_ = -1; }
    descriptor& operator=(descriptor&&) = delete;
    ~descriptor() { close(); }
    void close() noexcept {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }
    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

/// A file in memory: unlike a pipe it needs nobody who writes while the child reads.
descriptor input_of(const std::string& text) {
    descriptor file{memfd_create("input", MFD_CLOEXEC)};
    if (file.number() < 0) fail("input of a program");
    for (std::string_view rest{text}; !rest.empty();) {
        const auto count = ::write(file.number(), rest.data(), rest.size());
        if (count < 0) fail("input of a program");
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    ::lseek(file.number(), 0, SEEK_SET);
    return file;
}

struct pipe_ends {
    descriptor from, to;
};

pipe_ends new_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("a pipe");
    return {descriptor{ends[0]}, descriptor{ends[1]}};
}

pid_t start(const child_call& call, int input, int output, int errors) {
    std::vector<char*> words;
    words.reserve(call.words.size() + 1);
    for (const auto& word : call.words) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    pid_t child = 0;
    const int reason =
        posix_spawnp(&child, words.front(), &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (reason != 0) fail(call.words.front(), reason);
    return child;
}

/// What a pipe holds now, into `to`; false at its end.
bool drain(int from, std::string& to, std::size_t bytes_max, bool& beyond) {
    std::array<char, 16 << 10> some{};
    while (true) {
        const auto count = ::read(from, some.data(), some.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN;
        if (count == 0) return false;
        const auto room = bytes_max - to.size();
        beyond = beyond || static_cast<std::size_t>(count) > room;
        to.append(some.data(), std::min(room, static_cast<std::size_t>(count)));
        if (beyond) return true;
    }
}

int status_of(int waited) noexcept {
    return WIFEXITED(waited) ? WEXITSTATUS(waited) : 128 + WTERMSIG(waited);
}

}  // namespace

child_result run_child(const child_call& call) {
    const auto input = input_of(call.input);
    auto output = new_pipe(), errors = new_pipe();
    const auto child = start(call, input.number(), output.to.number(), errors.to.number());
    output.to.close();
    errors.to.close();
    const int output_end = output.from.number(), errors_end = errors.from.number();
    for (const int end : {output_end, errors_end}) ::fcntl(end, F_SETFL, O_NONBLOCK);

    child_result result;
    const auto deadline = clock::now() + std::chrono::duration_cast<clock::duration>(call.patience);
    bool more_output = true, more_errors = true;
    int waited = 0;
    while (true) {
        std::array<pollfd, 2> ends{pollfd{more_output ? output_end : -1, POLLIN, 0},
                                   pollfd{more_errors ? errors_end : -1, POLLIN, 0}};
        ::poll(ends.data(), ends.size(), look_every_ms);
        // Asked before the pipes are read: what a child wrote before its end is in them by now.
        const bool over = ::waitpid(child, &waited, WNOHANG) == child;
        if (more_output)
            more_output = drain(output_end, result.output, call.bytes_max, result.long_output);
        // Errors beyond the bound are read and dropped, some with each look: a child that writes
        // them without an end still meets its deadline.
        bool errors_beyond = false;
        if (more_errors) more_errors = drain(errors_end, result.errors, errors_max, errors_beyond);
        if (over) break;
        result.late = clock::now() >= deadline;
        if (!result.late && !result.long_output) continue;
        ::kill(child, SIGKILL);
        ::waitpid(child, &waited, 0);
        break;
    }
    result.status = status_of(waited);
    return result;
}

}  // namespace lanewise::bench::cluster
