// Allocates for Asio at a place that is there already: what has to happen where memory is used up.
#pragma once

#include <cstddef>

namespace lanewise::server {

template <class T>
struct at_place {
    using value_type = T;
    std::byte* place;
    static constexpr std::size_t bytes_max = 128;

    explicit at_place(std::byte* at) : place(at) {}
    template <class U>
    explicit(false) at_place(const at_place<U>& other) : place(other.place) {}
    T* allocate(std::size_t) {
        static_assert(sizeof(T) <= bytes_max);
        return reinterpret_cast<T*>(place);
    }
    void deallocate(T*, std::size_t) noexcept {}
    template <class U>
    bool operator==(const at_place<U>& other) const {
        return place == other.place;
    }
};

}  // namespace lanewise::server
