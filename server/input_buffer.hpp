// What a connection sent and nobody has read yet. Small while it idles; grows to the largest head
// that is allowed, by memory of the pool that bounds all connections together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "body_pool.hpp"

namespace lanewise::server {

class input_buffer {
public:
    // A usual head, and sixteen pipelined ones of wrk, fit; an idle connection costs no more than
    // this.
    static constexpr std::size_t bytes_least = 4 << 10;

    explicit input_buffer(body_pool& pool) : pool_(pool) {}

    [[nodiscard]] std::string_view view() const { return {data_ + begin_, end_ - begin_}; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }

    /// Room for the next read, at the end of what is there: at least one byte, or a problem where
    /// the pool has no more. Moves what is there.
    [[nodiscard]] outcome<std::span<char>> room() {
        if (empty() && capacity_ != bytes_least) begin_with_least();
        if (begin_ > 0) {
            std::memmove(data_, data_ + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        if (end_ == capacity_) {
            if (const auto grown = grow(2 * capacity_); !grown) return grown.error();
        }
        return std::span{data_ + end_, capacity_ - end_};
    }
    void commit(std::size_t count) { end_ += count; }
    void consume(std::size_t count) {
        begin_ += count;
        if (begin_ == end_) begin_ = end_ = 0;
    }

    /// Forgets what is there, and gives all memory back.
    void clear() {
        least_.reset();
        more_ = {};
        data_ = nullptr;
        begin_ = end_ = capacity_ = 0;
    }

private:
    void begin_with_least() {
        if (!least_) least_ = std::make_unique_for_overwrite<char[]>(bytes_least);
        more_ = {};
        data_ = least_.get();
        begin_ = end_ = 0;
        capacity_ = bytes_least;
    }

    outcome<void> grow(std::size_t capacity) {
        auto larger = pool_.take(capacity);
        if (!larger) return larger.error();
        auto* const data = reinterpret_cast<char*>(larger->data());
        std::memcpy(data, data_, end_);
        data_ = data;
        capacity_ = capacity;
        more_ = std::move(*larger);
        return {};
    }

    body_pool& pool_;
    std::unique_ptr<char[]> least_;
    body_buffer more_;  // where the least is too little
    char* data_ = nullptr;
    std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

}  // namespace lanewise::server
