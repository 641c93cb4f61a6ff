// Numbers of JSON from their text, eight bytes at a time: a loop over digits ends at another place
// in every number, and what the CPU guesses wrongly takes longer than all the rest. What is not
// read here is left to the caller, who has from_chars for it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace lanewise::server::wire::quick_numbers {

static_assert(std::endian::native == std::endian::little, "the first digit is the lowest byte");

/// As many bytes have to be readable from a number's begin, and a space before it.
inline constexpr std::ptrdiff_t readable_bytes = 40;

/// Eight bytes of text; a digit is its value there, any other byte is more than nine. Places are
/// counted in bits.
class eight_bytes {
public:
    explicit eight_bytes(const char* text) {
        std::memcpy(&bytes_, text, sizeof bytes_);
        bytes_ ^= 0x3030303030303030U;
    }

    /// These up to the place, and behind it those of `other`; the place is below 64.
    [[nodiscard]] eight_bytes then(eight_bytes other, unsigned place) const {
        const std::uint64_t behind = ~std::uint64_t{0} << place;
        other.bytes_ = (bytes_ & ~behind) | (other.bytes_ & behind);
        return other;
    }

    /// The place of the first byte that is no digit. A sum that carries spoils bytes behind it.
    [[nodiscard]] unsigned digits_end() const {
        const std::uint64_t others =
            (bytes_ | (bytes_ + 0x7676767676767676U)) & 0x8080808080808080U;
        return static_cast<unsigned>(std::countr_zero(others)) & ~7U;
    }

    [[nodiscard]] bool begins_with_zero() const { return (bytes_ & 0xff) == 0; }

    /// The number that the digits before this place are; there is one at least.
    [[nodiscard]] std::uint64_t value(unsigned place) const {
        return joined(bytes_ << ((64 - place) & 63));
    }

    /// The same, of none to seven digits.
    [[nodiscard]] std::uint64_t value_or_zero(unsigned place) const {
        return joined((bytes_ << 8) << (56 - place));
    }

private:
    // Eight digits are joined by twos, by fours, and all.
    static std::uint64_t joined(std::uint64_t digits) {
        constexpr std::uint64_t every_fourth = 0x000000ff000000ffU;
        const std::uint64_t twos = digits * 10 + (digits >> 8);
        return ((twos & every_fourth) * (100 + (std::uint64_t{1'000'000} << 32)) +
                ((twos >> 16) & every_fourth) * (1 + (std::uint64_t{10'000} << 32))) >>
               32;
    }

    std::uint64_t bytes_;
};

/// A whole number of at most seven digits, and the text behind it; null where it is another, or one
/// that T does not hold.
template <class T>
[[gnu::always_inline]] inline const char* read(const char* at, T& to) {
    const std::int32_t negative = *at == '-' ? 1 : 0;
    if (std::is_unsigned_v<T> && negative != 0) return nullptr;
    at += negative;
    const eight_bytes first(at);
    const unsigned end = first.digits_end();
    if ((end - 8 > 48) | ((end > 8) & first.begins_with_zero())) return nullptr;
    const auto digits = static_cast<std::int32_t>(first.value(end));
    const std::int32_t value = (digits ^ -negative) + negative;
    if (!std::in_range<T>(value)) return nullptr;
    to = static_cast<T>(value);
    return at + end / 8;
}

// Any float of nineteen digits; each power is the double nearest to it.
inline constexpr int power_max = 48;
inline constexpr double powers_of_ten[2 * power_max + 1] = {
    1e-48, 1e-47, 1e-46, 1e-45, 1e-44, 1e-43, 1e-42, 1e-41, 1e-40, 1e-39, 1e-38, 1e-37, 1e-36,
    1e-35, 1e-34, 1e-33, 1e-32, 1e-31, 1e-30, 1e-29, 1e-28, 1e-27, 1e-26, 1e-25, 1e-24, 1e-23,
    1e-22, 1e-21, 1e-20, 1e-19, 1e-18, 1e-17, 1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10,
    1e-9,  1e-8,  1e-7,  1e-6,  1e-5,  1e-4,  1e-3,  1e-2,  1e-1,  1e0,   1e1,   1e2,   1e3,
    1e4,   1e5,   1e6,   1e7,   1e8,   1e9,   1e10,  1e11,  1e12,  1e13,  1e14,  1e15,  1e16,
    1e17,  1e18,  1e19,  1e20,  1e21,  1e22,  1e23,  1e24,  1e25,  1e26,  1e27,  1e28,  1e29,
    1e30,  1e31,  1e32,  1e33,  1e34,  1e35,  1e36,  1e37,  1e38,  1e39,  1e40,  1e41,  1e42,
    1e43,  1e44,  1e45,  1e46,  1e47,  1e48};

// Without a branch, which no CPU could guess.
inline float with_sign(float positive, bool negative) {
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(positive) |
                                static_cast<std::uint32_t>(negative) << 31);
}

/// The float nearest to digits times ten to the power; false where a double can't say which it is.
/// Digits, power and their product are rounded once each, so that the double is less than four of
/// its last places from the number. Where the middle of two floats is farther from the double than
/// that, both have the same nearest float.
inline bool nearest(std::uint64_t digits, int power, bool negative, float& to) {
    if (power < -power_max || power > power_max) return false;
    const auto whole = static_cast<double>(static_cast<std::int64_t>(digits));
    const double value = whole * powers_of_ten[power + power_max];
    const auto bits = std::bit_cast<std::uint64_t>(value);
    constexpr std::uint64_t below_float = (std::uint64_t{1} << 29) - 1;
    constexpr std::uint64_t half_way = std::uint64_t{1} << 28;
    if ((bits & below_float) - (half_way - 4) <= 8) return false;
    // Small floats have fewer places, and of the largest some numbers near to them are none.
    constexpr std::uint64_t bias = 1023;
    constexpr std::uint64_t least = bias - 126;
    constexpr std::uint64_t most = bias + 126;
    if ((bits >> 52) - least > most - least && bits != 0) return false;
    to = with_sign(static_cast<float>(value), negative);
    return true;
}

/// A number as the float nearest to it, and the text behind it; null where it is another.
[[gnu::always_inline]] inline const char* read(const char* at, float& to) {
    constexpr static std::uint64_t tens[] = {1,       10,        100,        1'000,      10'000,
                                             100'000, 1'000'000, 10'000'000, 100'000'000};
    const bool negative = *at == '-';
    at += negative ? 1 : 0;
    eight_bytes first(at);
    const unsigned point = first.digits_end();
    if ((point - 8 > 48) | ((point > 8) & first.begins_with_zero())) return nullptr;
    unsigned end = point;
    if (at[point / 8] == '.') {
        ++at;
        first = first.then(eight_bytes(at), point);
        end = first.digits_end();
        if (end == point) return nullptr;
    } else if ((at[point / 8] | 0x20) != 'e') {
        // Seven digits are below 2^24: the float is the number.
        const auto value = static_cast<float>(static_cast<std::int32_t>(first.value(point)));
        to = with_sign(value, negative);
        return at + point / 8;
    }
    std::uint64_t digits = first.value(end);
    if (end == 64) {
        const eight_bytes second(at + 8);
        const unsigned more = second.digits_end();
        if (more < 64) {
            digits = digits * tens[more / 8] + second.value_or_zero(more);
            end += more;
        } else {
            const eight_bytes third(at + 16);
            const unsigned last = third.digits_end();
            if (last > 24) return nullptr;
            digits = (digits * 100'000'000 + second.value(more)) * tens[last / 8] +
                     third.value_or_zero(last);
            if (digits >> 63 != 0) return nullptr;
            end += more + last;
        }
    }
    int power = (static_cast<int>(point) - static_cast<int>(end)) / 8;
    at += end / 8;
    if ((*at | 0x20) == 'e') {
        ++at;
        const bool smaller = *at == '-';
        if (smaller || *at == '+') ++at;
        const eight_bytes exponent(at);
        const unsigned exponent_end = exponent.digits_end();
        if (exponent_end - 8 > 16) return nullptr;
        const auto by = static_cast<int>(exponent.value(exponent_end));
        power += smaller ? -by : by;
        at += exponent_end / 8;
    }
    return nearest(digits, power, negative, to) ? at : nullptr;
}

}  // namespace lanewise::server::wire::quick_numbers
