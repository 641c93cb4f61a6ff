// One recent request for each bucket of a histogram, of those whose clients record them: its trace
// leads from a slow bucket to what happened. Written by one thread, read by whoever scrapes.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "server/http/trace_context.hpp"

namespace lanewise::server {

struct exemplar {
    sampled_trace of;
    std::chrono::nanoseconds duration;
    std::chrono::milliseconds at;  ///< since 1970
};

/// Holds the latest exemplar: a writer never waits, and a reader never sees halves of two.
class exemplar_slot {
public:
    void put(const exemplar& latest);
    /// None where none was put, or where one was being put at each of a few tries.
    [[nodiscard]] std::optional<exemplar> get() const;

private:
    // Odd while the words are written. Each word is released and acquired, so that who reads a new
    // word reads a new version afterwards.
    std::atomic<std::uint32_t> version_ = 0;
    std::array<std::atomic<std::uint64_t>, 5> words_{};
};

}  // namespace lanewise::server
