// Numbers with units, as people write settings: 64M, 512MiB, 10s, 1m30s.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lanewise::server {

enum class unit : std::uint8_t { none, bytes, milliseconds };

/// The number that the text says; a bare one is in the unit itself. Bytes: K, M, G, T and KiB, MiB,
/// GiB, TiB are powers of 1,024 (with or without the B), KB, MB, GB, TB of 1,000, in either case.
/// Milliseconds: ms, s, m and h, largest first, each once.
[[nodiscard]] std::optional<std::uint64_t> read_quantity(std::string_view text, unit of);

}  // namespace lanewise::server
