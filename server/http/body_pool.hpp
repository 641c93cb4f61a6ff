// Memory for bodies, results and generated inputs: aligned for SIMD, used again, and bounded in all
// together. The bound is one of resident memory: what is given back goes back to the system.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "problem.hpp"

namespace lanewise::server {

class body_pool;

/// Bytes from a pool, aligned to 64; gives them back when destroyed. Their content is whatever was
/// there.
class body_buffer {
public:
    body_buffer() = default;
    body_buffer(body_buffer&& other) noexcept { swap(other); }
    body_buffer& operator=(body_buffer&& other) noexcept {
        swap(other);
        return *this;
    }
    ~body_buffer();

    [[nodiscard]] std::byte* data() const { return data_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
    [[nodiscard]] std::string_view text() const {
        return {reinterpret_cast<const char*>(data_), size_};
    }
    void resize(std::size_t size) { size_ = size; }  // up to capacity()

private:
    friend body_pool;
    void swap(body_buffer& other) noexcept {
        std::swap(pool_, other.pool_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

    body_pool* pool_ = nullptr;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// Any thread may take and give back. Outlives every buffer taken from it.
class body_pool {
public:
    /// `spent` is what a 503 says where the bound is reached.
    explicit body_pool(std::size_t bytes_max,
                       const char* spent =
                           "all memory for bodies is in use (--bodies-bytes-max); "
                           "try again soon");
    ~body_pool();
    body_pool(const body_pool&) = delete;
    body_pool& operator=(const body_pool&) = delete;

    /// A buffer of this size, or a 503: the bound is reached, or the system has no memory.
    outcome<body_buffer> take(std::size_t bytes);

    /// Makes a buffer hold at least this many bytes, and keeps those that it has.
    outcome<void> grow(body_buffer& buffer, std::size_t bytes);

    /// Asked when the bound is reached, for memory that can be done without: true if some was given
    /// back.
    void on_shortage(std::function<bool()> reclaim) { reclaim_ = std::move(reclaim); }

    /// Gives the system back a block that is kept for a next body; false if there is none.
    bool release_idle() noexcept;

    [[nodiscard]] std::size_t bytes_in_use() const;

    /// How often there was no memory for what the bound allows.
    [[nodiscard]] std::uint64_t refusals() const { return refusals_; }

private:
    friend body_buffer;
    struct block {
        std::byte* data;
        std::size_t capacity;
    };
    void give_back(block returned) noexcept;
    std::byte* try_take(std::size_t capacity);
    bool release_one();

    const std::size_t bytes_max_;
    const char* const spent_;
    std::function<bool()> reclaim_;
    std::atomic<std::uint64_t> refusals_ = 0;
    mutable std::mutex mutex_;
    std::size_t bytes_in_use_ = 0;
    std::size_t bytes_idle_ = 0;
    std::size_t bytes_untrimmed_ = 0;  // given back to malloc since its last trim
    std::vector<block> idle_;          // given back and kept, oldest first
};

}  // namespace lanewise::server
