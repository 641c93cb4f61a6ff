// Exact dot product of signed bytes: 32-bit sums in the registers, emptied into a 64-bit one before
// they could overflow.
#pragma once

#include "bytes.inl.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
std::int64_t dot_i8(const std::int8_t* x, const std::int8_t* y, std::size_t count) noexcept {
    using products = byte_products<Arch>;
    constexpr std::size_t stride = products::chains * products::width;
    constexpr std::size_t block =
        (byte_steps_max - products::chains) * stride;  // with room for the tail's steps

    std::int64_t total = 0;
    std::size_t i = 0;
    do {
        products sums;
        const std::size_t end = count - i < block ? count : i + block;
        for (; i + stride <= end; i += stride) {
            unroll<products::chains>([&](auto j) LANEWISE_INLINE {
                sums.add(j, x + i + j * products::width, y + i + j * products::width);
            });
        }
        if (end == count) {
            for (; i + products::width <= end; i += products::width) sums.add(0, x + i, y + i);
            if (i < end) sums.add_last(x + i, y + i, end - i, i != 0);
            i = end;
        }
        total += sums.total();
    } while (i < count);
    return total;
}

}  // namespace
}  // namespace lanewise::kernels
