#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <utility>

namespace lanewise::bench {
namespace {

volatile std::sig_atomic_t interruption = 0;
volatile std::time_t interrupted_at = 0;
volatile std::sig_atomic_t second_ends = 1;

/// The same signal may come twice at once, to the process and to its group: only a later one is the
/// user's second.
extern "C" void on_signal(int number) {
    const auto now = std::time(nullptr);
    if (second_ends != 0 && interruption != 0 && now - interrupted_at >= 2) {
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

void progress::step(std::string_view label, std::size_t parts) {
    done_ += parts;
    const auto now = clock::now();
    const auto pause =
        terminal_ ? std::chrono::milliseconds{200} : std::chrono::milliseconds{10'000};
    if (now - shown_ < pause && done_ < steps_) return;
    shown_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const auto to_do = static_cast<double>(steps_ - std::min(done_, steps_));
    std::fprintf(
        stderr,
        terminal_ ? "\r\x1b[K%s: %zu %%, about %.0f s left (%.*s)"
                  : "%s: %zu %%, about %.0f s left (%.*s)\n",
        what_.c_str(), std::min<std::size_t>(100, done_ * 100 / std::max<std::size_t>(1, steps_)),
        seconds / static_cast<double>(done_) * to_do, static_cast<int>(label.size()), label.data());
    std::fflush(stderr);
}

void search_forecast::step(std::size_t parts) {
    (over_ < rounds_ ? now_ : late_) += parts;
}

void search_forecast::round_over() {
    before_ += std::exchange(now_, 0);
    ++over_;
}

std::size_t search_forecast::total() const {
    // Doubling from 1,000 to 64,000, halving the bracket to 3 %, failures twice, and a
    // confirmation.
    constexpr std::size_t first_guess = 20;
    const std::size_t usual = over_ > 0 ? (before_ + over_ - 1) / over_ : first_guess;
    const std::size_t to_come = rounds_ - std::min(over_, rounds_);
    // The round that runs has at least one more step, until it says that it is over.
    const std::size_t rounds = to_come == 0 ? 0 : std::max(usual, now_ + 1) + (to_come - 1) * usual;
    return before_ + rounds + std::max(after_, late_);
}

void catch_interruption() {
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    // A terminal that is closed; nohup keeps it ignored.
    if (std::signal(SIGHUP, on_signal) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

void catch_every_interruption() {
    second_ends = 0;
    catch_interruption();
}

bool interrupted() noexcept {
    return interruption != 0;
}

}  // namespace lanewise::bench
