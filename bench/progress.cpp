#include "progress.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <ctime>

namespace lanewise::bench {
namespace {

volatile std::sig_atomic_t interruption = 0;
volatile std::time_t interrupted_at = 0;

/// The same signal may come twice at once, to the process and to its group: only a later one is the
/// user's second.
extern "C" void on_signal(int number) {
    const auto now = std::time(nullptr);
    if (interruption != 0 && now - interrupted_at >= 2) {
        std::signal(number, SIG_DFL);
        std::raise(number);
    }
    if (interruption == 0) interrupted_at = now;
    interruption = 1;
}

}  // namespace

progress::progress(std::string what, std::size_t steps)
    : what_{std::move(what)}, steps_{steps}, terminal_{isatty(STDERR_FILENO) != 0} {}

progress::~progress() {
    if (terminal_ && done_ > 0) std::fprintf(stderr, "\r\x1b[K");
}

void progress::step(std::string_view label) {
    ++done_;
    const auto now = clock::now();
    const auto pause =
        terminal_ ? std::chrono::milliseconds{200} : std::chrono::milliseconds{10'000};
    if (now - shown_ < pause && done_ < steps_) return;
    shown_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const double left =
        done_ < steps_ ? seconds / static_cast<double>(done_) * static_cast<double>(steps_ - done_)
                       : 0;
    std::fprintf(stderr,
                 terminal_ ? "\r\x1b[K%s: %zu of %zu, about %.0f s left (%.*s)"
                           : "%s: %zu of %zu, about %.0f s left (%.*s)\n",
                 what_.c_str(), done_, steps_, left, static_cast<int>(label.size()), label.data());
    std::fflush(stderr);
}

void catch_interruption() {
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
}

bool interrupted() noexcept {
    return interruption != 0;
}

}  // namespace lanewise::bench
