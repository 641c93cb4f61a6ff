#include "body_pool.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace lanewise::server {
namespace {

constexpr std::size_t alignment = 64;  // a cache line, and the widest vector
constexpr std::size_t idle_blocks_max = 64;

// Idle memory saves the page faults of large bodies (a third of their cost); a quarter of the bound
// is enough for that.
constexpr std::size_t idle_part = 4;

// Sizes are rounded up by at most an eighth, so that a block fits the next body of about that size.
std::size_t rounded(std::size_t bytes) {
    if (bytes <= 512) return 512;
    const auto step_bits = std::bit_width(bytes - 1) - 4;  // an eighth of the power of two below
    return (((bytes - 1) >> step_bits) + 1) << step_bits;
}

problem spent() {
    return {503, "all memory for bodies is in use (--bodies-bytes-max); try again soon"};
}

}  // namespace

body_buffer::~body_buffer() {
    if (pool_ != nullptr) pool_->give_back({data_, capacity_});
}

body_pool::body_pool(std::size_t bytes_max) : bytes_max_(bytes_max) {
    idle_.reserve(idle_blocks_max);
}

body_pool::~body_pool() {
    while (release_one()) {
    }
}

outcome<body_buffer> body_pool::take(std::size_t bytes) {
    if (bytes > bytes_max_) return spent();
    const auto capacity = rounded(bytes);
    std::byte* data = try_take(capacity);
    while (data == nullptr && reclaim_ && reclaim_()) data = try_take(capacity);
    if (data == nullptr) return spent();
    body_buffer buffer;
    buffer.pool_ = this;
    buffer.data_ = data;
    buffer.size_ = bytes;
    buffer.capacity_ = capacity;
    return buffer;
}

outcome<void> body_pool::grow(body_buffer& buffer, std::size_t bytes) {
    if (bytes > buffer.capacity()) {
        // Twice as much each time, so that a body that grows is copied no more than twice in all.
        auto larger = take(std::max(bytes, 2 * buffer.capacity()));
        if (!larger) larger = take(bytes);
        if (!larger) return larger.error();
        if (buffer.size() > 0) std::memcpy(larger->data(), buffer.data(), buffer.size());
        larger->resize(buffer.size());
        buffer = std::move(*larger);
    }
    return {};
}

bool body_pool::release_idle() noexcept {
    const std::lock_guard lock(mutex_);
    return release_one();
}

std::size_t body_pool::bytes_in_use() const {
    const std::lock_guard lock(mutex_);
    return bytes_in_use_;
}

std::byte* body_pool::try_take(std::size_t capacity) {
    const std::lock_guard lock(mutex_);
    // The newest first: it is the one that caches still hold.
    const auto fits = std::find_if(idle_.rbegin(), idle_.rend(), [capacity](const block& idle) {
        return idle.capacity == capacity;
    });
    if (fits != idle_.rend()) {
        std::byte* data = fits->data;
        idle_.erase(std::next(fits).base());
        bytes_idle_ -= capacity;
        bytes_in_use_ += capacity;
        return data;
    }
    while (bytes_in_use_ + bytes_idle_ + capacity > bytes_max_) {
        if (!release_one()) return nullptr;
    }
    void* data = std::aligned_alloc(alignment, (capacity + alignment - 1) / alignment * alignment);
    while (data == nullptr && release_one()) {
        data = std::aligned_alloc(alignment, (capacity + alignment - 1) / alignment * alignment);
    }
    if (data != nullptr) bytes_in_use_ += capacity;
    return static_cast<std::byte*>(data);
}

bool body_pool::release_one() {
    if (idle_.empty()) return false;
    bytes_idle_ -= idle_.front().capacity;
    std::free(idle_.front().data);
    idle_.erase(idle_.begin());
    return true;
}

void body_pool::give_back(block returned) noexcept {
    const std::lock_guard lock(mutex_);
    bytes_in_use_ -= returned.capacity;
    bytes_idle_ += returned.capacity;
    idle_.push_back(returned);  // within the reserve: never allocates
    while (idle_.size() == idle_blocks_max || bytes_idle_ > bytes_max_ / idle_part) release_one();
}

}  // namespace lanewise::server
