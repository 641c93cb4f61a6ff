// How often each byte occurs. A count that is raised again waits for its own store, so that eight
// tables take turns; a block of one value, as runs of zeros are, is counted at once.
#pragma once

#include "kernels/registers/byte_registers.inl.hpp"

namespace lanewise::kernels {
namespace {

// Whether 64 bytes are all the same.
template <class Arch>
LANEWISE_INLINE inline bool one_value(const std::uint8_t* block) {
    using bytes = octets<Arch>;
    const bytes first = bytes::all(*block);
    bytes differ = bytes::load(block) ^ first;
    for (std::size_t i = bytes::size; i < 64; i += bytes::size)
        differ = differ | (bytes::load(block + i) ^ first);
    return !any(differ);
}

template <class Arch>
void histogram_u8(const std::uint8_t* x, std::size_t count, std::uint64_t* counts) noexcept {
    constexpr std::size_t tables = 8;
    constexpr std::size_t block = 64;
    constexpr std::size_t few = 768;                    // too few for the tables to pay
    constexpr std::size_t most = std::size_t{1} << 31;  // of bytes, so that 32 bits count them

    for (std::size_t value = 0; value < 256; ++value) counts[value] = 0;
    while (count >= few) {
        alignas(64) std::uint32_t seen[tables][256];
        for (auto& table : seen) {
            for (auto& each : table) each = 0;
        }
        const std::size_t here = (count < most ? count : most) / block * block;
        for (const std::uint8_t* const end = x + here; x != end; x += block) {
            if (one_value<Arch>(x)) {
                seen[0][*x] += block;
                continue;
            }
            unroll<block / 8>([&](auto part) LANEWISE_INLINE {
                std::uint64_t eight = 0;
                __builtin_memcpy(&eight, x + 8 * part, 8);
                // Two at a time: x86 has names for the lowest two bytes of a register.
                unroll<tables / 2>([&](auto t) LANEWISE_INLINE {
                    ++seen[2 * t][eight & 255];
                    ++seen[2 * t + 1][eight >> 8 & 255];
                    eight >>= 16;
                });
            });
        }
        count -= here;
        for (std::size_t value = 0; value < 256; ++value) {
            std::uint32_t sum = 0;
            for (const auto& table : seen) sum += table[value];
            counts[value] += sum;
        }
    }
    for (std::size_t i = 0; i < count; ++i) ++counts[x[i]];
}

}  // namespace
}  // namespace lanewise::kernels
