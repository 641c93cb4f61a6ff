#include "log_queue.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace lanewise::server {
namespace {

// At the end of a program whose lines nobody takes.
constexpr auto end_grace = std::chrono::milliseconds(100);
constexpr auto last_line_grace = std::chrono::seconds(1);

// A write of this size to a pipe is atomic (POSIX, PIPE_BUF): lines of other processes that share
// the pipe do not fall into ours.
constexpr std::size_t piece_bytes = PIPE_BUF;

std::uint64_t lines_in(std::string_view text) {
    return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

// As many whole lines as fit one piece; a longer line is a piece of its own.
std::string_view next_piece(std::string_view lines) {
    if (lines.size() <= piece_bytes) return lines;
    auto end = lines.rfind('\n', piece_bytes - 1);
    if (end == std::string_view::npos) end = lines.find('\n');
    return lines.substr(0, end + 1);
}

}  // namespace

struct log_queue::state {
    state(int to, lost_line lost) : descriptor(to), report_lost(lost) {
        waiting.reserve(waiting_bytes_max);
        written.reserve(waiting_bytes_max);
        report_text.reserve(piece_bytes);
    }

    void run();
    bool has_work() const;
    void write(std::string_view lines);
    void report();
    bool write_piece(std::string_view& piece);

    const int descriptor;
    const lost_line report_lost;

    std::mutex mutex;
    std::condition_variable work, rest;  // there is some; there is none
    std::string waiting;
    std::uint64_t lost_behind = 0;  // lines that came after those that wait
    bool writing = false, stopping = false, ended = false;
    std::atomic<std::uint64_t> dropped = 0;

    // The writer's own.
    std::string written, report_text;
    std::uint64_t unreported = 0;  // of those that were lost
    bool refused = false;          // the descriptor took nothing the last time
    bool within_line = false;      // what was written last is the beginning of a line
};

// A descriptor that refuses is tried again with the next lines: retrying immediately would
// busy-loop.
bool log_queue::state::has_work() const {
    return !waiting.empty() || lost_behind > 0 || (!refused && unreported > 0);
}

void log_queue::state::run() {
    std::unique_lock lock(mutex);
    for (;;) {
        work.wait(lock, [this] { return has_work() || stopping; });
        if (!has_work()) break;
        waiting.swap(written);
        const auto lost = std::exchange(lost_behind, 0);
        writing = true;
        lock.unlock();
        write(written);
        unreported += lost;
        report();
        written.clear();
        lock.lock();
        writing = false;
        if (waiting.empty()) rest.notify_all();
    }
    ended = true;
    rest.notify_all();
}

void log_queue::state::write(std::string_view lines) {
    while (!lines.empty()) {
        auto piece = next_piece(lines);
        lines.remove_prefix(piece.size());
        if (write_piece(piece)) continue;
        dropped.fetch_add(lines_in(piece));
        unreported += lines_in(piece);
    }
}

// Where the lost lines would stand.
void log_queue::state::report() {
    if (unreported == 0 || refused) return;
    report_text.clear();
    report_lost(report_text, unreported);
    std::string_view line = report_text;
    if (write_piece(line)) unreported = 0;
}

// False where the descriptor refused: the rest is what did not go out.
bool log_queue::state::write_piece(std::string_view& rest_of) {
    // A full disk takes a part of a line and no more: the next line begins on a line of its own.
    for (std::string_view line_end = within_line ? "\n" : ""; !rest_of.empty();) {
        auto& next = line_end.empty() ? rest_of : line_end;
        const auto count = ::write(descriptor, next.data(), next.size());
        if (count > 0) {
            const auto taken = static_cast<std::size_t>(count);
            within_line = next[taken - 1] != '\n';
            next.remove_prefix(taken);
            continue;
        }
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {  // somebody who shares stderr made it non-blocking
            pollfd room{descriptor, POLLOUT, 0};
            if (poll(&room, 1, -1) >= 0 || errno == EINTR) continue;
        }
        refused = true;
        return false;
    }
    refused = false;
    return true;
}

log_queue::log_queue(int descriptor, lost_line report)
    : state_(std::make_shared<state>(descriptor, report)),
      writer_([shared = state_] { shared->run(); }) {}

log_queue::~log_queue() {
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    state_->work.notify_one();
    const bool ended = state_->rest.wait_for(lock, end_grace, [this] { return state_->ended; });
    lock.unlock();
    ended ? writer_.join() : writer_.detach();
}

void log_queue::add(std::string_view lines) noexcept {
    bool idle = false;
    {
        const std::lock_guard lock(state_->mutex);
        if (lines.size() > waiting_bytes_max - state_->waiting.size()) {
            state_->dropped.fetch_add(lines_in(lines));
            state_->lost_behind += lines_in(lines);
            return;
        }
        state_->waiting += lines;
        idle = !state_->writing;
    }
    if (idle) state_->work.notify_one();
}

void log_queue::lose(std::uint64_t lines) noexcept {
    const std::lock_guard lock(state_->mutex);
    state_->dropped.fetch_add(lines);
    state_->lost_behind += lines;
}

std::uint64_t log_queue::lines_dropped() const noexcept {
    return state_->dropped.load();
}

bool log_queue::wait_written(std::chrono::steady_clock::time_point deadline) const {
    std::unique_lock lock(state_->mutex);
    return state_->rest.wait_until(lock, deadline,
                                   [this] { return state_->waiting.empty() && !state_->writing; });
}

void write_last_line(std::string_view line) noexcept {
    line = line.substr(0, piece_bytes);  // a pipe that says it has room takes that much
    pollfd room{STDERR_FILENO, POLLOUT, 0};
    const auto grace = std::chrono::duration_cast<std::chrono::milliseconds>(last_line_grace);
    if (poll(&room, 1, static_cast<int>(grace.count())) <= 0) return;
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace lanewise::server
