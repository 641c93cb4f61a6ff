// One line on stderr for each thing worth telling: text for people, JSON for collectors. No call
// waits for stderr, which nobody may read: log_queue.hpp says what becomes of lines then.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "log_queue.hpp"

namespace lanewise::server {

/// Gives back the memory of a text that is longer than most: what a connection or a thread keeps
/// for the next request is bounded so.
inline void forget_long(std::string& text) {
    constexpr std::size_t kept_bytes = 256;
    if (text.capacity() > kept_bytes) std::string{}.swap(text);
}

/// What the log says of one request that was answered.
struct request_line {
    std::string method, target, traceparent;  // as they came; "-" where the head was unreadable
    int status = 0;

    /// Keeps the memory of the strings for the next request.
    void assign(std::string_view of_method, std::string_view of_target,
                std::string_view of_traceparent);
};

/// The requests that a thread has answered and not yet logged. Takes no memory for what is not
/// longer than what it held before, and keeps none of long lines.
class answered_requests {
public:
    /// Takes the line, and leaves memory for another in its place.
    void add(request_line& line);
    void clear();
    [[nodiscard]] bool empty() const { return count_ == 0; }

private:
    friend class logger;
    std::vector<request_line> lines_;
    std::size_t count_ = 0;
    std::string text_;
};

class logger {
public:
    explicit logger(bool json);

    /// stage: what was being done, such as "accept"; connection: its number, 0 for none. Any thread
    /// may call. Where memory is used up the line is lost, and nothing else.
    void info(std::string_view stage, std::string_view message,
              std::uint64_t connection = 0) const noexcept;
    void error(std::string_view stage, std::string_view message,
               std::uint64_t connection = 0) const noexcept;

    /// One line for each request, and forgets them.
    void access(answered_requests& requests, std::chrono::nanoseconds duration,
                std::uint64_t connection) const noexcept;

    /// Lines that were lost: for want of memory, or because stderr did not take them.
    [[nodiscard]] std::uint64_t lines_dropped() const noexcept { return queue_.lines_dropped(); }

    /// Whether stderr has taken or refused all lines by then.
    bool wait_written(std::chrono::steady_clock::time_point deadline) const {
        return queue_.wait_written(deadline);
    }

private:
    void write(std::string_view level, std::string_view stage, std::string_view message,
               std::uint64_t connection) const noexcept;
    const bool json_;
    mutable log_queue queue_;
};

}  // namespace lanewise::server
