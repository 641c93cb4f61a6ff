// The k largest: one pass compares whole registers with the k-th best so far, and gathers what is
// above it. Candidates are keys of 64 bits that order as the results must: value first, then the
// lower index. Whenever there are enough of them they are cut back to k by digits, most significant
// first, and at the end the k are sorted by digits, least significant first. No order of the input
// makes that quadratic.
#pragma once

#include "kernels/registers/registers.inl.hpp"
#include "scratch.hpp"

namespace lanewise::kernels {
namespace {

// Greater for a greater value, and for a lower index among equals; any NaN is less than any number,
// and -0 is +0.
LANEWISE_INLINE inline std::uint64_t topk_key(float value, std::size_t index) {
    const auto bits = __builtin_bit_cast(std::uint32_t, value + 0.0F);
    const std::uint32_t order = (bits >> 31) != 0 ? ~bits : bits | 0x80000000U;
    return std::uint64_t{value == value ? order : 0} << 32 |
           (0xffffffffU - static_cast<std::uint32_t>(index));
}

inline std::size_t topk_index(std::uint64_t key) {
    return 0xffffffffU - static_cast<std::uint32_t>(key);
}
inline bool topk_is_nan(std::uint64_t key) {
    return key >> 32 == 0;
}

inline void copy_keys(const std::uint64_t* from, std::size_t count, std::uint64_t* to) {
    for (std::size_t i = 0; i < count; ++i) to[i] = from[i];
}

// Moves the k greatest of `count` keys to the front, in the order in which they stand. No two keys
// are equal.
inline void keep_greatest(std::uint64_t* keys, std::size_t count, std::size_t k,
                          std::uint64_t* spare) {
    // Digit by digit, the beginning of the least key that is kept; in spare, those that share it.
    const std::uint64_t* open = keys;
    std::size_t open_count = count;
    std::size_t wanted = k;  // of those
    std::uint64_t beginning = 0;
    unsigned shift = 64;
    do {
        shift -= 8;
        std::size_t histogram[256] = {};
        for (std::size_t i = 0; i < open_count; ++i) ++histogram[open[i] >> shift & 255];
        unsigned digit = 255;
        for (; histogram[digit] < wanted; --digit) wanted -= histogram[digit];
        beginning = beginning << 8 | digit;
        if (histogram[digit] == wanted) break;
        std::size_t shared = 0;
        for (std::size_t i = 0; i < open_count; ++i) {
            const std::uint64_t key = open[i];
            spare[shared] = key;
            shared += (key >> shift & 255) == digit ? 1 : 0;
        }
        open = spare;
        open_count = shared;
    } while (shift > 0);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t key = keys[i];
        keys[kept] = key;
        kept += key >> shift >= beginning ? 1 : 0;
    }
}

// Sorts keys that stand in the order of their indexes: where values are equal, so do they after it.
inline void sort_descending(std::uint64_t* keys, std::size_t count, std::uint64_t* spare) {
    if (count <= 64) {
        for (std::size_t i = 1; i < count; ++i) {
            const std::uint64_t key = keys[i];
            std::size_t place = i;
            for (; place > 0 && keys[place - 1] < key; --place) keys[place] = keys[place - 1];
            keys[place] = key;
        }
        return;
    }
    std::uint64_t* from = keys;
    std::uint64_t* to = spare;
    for (unsigned shift = 32; shift < 64; shift += 8) {
        std::size_t places[256] = {};
        for (std::size_t i = 0; i < count; ++i) ++places[from[i] >> shift & 255];
        if (places[from[0] >> shift & 255] == count) continue;
        std::size_t next = 0;
        for (unsigned digit = 256; digit-- > 0;) {
            const std::size_t many = places[digit];
            places[digit] = next;
            next += many;
        }
        for (std::size_t i = 0; i < count; ++i) to[places[from[i] >> shift & 255]++] = from[i];
        std::uint64_t* sorted = to;
        to = from;
        from = sorted;
    }
    if (from != keys) copy_keys(from, count, keys);
}

template <class Arch>
void topk_f32(const float* x, std::size_t count, std::size_t k, float* values,
              std::uint32_t* indexes, std::uint64_t* scratch) noexcept {
    using f = floats<Arch>;
    constexpr std::size_t registers = f::size < 8 ? 8 : 4;
    constexpr std::size_t step = registers * f::size;
    static_assert(step <= 128);
    if (k == 0) return;

    const std::size_t enough = topk_candidates(k) - step;
    std::uint64_t* const keys = scratch;
    std::uint64_t* const spare = scratch + topk_candidates(k);
    std::size_t gathered = 0;
    std::uint64_t bar = 0;  // the least key of the best k, once there are that many: no key is 0

    const auto cut_back = [&] {
        keep_greatest(keys, gathered, k, spare);
        gathered = k;
        bar = keys[0];
        for (std::size_t j = 1; j < k; ++j) bar = keys[j] < bar ? keys[j] : bar;
    };
    const auto gather_one = [&](std::size_t i) LANEWISE_INLINE {
        const std::uint64_t key = topk_key(x[i], i);
        keys[gathered] = key;
        gathered += key > bar ? 1 : 0;
    };

    std::size_t i = 0;
    // Until the k-th best is a number, every element is looked at.
    for (; i < count && topk_is_nan(bar); ++i) {
        gather_one(i);
        if (gathered == enough) cut_back();
    }
    while (i + step <= count) {
        // An equal value further on loses by its index; a NaN is not greater.
        const f least(x[topk_index(bar)]);
        const auto above = [&](std::size_t j) LANEWISE_INLINE {
            return least < load_whole<Arch>(x + i + j * f::size);
        };
        for (; i + step <= count; i += step) {
            auto some = above(0) | above(1) | above(2) | above(3);
            if constexpr (registers == 8) some = some | above(4) | above(5) | above(6) | above(7);
            if (any(some)) break;
        }
        if (i + step > count) break;
        for (std::size_t j = 0; j < registers; ++j) {
            for (std::uint64_t lanes = above(j).mask(); lanes != 0; lanes &= lanes - 1) {
                const std::size_t at =
                    i + j * f::size + static_cast<std::size_t>(__builtin_ctzll(lanes));
                keys[gathered++] = topk_key(x[at], at);
            }
        }
        i += step;
        if (gathered >= enough) cut_back();
    }
    for (; i < count; ++i) gather_one(i);

    if (gathered > k) keep_greatest(keys, gathered, k, spare);
    sort_descending(keys, k, spare);
    for (std::size_t j = 0; j < k; ++j) {
        const std::size_t index = topk_index(keys[j]);
        values[j] = canonical(x[index]);
        indexes[j] = static_cast<std::uint32_t>(index);
    }
}

}  // namespace
}  // namespace lanewise::kernels
