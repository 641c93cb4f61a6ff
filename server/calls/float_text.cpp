// Neither a search for digits nor a loop over them: what ends at another place in every number is
// what a CPU guesses wrongly, and that takes longer than the work.
#include "float_text.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace lanewise::server::wire {
namespace {

// The floats from 2^-24 to 100,000 are c * 2^q, c of 24 bits.
constexpr int bias = 150;
constexpr int q_min = -24 - 23;
constexpr float least = 0x1p-24F;

constexpr int decimals_max = 15;
constexpr auto powers(std::uint64_t base) {
    std::array<std::uint64_t, decimals_max + 1> out{};
    std::uint64_t power = 1;
    for (auto& each : out) {
        each = power;
        power *= base;
    }
    return out;
}
constexpr auto fives = powers(5);
constexpr auto tens = powers(10);

// So many decimals are enough to tell a float from its neighbours, which are 2^q away: 10^-decimals
// is less than that.
constexpr int decimals_at(int q) {
    return (-q * 1'262'611 >> 22) + 1;  // log10(2) * 2^22
}
static_assert(decimals_at(q_min) == decimals_max);

// The shortest decimal that is read as c * 2^q, in units of its last decimal. The middles to its
// neighbours are exact in 64 bits: 26 of c, 35 of the power of five. They have 1 - q decimals, more
// than are printed: nothing is printed that is a middle.
std::uint64_t shortest(std::uint64_t c, int q, int decimals) {
    const std::uint64_t five = fives[static_cast<std::size_t>(decimals)];
    const int fraction_bits = 1 - q - decimals;  // a half is a bit
    const std::uint64_t v = 2 * c * five;
    const std::uint64_t left = v - five;
    const std::uint64_t right = v + five;
    // A multiple of ten units is shorter; of two, or none, within the middles nothing is won.
    const std::uint64_t below = v >> fraction_bits;
    const std::uint64_t ten = below / 10 * 10;
    const std::uint64_t ten_inside = left <= ten << fraction_bits ? 1 : 0;
    const std::uint64_t next_ten_inside = (ten + 10) << fraction_bits <= right ? 1 : 0;
    // Else the nearest, of two as near the even one.
    const std::uint64_t half = std::uint64_t{1} << (fraction_bits - 1);
    const std::uint64_t nearest = (v + half - 1 + (below & 1)) >> fraction_bits;
    const std::uint64_t by_tens = 0 - (ten_inside ^ next_ten_inside);
    return (nearest & ~by_tens) | ((ten + 10 * next_ten_inside) & by_tens);
}

// Eight digits of a number below 10^8, the first in the lowest byte: split by fours, twos, and all.
std::uint64_t eight_digits(std::uint64_t number) {
    const std::uint64_t fours = number / 10'000 + ((number % 10'000) << 32);
    const std::uint64_t hundreds = ((fours * 10'486) >> 20) & 0x0000007f0000007fU;
    const std::uint64_t twos = hundreds + ((fours - hundreds * 100) << 16);
    const std::uint64_t tens_of = ((twos * 103) >> 10) & 0x000f000f000f000fU;
    return tens_of + ((twos - tens_of * 10) << 8);
}

void store(char* to, std::uint64_t digits) {
    digits += 0x3030303030303030U;
    std::memcpy(to, &digits, sizeof digits);
}

// How many of eight digits stand before the zeros at their end; the first always does.
int digits_before_zeros(std::uint64_t digits) {
    return (71 - std::countl_zero(digits | 1)) / 8;
}

// A number below 10^8.
char* print_whole(char* to, std::uint64_t number) {
    if (number < 10) {
        *to = static_cast<char>('0' + number);
        return to + 1;
    }
    const std::uint64_t digits = eight_digits(number);
    const int zeros = std::countr_zero(digits) / 8;
    store(to, digits >> (8 * zeros));
    return to + 8 - zeros;
}

// A number that is not whole, in units of its last decimal.
char* print_fixed(char* to, std::uint64_t number, int decimals) {
    constexpr int few = 8;
    constexpr int many = 12;
    if (decimals <= few) {
        number *= tens[static_cast<std::size_t>(few - decimals)];
        to = print_whole(to, number / tens[few]);
        const std::uint64_t digits = eight_digits(number % tens[few]);
        *to = '.';
        store(to + 1, digits);
        return to + 1 + digits_before_zeros(digits);
    }
    number *= tens[static_cast<std::size_t>(many - decimals)];
    *to++ = '0';
    *to++ = '.';
    const std::uint64_t first = eight_digits(number / 10'000);
    const std::uint64_t last = eight_digits(number % 10'000 * 10'000);
    store(to, first);
    store(to + 8, last);
    const std::uint64_t some_last = last == 0 ? 0 : ~std::uint64_t{0};
    return to + (8 & some_last) + digits_before_zeros((last & some_last) | (first & ~some_last));
}

// A number below 10^9 in units of its last decimal, as a digit, others and a power of ten below -1.
char* print_scientific(char* to, std::uint64_t number, int decimals) {
    // As many digits as its bits allow, or one less: 1233 / 4096 is a little less than log10(2).
    const int at_least = (static_cast<int>(std::bit_width(number)) * 1'233) >> 12;
    const int length = at_least + (number >= tens[static_cast<std::size_t>(at_least)] ? 1 : 0);
    const std::uint64_t nine = number * tens[static_cast<std::size_t>(9 - length)];
    const std::uint64_t digits = eight_digits(nine % tens[8]);
    *to++ = static_cast<char>('0' + nine / tens[8]);
    if (digits != 0) {
        *to = '.';
        store(to + 1, digits);
        to += 1 + digits_before_zeros(digits);
    }
    const char exponent[] = {'e', '-', '0', static_cast<char>('0' + decimals + 1 - length)};
    std::memcpy(to, exponent, sizeof exponent);
    return to + sizeof exponent;
}

}  // namespace

char* print_float(char* to, float value) {
    auto bits = std::bit_cast<std::uint32_t>(value);
    *to = '-';
    to += bits >> 31;
    bits &= 0x7fffffffU;
    const float size = std::bit_cast<float>(bits);
    if (size < 0x1p24F) {
        const auto whole = static_cast<std::uint32_t>(size);
        // Of 100,000 to_chars makes 1e+05, which is shorter.
        if (static_cast<float>(whole) == size && whole % 100'000 != 0)
            return print_whole(to, whole);
    }
    if (size >= least && size < 1e5F) {
        const int q = static_cast<int>(bits >> 23) - bias;
        const int decimals = decimals_at(q);
        const auto number = shortest((bits & 0x7fffffU) | 0x800000U, q, decimals);
        // to_chars takes whichever is shorter: a power of ten below 0.0001, and for 0.0002.
        if (size >= 1e-3F ||
            (size >= 1e-4F && number % tens[static_cast<std::size_t>(decimals) - 4] != 0))
            return print_fixed(to, number, decimals);
        return print_scientific(to, number, decimals);
    }
    return std::to_chars(to, to + float_text_room, size).ptr;
}

}  // namespace lanewise::server::wire
