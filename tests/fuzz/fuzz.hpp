// What the fuzz targets share. Each has one entry, called by libFuzzer, or by replay.cpp with its
// seeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace lanewise::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// What has to hold for every input. A failure ends the process, as libFuzzer wants it.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// Cuts a text at places that depend on nothing but the text and the seed, so that a failure comes
/// again. Seed 0 cuts every byte off.
inline std::vector<std::string_view> cut(std::string_view text, std::uint64_t seed) {
    std::uint64_t state = seed * 0x9e3779b97f4a7c15U;
    for (const char c : text) {
        state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const std::size_t most = (state >> 60) < 8 ? 4 : text.size();
        const std::size_t length = seed == 0 ? 1 : 1 + (state >> 33) % most;
        parts.push_back(text.substr(0, length));
        text.remove_prefix(parts.back().size());
    }
    return parts;
}

}  // namespace lanewise::fuzz
