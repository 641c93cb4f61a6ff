// Hashes of results, and those that data/golden.txt holds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// FNV-1a, 64 bits.
constexpr std::uint64_t hash_of_nothing = 0xcbf29ce484222325;
std::uint64_t hash(std::string_view bytes, std::uint64_t before = hash_of_nothing);
std::string hexadecimal(std::uint64_t value);

// Lines "kernel parameters... seed hash", or "kernel sweep hash" for the sweep below; '#' begins a
// comment.
struct golden_row {
    std::string kernel;
    std::vector<std::uint64_t> parameters;
    std::uint64_t seed = 0;
    std::string hash;
    bool sweep = false;
};

std::vector<golden_row> read_golden();

// The bits of everything that a sweep computed are the same on every architecture, `portable`
// included.
void check_sweep(std::string_view kernel, std::uint64_t hash);
