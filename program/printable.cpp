#include "printable.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace lanewise::program {
namespace {

struct code_point {
    std::uint32_t value;
    std::size_t bytes;  ///< 0: no UTF-8 begins here
};

code_point decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {0, 0};
    std::uint32_t value = first & (0xffU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return {0, 0};
        value = value << 6 | (byte(i) & 0x3fU);
    }
    constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < least[bytes] || value > 0x10ffff || surrogate) return {0, 0};
    return {value, bytes};
}

/// Marks that change the order or the place of what stands around them, or end a line.
bool moves_text(std::uint32_t value) {
    return (value >= 0x202a && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069) ||
           value == 0x200e || value == 0x200f || value == 0x061c || value == 0x2028 ||
           value == 0x2029 || value == 0xfeff;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    std::array<char, 16> shown{};
    while (!text.empty()) {
        const auto [value, bytes] = decode(text);
        if (value == '\n' || value == '\r' || value == '\t') {
            safe += ' ';
        } else if (bytes == 0 || value < 0x20 || (value >= 0x7f && value < 0xa0)) {
            const auto code = bytes == 0 ? static_cast<unsigned char>(text.front()) : value;
            std::snprintf(shown.data(), shown.size(), "\\x%02x", static_cast<unsigned>(code));
            safe += shown.data();
        } else if (moves_text(value)) {
            std::snprintf(shown.data(), shown.size(), "\\u%04x", static_cast<unsigned>(value));
            safe += shown.data();
        } else {
            safe += text.substr(0, bytes);
        }
        text.remove_prefix(bytes == 0 ? 1 : bytes);
    }
    return safe;
}

}  // namespace lanewise::program
