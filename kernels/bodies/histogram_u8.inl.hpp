// How often each byte occurs. A count that is raised again waits for its own store, so that several
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

// Adds what `count` bytes are, a multiple of 64 that 32 bits count.
template <class Arch, std::size_t Tables>
void histogram_add(const std::uint8_t* x, std::size_t count, std::uint64_t* counts) {
    constexpr std::size_t block = 64;
    // A table is a line longer than it needs: counts of one value that lay 4 KiB apart would wait
    // for each other, as loads are compared with earlier stores by 12 bits.
    alignas(64) std::uint32_t seen[Tables][256 + 16];
    for (auto& table : seen) {
        for (auto& each : table) each = 0;
    }
    for (const std::uint8_t* const end = x + count; x != end; x += block) {
#if defined(__x86_64__)
        // The counts of a few lines fill what the CPU looks ahead. On Arm it could not be measured.
        __builtin_prefetch(x + 1024);
#endif
        // Eight bytes tell almost all blocks that are not of one value.
        std::uint64_t first = 0;
        __builtin_memcpy(&first, x, 8);
        if (first == (first << 8 | first >> 56) && one_value<Arch>(x)) {
            seen[0][*x] += block;
            continue;
        }
        unroll<block / 8>([&](auto part) LANEWISE_INLINE {
            std::uint64_t eight = 0;
            __builtin_memcpy(&eight, x + 8 * part, 8);
            // Two at a time: x86 has names for the lowest two bytes of a register.
            unroll<4>([&](auto t) LANEWISE_INLINE {
                ++seen[2 * t % Tables][eight & 255];
                ++seen[(2 * t + 1) % Tables][eight >> 8 & 255];
                eight >>= 16;
            });
        });
    }
    for (std::size_t value = 0; value < 256; ++value) {
        std::uint32_t sum = 0;
        for (const auto& table : seen) sum += table[value];
        counts[value] += sum;
    }
}

template <class Arch>
void histogram_u8(const std::uint8_t* x, std::size_t count, std::uint64_t* counts) noexcept {
    constexpr std::size_t block = 64;
    constexpr std::size_t few = 768;          // too few for the tables to pay
    constexpr std::size_t short_most = 8192;  // so few that clearing eight tables costs more
    constexpr std::size_t most = std::size_t{1} << 31;

    for (std::size_t value = 0; value < 256; ++value) counts[value] = 0;
    while (count >= few) {
        const std::size_t here = (count < most ? count : most) / block * block;
        if (here <= short_most) {
            histogram_add<Arch, 4>(x, here, counts);
        } else {
            histogram_add<Arch, 8>(x, here, counts);
        }
        x += here;
        count -= here;
    }
    for (std::size_t i = 0; i < count; ++i) ++counts[x[i]];
}

}  // namespace
}  // namespace lanewise::kernels
