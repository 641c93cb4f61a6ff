// Tiles of a matrix product of signed bytes by family: how many elements of the inner index a step
// takes, how they lie in the panels, and the step. All arithmetic is modulo 2^32, so that order and
// grouping change no bit.
//
// byte_tile<Arch> has
//   depth       elements of the inner index that a step takes for each sum;
//   group_rows  rows of a that one register holds: 2 for Arm's matrix instructions, which multiply
//               two rows by two columns in each 128 bits, and need two registers to a `width`; 16
//               for AMX, whose registers are tiles, and which has multiply() for all of a step;
//   width       columns to a register of sums, rows and registers the largest tile;
//   block       columns that interleave() takes at once, of all rows of a step, or of four for AMX;
//   element     what panels hold: a byte, or 16 bits where the instruction multiplies those;
//   biased      whether a's bytes are held with 128 added, for instructions that take one unsigned:
//               then bias() is a register of 128s.
// and, where the family has masks for it, copy_row_part(), interleave_part() and copy_sums() for
// what ends early.
// A panel of a holds, for each group of rows, step after step: depth elements of each row. A panel
// of b holds, step after step: depth elements of each column.
#pragma once

#include "registers.inl.hpp"

namespace lanewise::kernels {
namespace {

template <class Arch>
struct byte_tile;

template <>
struct byte_tile<portable> {
    static constexpr std::size_t depth = 1;
    static constexpr std::size_t group_rows = 1;
    static constexpr std::size_t width = 1;
    static constexpr std::size_t rows = 4;
    static constexpr std::size_t registers = 4;
    static constexpr std::size_t block = 4;
    static constexpr bool biased = false;
    using element = std::int8_t;
    using sum = std::uint32_t;
    using group = std::int32_t;
    using lanes = std::int32_t;

    static sum zero() { return 0; }
    static sum load(const std::int32_t* from) { return static_cast<std::uint32_t>(*from); }
    static void store(std::int32_t* to, sum from) { *to = static_cast<std::int32_t>(from); }
    static group load_group(const element* from) { return *from; }
    static lanes load_lanes(const element* from) { return *from; }
    static void add(sum& to, group a, lanes b) { to += static_cast<std::uint32_t>(a * b); }

    static void copy_row(const std::int8_t* from, element* to) { __builtin_memcpy(to, from, 16); }
    static void interleave(const std::int8_t* from, std::size_t /*stride*/, element* to) {
        __builtin_memcpy(to, from, block);
    }
};

}  // namespace
}  // namespace lanewise::kernels

#if defined(__AVX2__)
#include "byte_tiles_x86.inl.hpp"
#elif defined(__ARM_NEON)
#include "byte_tiles_arm.inl.hpp"
#endif
