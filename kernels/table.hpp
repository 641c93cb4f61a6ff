// What one ISA unit exports: its name, what it asks of the machine, and one function per kernel.
// Pointers and sizes only: nothing here may leave an inline function in a unit that was compiled
// for some CPUs alone.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lanewise::kernels {

struct table {
    float (*dot_f32)(const float* x, const float* y, std::size_t count) noexcept;
    std::int64_t (*dot_i8)(const std::int8_t* x, const std::int8_t* y, std::size_t count) noexcept;
    float (*sum_f32)(const float* x, std::size_t count) noexcept;
    void (*exp_f32)(const float* x, float* result, std::size_t count) noexcept;
    void (*softmax_f32)(const float* x, float* result, std::size_t count) noexcept;
    void (*black_scholes_f32)(const float* spot, const float* strike, const float* years,
                              const float* rate, const float* volatility, float* call, float* put,
                              std::size_t count) noexcept;
    void (*gemm_f32)(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
                     float* c, float* scratch) noexcept;
    void (*gemm_i8)(std::size_t m, std::size_t n, std::size_t k, const std::int8_t* a,
                    const std::int8_t* b, std::int32_t* c, std::byte* scratch) noexcept;
    void (*convolve_f32)(std::size_t height, std::size_t width, const float* image,
                         const float* weights, float* result, std::size_t first_row,
                         std::size_t last_row, float* scratch) noexcept;
    void (*histogram_u8)(const std::uint8_t* x, std::size_t count, std::uint64_t* counts) noexcept;
    void (*topk_f32)(const float* x, std::size_t count, std::size_t k, float* values,
                     std::uint32_t* indexes, std::uint64_t* scratch) noexcept;
    std::size_t (*utf8_validate)(const std::uint8_t* x, std::size_t count) noexcept;
    float (*squared_distance_f32)(const float* x, const float* y, std::size_t count) noexcept;
};

struct isa_unit {
    const char* name;
    std::uint64_t features;  // bits of features.hpp, all of which the CPU must have
    unsigned sve_bits;  // the vector length that it was compiled for, which must be the machine's;
                        // 0: any
    unsigned register_bits;  // width of the vector registers that its flags allow
    table functions;
};

}  // namespace lanewise::kernels
