// Memory that every kernel's arrays are laid into, one call's over the last one's, so that a dozen
// kernels with data beyond the caches take the memory of one, and are made once.
#pragma once

#include <array>
#include <cstddef>

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

    /// At least so many bytes of elements of the type, generated; they stay where they are.
    [[nodiscard]] std::byte* inputs(kernels::element_type type, std::size_t bytes);

    /// At least so many bytes to write to.
    [[nodiscard]] std::byte* outputs(std::size_t bytes);

private:
    struct area {
        std::byte* start = nullptr;
        std::size_t filled = 0;
    };
    area& reserved(std::size_t index, std::size_t bytes);

    static constexpr std::size_t types = 7;
    std::size_t bytes_max_;
    std::array<area, types + 1> areas_;  ///< one a type, and one to write to
};

}  // namespace lanewise::bench
