// Exact dot product of signed bytes: 32-bit sums in the registers, emptied into a 64-bit one before
// they could overflow.
#pragma once

#include "kernels/registers/byte_products.inl.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
[[gnu::noinline]] std::int64_t dot_i8(const std::int8_t* x, const std::int8_t* y,
                                      std::size_t count) noexcept {
    using products = byte_products<Arch>;
    constexpr std::size_t stride = products::chains * products::width;
    constexpr std::size_t strides_max =
        byte_steps_max - products::chains;  // leaves the tail its steps

    if (count < stride) {
        // Too few for more than one chain, and for more than 32 bits.
        products sums;
        std::size_t i = 0;
        for (; i + products::width <= count; i += products::width) sums.add(0, x + i, y + i);
        if (i < count) sums.add_last(x + i, y + i, count - i, i > 0);
        return sums.first_total();
    }
    using narrow = typename narrower<Arch>::type;
    if constexpr (byte_products<narrow>::width < products::width) {
        if (count >= beyond_caches) [[unlikely]]
            return dot_i8<narrow>(x, y, count);
    }
    std::int64_t total = 0;
    std::size_t left = count;
    do {
        products sums;
        const std::size_t strides = left / stride < strides_max ? left / stride : strides_max;
        left -= strides * stride;
        for (const std::int8_t* const end = x + strides * stride; x != end;
             x += stride, y += stride) {
            unroll<products::chains>([&](auto j) LANEWISE_INLINE {
                sums.add(j, x + j * products::width, y + j * products::width);
            });
        }
        if (left < stride) {
            for (; left >= products::width; left -= products::width) {
                sums.add(0, x, y);
                x += products::width;
                y += products::width;
            }
            if (left > 0) sums.add_last(x, y, left, left != count);
            left = 0;
        }
        total += sums.total();
    } while (left > 0);
    return total;
}

}  // namespace
}  // namespace lanewise::kernels
