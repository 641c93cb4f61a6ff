#include "body_pool.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

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

// Blocks from this size on are the system's own pages, and go back to it when they are freed:
// malloc keeps what it was given back, in an arena for each thread, while this pool counts it as
// free. Sanitizers watch the ends of malloc's blocks only, so that all are its own there.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t mapped_bytes_min = SIZE_MAX;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr std::size_t mapped_bytes_min = SIZE_MAX;
#else
constexpr std::size_t mapped_bytes_min = 128 << 10;
#endif
#else
constexpr std::size_t mapped_bytes_min = 128 << 10;
#endif

// What malloc may keep of the smaller blocks before it has to give pages back: this part of the
// bound. A trim walks its arenas, about a millisecond, and follows megabytes of small bodies.
constexpr std::size_t untrimmed_part = 16;

std::size_t rounded_to(std::size_t unit, std::size_t bytes) {
    return (bytes + unit - 1) / unit * unit;
}

// What a block of so many bytes takes of the system.
std::size_t block_bytes(std::size_t bytes) {
    static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const auto capacity = rounded(bytes);
    return rounded_to(capacity >= mapped_bytes_min ? page : alignment, capacity);
}

std::byte* allocate(std::size_t capacity) noexcept {
    if (capacity < mapped_bytes_min)
        return static_cast<std::byte*>(std::aligned_alloc(alignment, capacity));
    void* const pages =
        mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? nullptr : static_cast<std::byte*>(pages);
}

}  // namespace

body_buffer::~body_buffer() {
    if (pool_ != nullptr) pool_->give_back({data_, capacity_});
}

body_pool::body_pool(std::size_t bytes_max, const char* spent)
    : bytes_max_(bytes_max), spent_(spent) {
    idle_.reserve(idle_blocks_max);
}

body_pool::~body_pool() {
    while (release_one()) {
    }
}

outcome<body_buffer> body_pool::take(std::size_t bytes) {
    if (bytes > bytes_max_) return problem{503, spent_};
    const auto capacity = block_bytes(bytes);
    std::byte* data = try_take(capacity);
    while (data == nullptr && reclaim_ && reclaim_()) data = try_take(capacity);
    if (data == nullptr) {
        ++refusals_;
        return problem{503, spent_};
    }
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
        std::ranges::copy(buffer.bytes(), larger->data());
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
    std::byte* data = allocate(capacity);
    while (data == nullptr && release_one()) data = allocate(capacity);
    if (data != nullptr) bytes_in_use_ += capacity;
    return data;
}

bool body_pool::release_one() {
    if (idle_.empty()) return false;
    const auto [data, capacity] = idle_.front();
    idle_.erase(idle_.begin());
    bytes_idle_ -= capacity;
    if (capacity < mapped_bytes_min) {
        std::free(data);
        bytes_untrimmed_ += capacity;
    } else {
        munmap(data, capacity);
    }
    return true;
}

void body_pool::give_back(block returned) noexcept {
    {
        const std::lock_guard lock(mutex_);
        bytes_in_use_ -= returned.capacity;
        bytes_idle_ += returned.capacity;
        idle_.push_back(returned);  // within the reserve: never allocates
        while (idle_.size() == idle_blocks_max || bytes_idle_ > bytes_max_ / idle_part)
            release_one();
        if (bytes_untrimmed_ < bytes_max_ / untrimmed_part) return;
        bytes_untrimmed_ = 0;
    }
    malloc_trim(0);
}

}  // namespace lanewise::server
