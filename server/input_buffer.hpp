// What a connection sent and nobody has read yet. Small while it idles; grows to the largest head
// that is allowed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace lanewise::server {

class input_buffer {
public:
    // A usual head, and sixteen pipelined ones of wrk, fit; an idle connection costs no more than
    // this.
    static constexpr std::size_t bytes_least = 4 << 10;

    [[nodiscard]] std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }

    /// Room for the next read, at the end of what is there: at least one byte. Moves what is there.
    [[nodiscard]] std::pair<char*, std::size_t> room() {
        if (empty() && capacity_ != bytes_least) resize(bytes_least);
        if (begin_ > 0) {
            std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        if (end_ == capacity_) resize(2 * capacity_);
        return {data_.get() + end_, capacity_ - end_};
    }
    void commit(std::size_t count) { end_ += count; }
    void consume(std::size_t count) {
        begin_ += count;
        if (begin_ == end_) begin_ = end_ = 0;
    }

private:
    void resize(std::size_t capacity) {
        auto larger = std::make_unique_for_overwrite<char[]>(capacity);
        const auto size = end_ - begin_;
        if (size > 0) std::memcpy(larger.get(), data_.get() + begin_, size);
        data_ = std::move(larger);
        begin_ = 0;
        end_ = size;
        capacity_ = capacity;
    }

    std::unique_ptr<char[]> data_;
    std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

}  // namespace lanewise::server
