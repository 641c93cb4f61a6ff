// Inputs made from a seed: the same bits on every machine, so that a load test needs no body and a
// result can be checked against one from elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>

#include "catalogue.hpp"

namespace lanewise::kernels {

/// Writes `count` elements, from element `first` on, of the input array with index `array` (its
/// place among the kernel's inputs) of the data set that `seed` names. All arithmetic is modulo
/// 2^64:
///
///     mix(z):  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;  z = (z ^ z >> 27) * 0x94d049bb133111eb;  z
///     ^ z >> 31 key(seed, a) = mix(seed + (a + 1) * 0x9e3779b97f4a7c15) word(seed, a, i) =
///     mix(key(seed, a) + (i + 1) * 0x9e3779b97f4a7c15)
///
/// which is splitmix64 twice: its output a under `seed` is the state from which its output i is
/// element i. From a word, f32 takes the top 24 bits t as t / 2^23 - 1, in [-1, 1) and exact; an
/// integer takes the top bits, as many as it has.
void generate(element_type type, std::uint64_t seed, std::uint64_t array, std::uint64_t first,
              std::size_t count, void* elements) noexcept;

/// The same of an array that says what it is made of. A float u in [-1, 1) becomes middle + u *
/// half of its range, each operation rounded. Text is made four bytes at a time: word(seed, a, i /
/// 4) says which characters they hold, of one byte to four; what is left at the end is of one byte
/// each. `first` is a multiple of four there.
void generate(const array& of, std::uint64_t seed, std::uint64_t array, std::uint64_t first,
              std::size_t count, void* elements) noexcept;

}  // namespace lanewise::kernels
