// Lines on their way to a descriptor that may take none for a while: a bounded queue, and one
// thread that writes. Whoever logs waits for a copy in memory, and for nothing else.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace lanewise::server {

class log_queue {
public:
    /// Lines that wait have this many bytes at most: at 100 bytes a line, some 10,000 lines.
    static constexpr std::size_t waiting_bytes_max = 1 << 20;

    /// Appends the line that reports how many were lost, line end and all.
    using lost_line = void (*)(std::string& out, std::uint64_t lines);

    /// Writes to the descriptor, which stays the caller's. Throws std::system_error where no thread
    /// can be had.
    log_queue(int descriptor, lost_line report);

    /// Waits for a tenth of a second at most: lines that nobody takes until then are lost.
    ~log_queue();
    log_queue(const log_queue&) = delete;
    log_queue& operator=(const log_queue&) = delete;

    /// Queues whole lines, all or none of them; any thread may call. Never blocks on the descriptor
    /// and never asks for memory.
    void add(std::string_view lines) noexcept;

    /// Counts lines that could not be made, for want of memory.
    void lose(std::uint64_t lines) noexcept;

    /// Lines that were not written: there was no room for them, or the descriptor refused them.
    [[nodiscard]] std::uint64_t lines_dropped() const noexcept;

    /// Whether all that was added has been written or refused by then.
    bool wait_written(std::chrono::steady_clock::time_point deadline) const;

private:
    struct state;
    // The writer may be stuck in a write when this ends, and keeps the state for itself.
    std::shared_ptr<state> state_;
    std::thread writer_;
};

/// Writes one line to stderr from a program that ends, unless stderr takes nothing for a second.
void write_last_line(std::string_view line) noexcept;

}  // namespace lanewise::server
