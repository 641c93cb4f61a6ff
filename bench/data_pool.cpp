#include "data_pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "kernels/generate.hpp"

namespace lanewise::bench {
namespace {

constexpr std::size_t page = 4096;

std::size_t whole_pages(std::size_t bytes) {
    return (bytes + page - 1) / page * page;
}

}  // namespace

// Arrays of one call start at multiples of 64 bytes: some pages more than the bytes hold the gaps.
data_pool::data_pool(std::size_t bytes_max) : bytes_max_{whole_pages(bytes_max) + 16 * page} {}

data_pool::~data_pool() {
    for (const auto& one : areas_) {
        if (one.start) munmap(one.start, bytes_max_);
    }
}

data_pool::area& data_pool::reserved(std::size_t index, std::size_t bytes) {
    auto& one = areas_.at(index);
    if (bytes > bytes_max_) throw std::bad_alloc{};
    if (!one.start) {
        void* start = mmap(nullptr, bytes_max_, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (start == MAP_FAILED) throw std::bad_alloc{};
        one.start = static_cast<std::byte*>(start);
    }
    return one;
}

std::byte* data_pool::inputs(kernels::element_type type, std::size_t bytes) {
    auto& one = reserved(static_cast<std::size_t>(type), bytes);
    if (bytes > one.filled) {
        const auto size = kernels::element_bytes(type);
        const auto until = std::min(whole_pages(bytes), bytes_max_);
        kernels::generate(type, 1, 0, one.filled / size, (until - one.filled) / size,
                          one.start + one.filled);
        one.filled = until;
    }
    return one.start;
}

std::byte* data_pool::outputs(std::size_t bytes) {
    auto& one = reserved(types, bytes);
    if (bytes > one.filled) {
        // Every page is there before the first measured call.
        std::memset(one.start + one.filled, 0, bytes - one.filled);
        one.filled = bytes;
    }
    return one.start;
}

}  // namespace lanewise::bench
