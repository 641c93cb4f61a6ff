// Memory that one call of a kernel works in.
#pragma once

#include <cstddef>
#include <memory>

namespace lanewise::kernels {

/// On the stack where little will do.
class workspace {
public:
    static constexpr std::size_t small_bytes = std::size_t{72} * 1024;

    explicit workspace(std::size_t bytes) {
        if (bytes > sizeof(small_))
            large_ = std::make_unique_for_overwrite<line[]>(bytes / sizeof(line) + 1);
    }
    void* data() { return large_ ? static_cast<void*>(large_.get()) : small_; }

private:
    struct alignas(64) line {
        std::byte bytes[64];
    };
    alignas(64) std::byte small_[small_bytes];
    std::unique_ptr<line[]> large_;
};

}  // namespace lanewise::kernels
