// How much memory a kernel works in, for the kernel and for whoever hands it in. Internal linkage:
// ISA units include this.
#pragma once

#include <cstddef>

namespace lanewise::kernels {
namespace {

// topk_f32 gathers candidates until so many are there, and then keeps the best k of them: as many
// again as it keeps, so that the work stays linear in whatever order the elements come, and at
// least 256. 128 more: one step's elements.
constexpr std::size_t topk_candidates(std::size_t k) {
    return k + (k < 256 ? 256 : k) + 128;
}

// Keys of eight bytes, once and again to sort from one to the other.
constexpr std::size_t topk_scratch_bytes(std::size_t k) {
    return 2 * topk_candidates(k) * 8;
}

}  // namespace
}  // namespace lanewise::kernels
