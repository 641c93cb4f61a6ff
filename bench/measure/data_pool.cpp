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
    for (const auto& one : inputs_) {
        if (one.start) munmap(one.start, bytes_max_);
    }
    if (outputs_.start) munmap(outputs_.start, bytes_max_);
}

void data_pool::reserve(area& one, std::size_t bytes) const {
    if (bytes > bytes_max_) throw std::bad_alloc{};
    if (!one.start) {
        void* start = mmap(nullptr, bytes_max_, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (start == MAP_FAILED) throw std::bad_alloc{};
        one.start = static_cast<std::byte*>(start);
    }
}

std::byte* data_pool::inputs(kernels::element_type type, std::size_t bytes,
                             kernels::generation made_of) {
    auto known = std::find_if(inputs_.begin(), inputs_.end(), [&](const input_area& one) {
        return one.type == type && one.made_of == made_of;
    });
    if (known == inputs_.end()) {
        known = inputs_.emplace(inputs_.end());
        known->type = type;
        known->made_of = made_of;
    }
    auto& one = *known;
    reserve(one, bytes);
    if (bytes > one.filled) {
        const auto size = kernels::element_bytes(type);
        const auto until = std::min(whole_pages(bytes), bytes_max_);
        kernels::generate({{}, type, {}, made_of}, 1, 0, one.filled / size,
                          (until - one.filled) / size, one.start + one.filled);
        one.filled = until;
    }
    return one.start;
}

std::byte* data_pool::outputs(std::size_t bytes) {
    auto& one = outputs_;
    reserve(one, bytes);
    if (bytes > one.filled) {
        // Every page is there before the first measured call.
        std::memset(one.start + one.filled, 0, bytes - one.filled);
        one.filled = bytes;
    }
    return one.start;
}

}  // namespace lanewise::bench
