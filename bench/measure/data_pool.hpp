// Memory that every kernel's arrays are laid into, one call's over the last one's, so that a dozen
// kernels with data beyond the caches take the memory of one, and are made once.
#pragma once

#include <cstddef>
#include <list>

#include "kernels/catalogue.hpp"

namespace lanewise::bench {

class data_pool {
public:
    /// For calls whose arrays come to at most so many bytes. The memory is there only once it is
    /// used: near the thread that does.
    explicit data_pool(std::size_t bytes_max);
    ~data_pool();
    data_pool(const data_pool&) = delete;
    data_pool& operator=(const data_pool&) = delete;

    /// At least so many bytes of elements of the type, generated so; they stay where they are.
    [[nodiscard]] std::byte* inputs(kernels::element_type type, std::size_t bytes,
                                    kernels::generation made_of = {});

    /// At least so many bytes to write to.
    [[nodiscard]] std::byte* outputs(std::size_t bytes);

private:
    struct area {
        std::byte* start = nullptr;
        std::size_t filled = 0;
    };
    struct input_area : area {
        kernels::element_type type{};
        kernels::generation made_of;
    };
    void reserve(area& one, std::size_t bytes) const;

    std::size_t bytes_max_;
    std::list<input_area> inputs_;
    area outputs_;
};

}  // namespace lanewise::bench
