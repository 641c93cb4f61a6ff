// What the rows of the catalogue share: shapes of arrays, and how a row finds a call's memory.
#pragma once

#include <array>

#include "kernels/catalogue.hpp"
#include "kernels/table.hpp"

namespace lanewise::kernels {

/// One row a kernel, each defined in the kernel's own file; kernel_names.inc has one
/// LANEWISE_KERNEL(name) for each add_kernel() in CMakeLists.txt.
namespace rows {
#define LANEWISE_KERNEL(name) extern const kernel name;
#include "kernel_names.inc"
#undef LANEWISE_KERNEL
}  // namespace rows

// Sizes in bytes stay far below 2^64 whatever the element.
inline constexpr std::uint64_t count_max = std::uint64_t{1} << 40;

inline constexpr std::array<parameter, 1> only_n{{
    {.name = "n", .summary = "number of elements", .minimum = 0, .maximum = count_max},
}};
inline constexpr std::array<dimension, 1> n_elements{{{.parameter = 0}}};

inline constexpr std::array<array, 1> f32_x{{{"x", element_type::f32, n_elements}}};
inline constexpr std::array<array, 2> f32_x_y{
    {{"x", element_type::f32, n_elements}, {"y", element_type::f32, n_elements}}};
inline constexpr std::array<array, 1> f32_result{{{"result", element_type::f32, {}}}};
inline constexpr std::array<array, 1> f32_results{{{"result", element_type::f32, n_elements}}};

inline constexpr std::uint64_t side_max = std::uint64_t{1} << 31;

// The product of two matrices.
inline constexpr std::array<parameter, 3> m_n_k{{
    {.name = "m", .summary = "rows of a and of the result", .minimum = 1, .maximum = side_max},
    {.name = "n", .summary = "columns of b and of the result", .minimum = 1, .maximum = side_max},
    {.name = "k", .summary = "columns of a and rows of b", .minimum = 1, .maximum = side_max},
}};
inline constexpr std::array<dimension, 2> m_by_k{{{.parameter = 0}, {.parameter = 2}}};
inline constexpr std::array<dimension, 2> k_by_n{{{.parameter = 2}, {.parameter = 1}}};
inline constexpr std::array<dimension, 2> m_by_n{{{.parameter = 0}, {.parameter = 1}}};
inline constexpr std::array<dimension, 3> m_by_n_by_k{
    {{.parameter = 0}, {.parameter = 1}, {.parameter = 2}}};

template <class T>
const T* input(const arguments& call, std::size_t index) {
    return static_cast<const T*>(call.inputs[index]);
}

template <class T>
T* output(const arguments& call, std::size_t index) {
    return static_cast<T*>(call.outputs[index]);
}

// Elements that are computed one by one are split where cache lines end, so that no two threads
// write to one.
inline constexpr std::size_t elements_a_row = 16;
inline std::size_t rows_of_elements(std::span<const std::uint64_t> parameters) {
    return parameters[0] / elements_a_row + (parameters[0] % elements_a_row != 0 ? 1 : 0);
}

struct element_range {
    std::size_t first, count;

    element_range(const arguments& call, std::size_t first_row, std::size_t last_row)
        : first(first_row * elements_a_row) {
        const std::size_t end = last_row * elements_a_row;
        const std::size_t within = end < call.parameters[0] ? end : call.parameters[0];
        count = first < within ? within - first : 0;
    }
};

}  // namespace lanewise::kernels
