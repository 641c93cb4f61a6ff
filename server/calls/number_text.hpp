// Numbers as a JSON text spells them. Boost.JSON 1.81 rounds 17 % of the shortest floats wrongly,
// so that their text is read by from_chars.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lanewise::server::wire {

/// Whether the text is an integer that T holds.
template <class T>
bool integer_of(std::string_view text, T& out) {
    long long value = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || rest != text.data() + text.size()) {
        // The upper half of the 64-bit unsigned numbers.
        if constexpr (std::is_same_v<T, std::uint64_t>) {
            const auto upper = std::from_chars(text.data(), text.data() + text.size(), out);
            return upper.ec == std::errc() && upper.ptr == text.data() + text.size();
        }
        return false;
    }
    if (!std::in_range<T>(value)) return false;
    out = static_cast<T>(value);
    return true;
}

/// The float that is nearest; what is too small becomes a zero, what is too large is none.
bool float_of(std::string_view text, float& out);

/// The three that JSON has no numbers for, as the strings "NaN", "Infinity" and "-Infinity".
bool special_of(std::string_view text, float& out);

}  // namespace lanewise::server::wire
