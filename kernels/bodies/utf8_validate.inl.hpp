// Whether bytes are UTF-8 as RFC 3629 has it, by the method of Keiser and Lemire (Validating UTF-8
// in less than one instruction per byte, 2021): three lookups say of each byte and the one before
// it what is wrong with the two. Only where a step is wrong are its bytes looked at one after
// another.
#pragma once

#include "kernels/registers/byte_registers.inl.hpp"

namespace lanewise::kernels {
namespace {

// A set of nibbles, a bit each.
constexpr unsigned nibbles(unsigned from, unsigned to) {
    return (2U << to) - (1U << from);
}

// What is wrong with two bytes in a row, by the nibbles that they have then: the first byte's upper
// and lower one, and the second's upper one. A row's place is its bit in the tables.
struct utf8_fault {
    unsigned upper, lower, next;
};

constexpr unsigned any_nibble = nibbles(0x0, 0xf);
constexpr unsigned continuation = nibbles(0x8, 0xb);
constexpr utf8_fault utf8_faults[8] = {
    {nibbles(0xc, 0xf), any_nibble, any_nibble & ~continuation},  // a character cut short
    {nibbles(0x0, 0x7), any_nibble, continuation},                // a continuation of nothing
    {nibbles(0xc, 0xc), nibbles(0x0, 0x1), continuation},         // two bytes for what fits one
    {nibbles(0xe, 0xe), nibbles(0x0, 0x0), nibbles(0x8, 0x9)},    // three for what fits two
    {nibbles(0xe, 0xe), nibbles(0xd, 0xd), nibbles(0xa, 0xb)},    // a surrogate
    // Four bytes for what fits three, and F5 or more: F4 is the last of all first bytes.
    {nibbles(0xf, 0xf), nibbles(0x0, 0x0) | nibbles(0x5, 0xf), nibbles(0x8, 0x8)},
    {nibbles(0xf, 0xf), nibbles(0x4, 0xf), nibbles(0x9, 0xb)},  // beyond U+10FFFF
    // Two continuations: right where a longer character asks for them, and wrong elsewhere.
    {continuation, any_nibble, continuation},
};
constexpr std::uint8_t utf8_continued = 0x80;

struct utf8_tables {
    alignas(16) std::uint8_t upper[16] = {};
    alignas(16) std::uint8_t lower[16] = {};
    alignas(16) std::uint8_t next[16] = {};
};

constexpr utf8_tables make_utf8_tables() {
    utf8_tables out;
    for (unsigned fault = 0; fault < 8; ++fault) {
        const auto bit = [&](unsigned set, unsigned nibble) {
            return static_cast<std::uint8_t>((set >> nibble & 1) << fault);
        };
        for (unsigned nibble = 0; nibble < 16; ++nibble) {
            out.upper[nibble] |= bit(utf8_faults[fault].upper, nibble);
            out.lower[nibble] |= bit(utf8_faults[fault].lower, nibble);
            out.next[nibble] |= bit(utf8_faults[fault].next, nibble);
        }
    }
    return out;
}

constexpr utf8_tables utf8_lookups = make_utf8_tables();

template <class Arch>
constexpr std::size_t utf8_step = octets<Arch>::size < 32 ? 64 : 128;

// What is wrong in a register's bytes from `at` on, or with what ends in them: all zeros if nothing
// is. Reads three bytes before it.
template <class Arch>
LANEWISE_INLINE inline octets<Arch> utf8_faults_at(const std::uint8_t* at) {
    using bytes = octets<Arch>;
    const bytes now = bytes::load(at);
    const bytes before = bytes::load(at - 1);
    const bytes faults = lookup(utf8_lookups.upper, high_nibble(before)) &
                         lookup(utf8_lookups.lower, before & bytes::all(15)) &
                         lookup(utf8_lookups.next, high_nibble(now));
    // The third byte of three or four, the fourth of four: from 0x80 on after the difference.
    const bytes third = less(bytes::load(at - 2), bytes::all(0xe0 - utf8_continued));
    const bytes fourth = less(bytes::load(at - 3), bytes::all(0xf0 - utf8_continued));
    return ((third | fourth) & bytes::all(utf8_continued)) ^ faults;
}

// Whether something is wrong in the step from `at` on, or with what ends in it. Reads three bytes
// before it.
template <class Arch>
LANEWISE_INLINE inline bool utf8_step_wrong(const std::uint8_t* at) {
    using bytes = octets<Arch>;
    // Only bytes of one byte each: nothing is open before them either.
    bytes some = bytes::load(at - 3);
    for (std::size_t i = 0; i < utf8_step<Arch>; i += bytes::size)
        some = some | bytes::load(at + i);
    if constexpr (bytes::size < 3) some = some | bytes::load(at - 2) | bytes::load(at - 1);
    if (!any_high(some)) return false;

    bytes wrong = bytes::all(0);
    for (std::size_t i = 0; i < utf8_step<Arch>; i += bytes::size)
        wrong = wrong | utf8_faults_at<Arch>(at + i);
    return any(wrong);
}

// The length of the character at x, of at most `count` bytes; 0 if there is none.
inline std::size_t utf8_character(const std::uint8_t* x, std::size_t count) {
    const unsigned first = x[0];
    if (first < 0x80) return 1;
    const std::size_t length = first < 0xc2 || first > 0xf4 ? 0
                               : first < 0xe0               ? 2
                               : first < 0xf0               ? 3
                                                            : 4;
    if (length == 0 || length > count) return 0;
    const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (x[1] < least || x[1] > most) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (x[i] < 0x80 || x[i] > 0xbf) return 0;
    }
    return length;
}

// Where the first wrong sequence begins, given that all before `from` is right or still open there.
inline std::size_t utf8_locate(const std::uint8_t* x, std::size_t count, std::size_t from) {
    std::size_t at = from;
    for (std::size_t back = 1; back <= 3 && back <= from; ++back) {
        if (x[from - back] < 0x80) break;
        if (x[from - back] >= 0xc0) {
            at = from - back;
            break;
        }
    }
    while (at < count) {
        const std::size_t length = utf8_character(x + at, count - at);
        if (length == 0) return at;
        at += length;
    }
    return count;
}

// Whether the last character of at least three bytes is cut short.
inline bool utf8_open(const std::uint8_t* end) {
    return end[-1] >= 0xc0 || end[-2] >= 0xe0 || end[-3] >= 0xf0;
}

// The offset of the first byte of the first sequence that is wrong; count if none is.
template <class Arch>
std::size_t utf8_validate(const std::uint8_t* x, std::size_t count) noexcept {
    constexpr std::size_t step = utf8_step<Arch>;
    constexpr std::size_t margin = 64;
    if (count == 0) return 0;  // x may be null
    // The beginning is looked at in a copy, with zeros before it and, where it is all, after it:
    // they are right by themselves, and end a character that is still open.
    using bytes = octets<Arch>;
    if constexpr (bytes::size >= 16) {
        if (count >= bytes::size + 3 && count < step + 3) {
            // Less than a step: register by register, the last of which ends with x.
            const std::uint8_t* const last = x + count - bytes::size;
            bytes some = bytes::load(last);
            for (const std::uint8_t* at = x; at < last; at += bytes::size)
                some = some | bytes::load(at);
            if (!any_high(some)) return count;
            alignas(64) std::uint8_t copy[margin + bytes::size];
            __builtin_memset(copy, 0, margin);
            __builtin_memcpy(copy + margin, x, bytes::size);
            bytes wrong = utf8_faults_at<Arch>(copy + margin) | utf8_faults_at<Arch>(last);
            for (const std::uint8_t* at = x + bytes::size; at < last; at += bytes::size)
                wrong = wrong | utf8_faults_at<Arch>(at);
            if (any(wrong)) return utf8_locate(x, count, 0);
            return utf8_open(x + count) ? utf8_locate(x, count, count) : count;
        }
    }
    if (count < step + 3) {
        alignas(64) std::uint8_t copy[margin + 2 * step] = {};
        __builtin_memcpy(copy + margin, x, count);
        const bool wrong =
            utf8_step_wrong<Arch>(copy + margin) || utf8_step_wrong<Arch>(copy + margin + step);
        return wrong ? utf8_locate(x, count, 0) : count;
    }
    alignas(64) std::uint8_t copy[margin + step];
    __builtin_memset(copy, 0, margin);
    __builtin_memcpy(copy + margin, x, step);
    if (utf8_step_wrong<Arch>(copy + margin)) return utf8_locate(x, count, 0);

    std::size_t i = step;
    for (; i + step <= count; i += step) {
        if (utf8_step_wrong<Arch>(x + i)) return utf8_locate(x, count, i);
    }
    // The last step begins before what is left; nothing that it sees again is wrong.
    if (i < count && utf8_step_wrong<Arch>(x + count - step))
        return utf8_locate(x, count, count - step);
    return utf8_open(x + count) ? utf8_locate(x, count, count) : count;
}

}  // namespace
}  // namespace lanewise::kernels
