// Tiles of bytes by AMX, which has registers of 16 by 64 bytes. Linux lets a process use them that
// has asked for them.
#pragma once

#include "byte_tiles_x86.inl.hpp"

namespace lanewise::kernels {
namespace {

struct amx {};

// A register is a tile of 16 rows of 64 bytes: of a, 64 elements of 16 rows; of b, 64 elements of
// 16 columns, by fours; of sums, 16 by 16.
template <>
struct byte_tile<amx> {
    static constexpr std::size_t depth = 64;
    static constexpr std::size_t group_rows = 16;
    static constexpr std::size_t width = 16;
    static constexpr std::size_t rows = 32;
    static constexpr std::size_t registers = 2;
    static constexpr std::size_t block = 16;
    static constexpr bool biased = false;
    using element = std::int8_t;

    LANEWISE_INLINE static void interleave(const std::int8_t* from, std::size_t stride,
                                           element* to) {
        const auto get = [=](std::size_t row) LANEWISE_INLINE {
            return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + row * stride));
        };
        interleave_four(get, to);
    }
    LANEWISE_INLINE static void interleave_part(const std::int8_t* from, std::size_t stride,
                                                std::size_t some, std::size_t columns,
                                                element* to) {
        interleave_four(part_rows(from, stride, some, columns), to);
    }
    LANEWISE_INLINE static void copy_row_part(const std::int8_t* from, std::size_t count,
                                              element* to) {
        _mm512_storeu_si512(to, _mm512_maskz_loadu_epi8((std::uint64_t{1} << count) - 1, from));
    }
    LANEWISE_INLINE static void copy_sums(const std::int32_t* from, std::size_t count,
                                          std::int32_t* to) {
        copy_sum_registers(from, count, to);
    }

    /// All tiles are whole. What a thread left configured would be saved at each switch to another.
    static void configure() {
        alignas(64) tile_shapes shapes;
        for (std::size_t i = 0; i < 8; ++i) {
            shapes.row_bytes[i] = 64;
            shapes.rows[i] = 16;
        }
        _tile_loadconfig(&shapes);
    }
    static void release() { _tile_release(); }

    /// c = a b, or c += a b: `steps` tiles of each of Groups groups of rows, a_group apart, by as
    /// many of Registers registers of columns.
    template <std::size_t Groups, std::size_t Registers>
    static void multiply(const element* a, std::size_t a_group, const element* b, std::int32_t* c,
                         std::size_t c_stride, std::size_t steps, bool first) {
        constexpr std::size_t tile = 1024;
        const std::size_t row = 4 * c_stride;
        std::int32_t* const below = c + 16 * c_stride;
        // Tiles 0 to 3 are sums, 4 and 5 of a, 6 and 7 of b. GCC's intrinsics don't say that they
        // read memory.
        asm volatile("" : : : "memory");
        if (first) {
            _tile_zero(0);
            _tile_zero(1);
            _tile_zero(2);
            _tile_zero(3);
        } else {
            _tile_loadd(0, c, row);
            if constexpr (Registers == 2) _tile_loadd(1, c + 16, row);
            if constexpr (Groups == 2) _tile_loadd(2, below, row);
            if constexpr (Groups == 2 && Registers == 2) _tile_loadd(3, below + 16, row);
        }
        for (; steps != 0; --steps, a += tile, b += registers * tile) {
            _tile_loadd(6, b, 64);
            _tile_loadd(4, a, 64);
            _tile_dpbssd(0, 4, 6);
            if constexpr (Registers == 2) {
                _tile_loadd(7, b + tile, 64);
                _tile_dpbssd(1, 4, 7);
            }
            if constexpr (Groups == 2) {
                _tile_loadd(5, a + a_group, 64);
                _tile_dpbssd(2, 5, 6);
                if constexpr (Registers == 2) _tile_dpbssd(3, 5, 7);
            }
        }
        _tile_stored(0, c, row);
        if constexpr (Registers == 2) _tile_stored(1, c + 16, row);
        if constexpr (Groups == 2) _tile_stored(2, below, row);
        if constexpr (Groups == 2 && Registers == 2) _tile_stored(3, below + 16, row);
        asm volatile("" : : : "memory");
    }

private:
    // What LDTILECFG reads.
    struct tile_shapes {
        std::uint8_t palette = 1;
        std::uint8_t start_row = 0;
        std::uint8_t reserved[14] = {};
        std::uint16_t row_bytes[16] = {};
        std::uint8_t rows[16] = {};
    };
    static_assert(sizeof(tile_shapes) == 64);
};
}  // namespace
}  // namespace lanewise::kernels
