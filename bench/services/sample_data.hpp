// Data that look like what services handle, made from a seed: the same bytes on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lanewise::bench {

inline constexpr std::uint64_t sample_seed = 1;

/// So much text of words with their natural frequencies (Zipf), in sentences and lines, with
/// numbers and repeated phrases: gzip and zstd make about a third of it.
[[nodiscard]] std::string sample_text(std::uint64_t seed, std::size_t bytes);

/// A JSON document of about so many bytes, as an API answers with a page of orders: nested objects,
/// identifiers, times, prices, names with escapes and letters beyond ASCII, empty lists, null.
[[nodiscard]] std::string sample_json(std::uint64_t seed, std::size_t bytes);

/// Bytes without any pattern, such as keys and what is encrypted already.
[[nodiscard]] std::string sample_noise(std::uint64_t seed, std::size_t bytes);

}  // namespace lanewise::bench
