// What this machine's cores can do at most, measured: multiply-adds from registers, and plain reads
// from a level of memory. Kernels are held against these, not against a data sheet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lanewise::bench {

/// A pair of loops for one width of vectors. Both are assembly, so that no compiler flag decides
/// how fast they are.
struct limit_loops {
    std::string_view variant;  ///< the variant whose instructions they use
    double (*multiply_add)(
        std::int64_t rounds) noexcept;  ///< returns the floating-point operations done
    double (*read)(const void* data,
                   std::size_t bytes) noexcept;  ///< returns the bytes read; whole 512-byte blocks
};

/// The widest loops that the named variant's instructions allow; the narrowest for a name that is
/// not known.
[[nodiscard]] const limit_loops& loops_for(std::string_view variant) noexcept;

}  // namespace lanewise::bench
