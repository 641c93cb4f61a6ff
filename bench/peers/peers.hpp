// The libraries that Lanewise's kernels are measured against. What a build found is not null.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lanewise::peers {

/// One set of instructions: what the libraries do with it, and what our own algorithms would do if
/// they were free to add in any order.
struct isa_peers {
    const char* name;

    float (*highway_dot)(const float* x, const float* y, std::size_t count);
    float (*highway_sum)(const float* x, std::size_t count);
    float (*eigen_dot)(const float* x, const float* y, std::size_t count);
    float (*eigen_sum)(const float* x, std::size_t count);
    void (*eigen_gemm)(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
                       float* c);
    void (*libmvec_exp)(const float* x, float* result, std::size_t count);
    void (*sleef_exp)(const float* x, float* result, std::size_t count);
    void (*gemmlowp_gemm_i8)(std::size_t m, std::size_t n, std::size_t k, const std::int8_t* a,
                             const std::int8_t* b, std::int32_t* c);
    std::int64_t (*simsimd_dot_i8)(const std::int8_t* x, const std::int8_t* y, std::size_t count);

    float (*free_dot)(const float* x, const float* y, std::size_t count);
    float (*free_sum)(const float* x, std::size_t count);
    void (*free_softmax)(const float* x, float* result, std::size_t count);
    void (*free_gemm)(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
                      float* c, float* scratch);
    float (*read)(const float* x, std::size_t count);  ///< loads each element and nothing else
};

extern const isa_peers avx2;
extern const isa_peers avx512;

/// Option prices by other libraries' functions: spot, strike, years, rate, volatility.
struct option_peers {
    void (*libmvec)(const float* const* in, float* call, float* put, std::size_t count);
    void (*sleef)(const float* const* in, float* call, float* put, std::size_t count);
};

extern const option_peers avx2_options;
extern const option_peers avx512_options;

/// What the compiler makes of plain loops for one set of instructions, free to reorder.
struct plain_loops {
    void (*softmax)(const float* x, float* result, std::size_t count);
    void (*convolve)(std::size_t height, std::size_t width, const float* image,
                     const float* weights, float* result);
    void (*histogram)(const std::uint8_t* x, std::size_t count, std::uint64_t* counts);
};

extern const plain_loops avx2_loops;
extern const plain_loops avx512_loops;

/// Those that choose their instructions themselves.
struct own_choice {
    const char* openblas_core;  ///< the core type that it runs; null: it was not found
    float (*openblas_dot)(const float* x, const float* y, std::size_t count);
    void (*openblas_gemm)(std::size_t m, std::size_t n, std::size_t k, const float* a,
                          const float* b, float* c);
    void (*onednn_gemm_i8)(std::size_t m, std::size_t n, std::size_t k, const std::int8_t* a,
                           const std::int8_t* b, std::int32_t* c);
    /// The k largest of x with their indexes, by std::partial_sort of the indexes; by vqsort of
    /// 64-bit keys; by their selection, and vqsort of the selected (Highway 1.2).
    void (*partial_sort)(const float* x, std::size_t count, std::size_t k, std::uint32_t* indexes);
    void (*vqsort)(const float* x, std::size_t count, std::size_t k, std::uint32_t* indexes);
    void (*vqselect)(const float* x, std::size_t count, std::size_t k, std::uint32_t* indexes);
    /// Of the implementation that is named: "haswell" or "icelake".
    bool (*simdjson_utf8)(const std::uint8_t* x, std::size_t count, const char* implementation);
    /// How many numbers the array "x" of a JSON object has, each read into `to`; by simdjson's
    /// ondemand, which wants room of its own behind the text, and by its tree of values.
    std::size_t (*ondemand_floats)(const char* text, std::size_t bytes, float* to);
    std::size_t (*dom_floats)(const char* text, std::size_t bytes, float* to);
    /// The same by fast_float, which reads a number: the text between is taken to be right.
    std::size_t (*fast_floats)(const char* text, std::size_t bytes, float* to);
};

own_choice find_own_choice();

std::size_t ondemand_floats(const char* text, std::size_t bytes, float* to);
std::size_t dom_floats(const char* text, std::size_t bytes, float* to);
std::size_t fast_floats(const char* text, std::size_t bytes, float* to);

}  // namespace lanewise::peers
