// Values that the kernels' tests feed them, and the bits that come back.
#pragma once

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guarded.hpp"
#include "kernels/kernels.hpp"

namespace kernels = lanewise::kernels;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr std::uint32_t canonical_nan = 0x7fc00000;
constexpr std::size_t lengths_end = 301;

inline std::uint32_t bits(float value) {
    return std::bit_cast<std::uint32_t>(value);
}
inline float from_bits(std::uint32_t value) {
    return std::bit_cast<float>(value);
}

template <class T>
std::string_view bytes_of(std::span<T> values) {
    return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

// Kinds of values that an array is filled with; each element is a function of its index alone.
enum class values : unsigned char { uniform, any_bits, special, huge, tiny, mixed };
constexpr values all_values[] = {values::uniform, values::any_bits, values::special,
                                 values::huge,    values::tiny,     values::mixed};

void fill(std::span<float> out, values kind, std::uint64_t seed);

std::string describe(std::size_t count, std::size_t offset, values kind, guard side);

// Calls check(inputs, outputs, where) for every length, every offset below the widest vector, every
// kind of values, next to either guard page. The offset varies with the length, so that the product
// stays small and every pair of kinds occurs.
template <class Check>
void sweep(std::size_t arrays, const Check& check) {
    std::vector<std::unique_ptr<guarded<float>>> pages;
    for (std::size_t a = 0; a < arrays; ++a)
        pages.push_back(std::make_unique<guarded<float>>(1024));
    for (std::size_t count = 0; count < lengths_end; ++count) {
        for (std::size_t offset = 0; offset < 16; ++offset) {
            for (const guard side : {guard::before, guard::after}) {
                const values kind = all_values[(count + offset) % std::size(all_values)];
                std::vector<std::span<float>> spans;
                // The arrays are misaligned against each other too.
                for (std::size_t a = 0; a < arrays; ++a) {
                    spans.push_back(pages[a]->at(side, count, (offset * (a + 1)) % 16));
                    fill(spans.back(), kind, count * 16 + offset + a);
                }
                check(spans, describe(count, offset, kind, side));
            }
        }
    }
}

// What a call gives on `portable`; the active variant is active again afterwards.
template <class Call>
auto on_portable(const Call& function) {
    const std::string active(kernels::active_variant());
    REQUIRE_FALSE(kernels::force_variant("portable"));
    const auto out = function();
    REQUIRE_FALSE(kernels::force_variant(active));
    return out;
}
