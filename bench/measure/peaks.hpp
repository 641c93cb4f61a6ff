// What this machine's cores can do at most, measured: multiply-adds from registers, and plain reads
// from a level of memory. Kernels are held against these, not against a data sheet.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lanewise::bench {

/// A pair of loops for one width of vectors. Both are assembly, so that no compiler flag decides
/// how fast they are.
struct peak_loops {
    unsigned register_bits;  ///< of the vector registers that they need, at least
    double (*multiply_add)(
        std::int64_t rounds) noexcept;  ///< returns the floating-point operations done
    double (*read)(const void* data,
                   std::size_t bytes) noexcept;  ///< returns the bytes read; whole 512-byte blocks
};

/// The loops of the widest registers that a variant may use: its kernels::variant::register_bits.
[[nodiscard]] const peak_loops& peak_loops_for(unsigned register_bits) noexcept;

}  // namespace lanewise::bench
