#include "guard.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <thread>

#include "descendants.hpp"

namespace lanewise::bench {
namespace {

volatile pid_t guarded = 0;

extern "C" void hand_on(int number) {
    const int saved = errno;
    ::kill(guarded, number);
    errno = saved;
}

constexpr std::array handed_on{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

[[noreturn]] void wait_for_the_guarded() {
    int status = 0;
    while (::waitpid(guarded, &status, 0) < 0 && errno == EINTR) {
    }
    end_descendants();
    if (WIFEXITED(status)) std::_Exit(WEXITSTATUS(status));
    std::fprintf(stderr, "lanewise-bench: the process that measured was ended by signal %d\n",
                 WTERMSIG(status));
    std::_Exit(1);
}

/// The other end of the pipe closes when the process that holds it ends, however it does.
void watch(int lifeline) {
    char byte = 0;
    while (::read(lifeline, &byte, 1) < 0 && errno == EINTR) {
    }
    forbid_starts();
    end_descendants();
    std::_Exit(1);
}

}  // namespace

void go_on_guarded() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error{errno, std::generic_category(), "a pipe"};
    adopt_orphans();
    // A signal that comes before there is whom to hand it on to waits.
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error{errno, std::generic_category(), "a process"};
    if (child > 0) {
        ::close(ends[0]);
        guarded = child;
        struct sigaction action{};
        action.sa_handler = hand_on;
        for (const int number : handed_on) sigaction(number, &action, nullptr);
        sigprocmask(SIG_SETMASK, &before, nullptr);
        wait_for_the_guarded();
    }
    ::close(ends[1]);
    // What is sent to the group of a terminal or of a shell's job, SIGKILL too, meets the guard
    // alone.
    ::setsid();
    adopt_orphans();
    // Signals are for the main thread, which knows what to do.
    std::thread{watch, ends[0]}.detach();
    sigprocmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace lanewise::bench
