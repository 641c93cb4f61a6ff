// Text as UTF-8, one code point after the other.
#pragma once

#include <cstdint>
#include <string>

namespace lanewise::bench::workloads {

/// Appends the code point, of which the lowest 21 bits count.
inline void append_utf8(std::string& to, std::uint32_t point) {
    const auto put = [&](std::uint32_t byte) { to += static_cast<char>(byte); };
    if (point < 0x80) {
        put(point);
        return;
    }
    if (point < 0x800) {
        put(0xc0 | point >> 6);
    } else {
        if (point < 0x10000) {
            put(0xe0 | point >> 12);
        } else {
            put(0xf0 | (point >> 18 & 7));
            put(0x80 | (point >> 12 & 0x3f));
        }
        put(0x80 | (point >> 6 & 0x3f));
    }
    put(0x80 | (point & 0x3f));
}

}  // namespace lanewise::bench::workloads
