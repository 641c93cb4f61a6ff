// What a connection sent and nobody has read yet. Each read begins in memory that a thread's
// connections share, for most requests come whole and are answered at once. The rest of a
// request moves to memory of the connection's own; where it is long, to the pool that bounds all.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "server/http/body_pool.hpp"

namespace lanewise::server {

class input_buffer {
public:
    // Sixteen pipelined requests fit into shared memory, and a small body with its head.
    static constexpr std::size_t shared_bytes = 16 << 10;

    // A usual head fits into a connection's own.
    static constexpr std::size_t bytes_least = 4 << 10;

    input_buffer(std::span<char> shared, body_pool& pool) : shared_(shared.data()), pool_(pool) {}

    [[nodiscard]] std::string_view view() const { return {data_ + begin_, end_ - begin_}; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }

    /// Room for the next read, at the end of what is there: at least one byte, or a problem where
    /// the pool has no more. Moves what is there.
    [[nodiscard]] outcome<std::span<char>> room() {
        if (empty()) clear();
        if (view().size() <= bytes_least) {
            move_to(shared_, shared_bytes);
        } else if (const auto kept = keep(); !kept) {
            return kept.error();
        } else if (begin_ > 0) {
            move_to(data_, capacity_);
        } else if (end_ == capacity_) {
            if (const auto grown = grow(2 * capacity_); !grown) return grown.error();
        }
        return std::span{data_ + end_, capacity_ - end_};
    }
    void commit(std::size_t count) { end_ += count; }
    void consume(std::size_t count) { begin_ += count; }

    /// Has to be called before another connection reads: what is there moves out of shared memory.
    [[nodiscard]] outcome<void> keep() {
        if (empty() && (data_ == shared_ || holds_pool_memory())) {
            clear();
            return {};
        }
        if (data_ != shared_) return {};
        if (view().size() > bytes_least) return grow(shared_bytes);
        if (!least_) least_ = std::make_unique_for_overwrite<char[]>(bytes_least);
        move_to(least_.get(), bytes_least);
        return {};
    }

    [[nodiscard]] bool holds_pool_memory() const { return more_.capacity() > 0; }

    /// Forgets what is there, and gives all memory back.
    void clear() {
        least_.reset();
        if (more_.data() != nullptr) more_ = {};
        data_ = nullptr;
        begin_ = end_ = capacity_ = 0;
    }

private:
    outcome<void> grow(std::size_t capacity) {
        auto larger = pool_.take(capacity);
        if (!larger) return larger.error();
        move_to(reinterpret_cast<char*>(larger->data()), capacity);
        more_ = std::move(*larger);
        return {};
    }

    void move_to(char* memory, std::size_t capacity) {
        const auto there = view();
        if (!there.empty()) std::memmove(memory, there.data(), there.size());
        data_ = memory;
        begin_ = 0;
        end_ = there.size();
        capacity_ = capacity;
    }

    char* shared_;
    char* data_ = nullptr;
    std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
    std::unique_ptr<char[]> least_;
    body_buffer more_;  // where the least is too little
    body_pool& pool_;
};

}  // namespace lanewise::server
