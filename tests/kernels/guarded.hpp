// An array that ends right before, or begins right after, a page that can't be touched.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>
#include <span>

enum class guard : unsigned char { before, after };

template <class T>
class guarded {
public:
    explicit guarded(std::size_t elements_max) {
        page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        inner_ = (elements_max * sizeof(T) + page_ - 1) / page_ * page_;
        void* mapped =
            mmap(nullptr, inner_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) throw std::bad_alloc();
        base_ = static_cast<std::byte*>(mapped);
        if (mprotect(base_ + page_, inner_, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    }
    ~guarded() { munmap(base_, inner_ + 2 * page_); }
    guarded(const guarded&) = delete;
    guarded& operator=(const guarded&) = delete;

    /// `count` elements, `offset` elements away from the page that this side guards.
    std::span<T> at(guard side, std::size_t count, std::size_t offset = 0) const {
        std::byte* first = base_ + page_;
        if (side == guard::before) return {reinterpret_cast<T*>(first) + offset, count};
        return {reinterpret_cast<T*>(first + inner_) - offset - count, count};
    }

private:
    std::size_t page_ = 0;
    std::size_t inner_ = 0;
    std::byte* base_ = nullptr;
};
