#include "started_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "descendants.hpp"

namespace lanewise::bench {
namespace {

using clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what, int reason = errno) {
    throw std::system_error{reason, std::generic_category(), what};
}

/// An empty standard input, opened once.
int nothing_to_read() {
    static const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    return file;
}

/// What the child process does until it is the program. It shares the parent's memory meanwhile,
/// and leaves in `problem` why it could not.
[[noreturn]] void become(const program_image& image, const program_outputs& outputs, int input,
                         pid_t parent, volatile int& problem) noexcept {
    // What this process handles or ignores is its own matter.
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE}) ::signal(number, SIG_DFL);
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (::getppid() != parent) ::_exit(127);
    if (::dup2(input, STDIN_FILENO) >= 0 && ::dup2(outputs.output_end(), STDOUT_FILENO) >= 0 &&
        ::dup2(outputs.errors_end(), STDERR_FILENO) >= 0 &&
        (!image.directory() || ::chdir(image.directory()) == 0)) {
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execve(image.path(), image.words(), image.variables());
    }
    problem = errno;
    ::_exit(127);
}

/// vfork, because a copy of the page tables costs more than many programs take; no signal finds the
/// child while it shares the parent's memory.
[[gnu::noinline]] pid_t start(const program_image& image, const program_outputs& outputs) {
    const int input = nothing_to_read();
    const pid_t parent = ::getpid();
    volatile int problem = 0;
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t child = ::vfork();
    if (child == 0) become(image, outputs, input, parent, problem);
    const int reason = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (child < 0) fail("a process", reason);
    if (problem != 0) {
        ::waitpid(child, nullptr, 0);
        fail(image.path(), problem);
    }
    return child;
}

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double seconds_since(clock::time_point start) {
    return std::chrono::duration<double>(clock::now() - start).count();
}

bool has_ended(pid_t child) {
    siginfo_t about{};
    return ::waitid(P_PID, static_cast<id_t>(child), &about, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           about.si_pid == child;
}

/// Milliseconds that poll may wait, rounded up.
int patience_ms(clock::time_point deadline) {
    const auto left = std::chrono::duration<double, std::milli>(deadline - clock::now()).count();
    return static_cast<int>(std::clamp(std::ceil(left), 0.0, 60'000.0));
}

}  // namespace

program_image::program_image(std::string path, std::vector<std::string> words,
                             const std::vector<std::string>& variables, std::string directory)
    : path_{std::move(path)}, directory_{std::move(directory)}, words_{std::move(words)} {
    const auto name_of = [](std::string_view variable) {
        return variable.substr(0, variable.find('='));
    };
    for (char** one = environ; *one; ++one) {
        const bool replaced = std::ranges::any_of(
            variables, [&](const auto& mine) { return name_of(mine) == name_of(*one); });
        if (!replaced) variables_.emplace_back(*one);
    }
    variables_.insert(variables_.end(), variables.begin(), variables.end());
    for (auto& word : words_) word_pointers_.push_back(word.data());
    for (auto& variable : variables_) variable_pointers_.push_back(variable.data());
    word_pointers_.push_back(nullptr);
    variable_pointers_.push_back(nullptr);
}

std::optional<std::string> find_program(const std::string& name, const std::string& directory) {
    namespace fs = std::filesystem;
    const auto runnable = [](const fs::path& file) {
        std::error_code error;
        return fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0;
    };
    if (name.find('/') != std::string::npos) {
        const auto file = fs::absolute(fs::path{directory} / name);
        return runnable(file) ? std::optional{file.string()} : std::nullopt;
    }
    const char* set = std::getenv("PATH");
    std::string_view places = set ? set : "/usr/local/bin:/usr/bin:/bin";
    while (!name.empty()) {
        const auto colon = places.find(':');
        const auto place = places.substr(0, colon);
        const auto file = fs::absolute(fs::path{place.empty() ? "." : place} / name);
        if (runnable(file)) return file.string();
        if (colon == std::string_view::npos) break;
        places.remove_prefix(colon + 1);
    }
    return std::nullopt;
}

program_outputs::program_outputs() : ends_{-1, -1, -1, -1}, output_{-1}, errors_{-1} {
    if (::pipe2(ends_, O_CLOEXEC) != 0) fail("a pipe");
    if (::pipe2(ends_ + 2, O_CLOEXEC) != 0) {
        const int reason = errno;
        ::close(ends_[0]);
        ::close(ends_[1]);
        fail("a pipe", reason);
    }
    // The program's own ends block, as programs expect.
    for (const int end : {output_from(), errors_from()}) ::fcntl(end, F_SETFL, O_NONBLOCK);
    output_ = output_tail{output_from()};
    errors_ = output_tail{errors_from()};
}

program_outputs::~program_outputs() {
    for (const int end : ends_) ::close(end);
}

void program_outputs::forget() {
    output_.forget();
    errors_.forget();
}

void program_outputs::read_some() {
    output_.read_some();
    errors_.read_some();
}

run_end run_program(const program_image& image, program_outputs& outputs,
                    std::chrono::duration<double> patience, int stop) {
    outputs.forget();
    const auto begin = clock::now();
    const auto deadline = begin + std::chrono::duration_cast<clock::duration>(patience);
    std::optional<pid_t> started;
    if (const start_permit permit; permit.granted()) started = start(image, outputs);
    if (!started) return {.why = run_end::reason::stopped, .status = {}, .signal = {}};
    const pid_t child = *started;
    // Older kernels and some emulators have no such descriptor: then a look each millisecond.
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));

    run_end end;
    std::array<pollfd, 4> events{pollfd{handle, POLLIN, 0}, pollfd{stop, POLLIN, 0},
                                 pollfd{outputs.output_from(), POLLIN, 0},
                                 pollfd{outputs.errors_from(), POLLIN, 0}};
    while (true) {
        const int wait = patience_ms(deadline);
        const int ready =
            ::poll(events.data(), events.size(), handle < 0 ? std::min(wait, 1) : wait);
        if (ready < 0 && errno != EINTR) fail("waiting for a program");
        if (ready <= 0) {
            for (auto& event : events) event.revents = 0;
        }
        if (handle < 0 ? has_ended(child) : events[0].revents != 0) break;
        if (events[1].revents != 0) {
            end.why = run_end::reason::stopped;
            break;
        }
        if (events[2].revents != 0 || events[3].revents != 0) outputs.read_some();
        if (clock::now() >= deadline) {
            end.why = run_end::reason::late;
            break;
        }
    }
    end.seconds = seconds_since(begin);
    // The leader is not waited for yet, so that its number is nobody else's.
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);
    int status = 0;
    rusage usage{};
    while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    if (handle >= 0) ::close(handle);
    outputs.read_some();
    if (WIFEXITED(status)) end.status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    end.cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    end.memory_bytes_max = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    return end;
}

}  // namespace lanewise::bench
