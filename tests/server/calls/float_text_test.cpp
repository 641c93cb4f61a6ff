// The text of a float is std::to_chars' own, whatever its bits.
#include <doctest/doctest.h>

#include <bit>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/calls/float_text.hpp"

using namespace lanewise::server;

namespace {

bool printed_alike(std::uint32_t bits) {
    const float value = std::bit_cast<float>(bits);
    char ours[wire::float_text_room + 1];
    ours[wire::float_text_room] = '!';
    char theirs[wire::float_text_room];
    const std::string_view text(ours, wire::print_float(ours, value));
    const std::string_view expected(
        theirs, std::to_chars(theirs, theirs + wire::float_text_room, value).ptr);
    if (text == expected && ours[wire::float_text_room] == '!') return true;
    MESSAGE(bits, ": ", std::string{text}, " instead of ", std::string{expected});
    return false;
}

}  // namespace

TEST_CASE("a float is printed as by std::to_chars, of either sign and any size") {
    constexpr std::uint32_t infinity = 0x7f800000;
    int different = 0;
    for (std::uint32_t bits = 0; bits < infinity; bits += 20'011) {
        different += printed_alike(bits) ? 0 : 1;
        different += printed_alike(bits | 0x80000000U) ? 0 : 1;
    }
    CHECK(different == 0);
}

TEST_CASE("a float is printed as by std::to_chars beside every power of two and of ten") {
    int different = 0;
    const auto around = [&different](float value) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        for (std::uint32_t other = bits > 50 ? bits - 50 : 0; other <= bits + 50; ++other) {
            if (other < 0x7f800000) different += printed_alike(other) ? 0 : 1;
        }
    };
    for (std::uint32_t exponent = 0; exponent < 255; ++exponent)
        around(std::bit_cast<float>(exponent << 23));
    for (int power = -45; power <= 38; ++power) {
        for (int digit = 1; digit <= 9; ++digit) {
            float value = 0;
            const std::string text = std::to_string(digit) + "e" + std::to_string(power);
            std::from_chars(text.data(), text.data() + text.size(), value);
            around(value);
        }
    }
    CHECK(different == 0);
}

TEST_CASE("a whole number is printed as by std::to_chars, also where it is a power of ten") {
    int different = 0;
    for (int i = 0; i < 300'000; ++i)
        different += printed_alike(std::bit_cast<std::uint32_t>(static_cast<float>(i))) ? 0 : 1;
    for (int i = 300'000; i < 40'000'000; i += 1'000)
        different += printed_alike(std::bit_cast<std::uint32_t>(static_cast<float>(i))) ? 0 : 1;
    CHECK(different == 0);
}
