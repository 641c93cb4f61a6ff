#include "catalogue.hpp"

#include <array>

#include "active.hpp"
#include "kernels/bodies/scratch.hpp"

namespace lanewise::kernels {
namespace {

// Sizes in bytes stay far below 2^64 whatever the element.
constexpr std::uint64_t count_max = std::uint64_t{1} << 40;

constexpr std::array<parameter, 1> only_n{{
    {.name = "n", .summary = "number of elements", .minimum = 0, .maximum = count_max},
}};
constexpr std::array<dimension, 1> n_elements{{{.parameter = 0}}};

constexpr std::array<array, 1> f32_x{{{"x", element_type::f32, n_elements}}};
constexpr std::array<array, 2> f32_x_y{
    {{"x", element_type::f32, n_elements}, {"y", element_type::f32, n_elements}}};
constexpr std::array<array, 1> f32_result{{{"result", element_type::f32, {}}}};
constexpr std::array<array, 1> f32_results{{{"result", element_type::f32, n_elements}}};

constexpr std::array<array, 2> i8_x_y{
    {{"x", element_type::i8, n_elements}, {"y", element_type::i8, n_elements}}};
constexpr std::array<array, 1> i64_result{{{"result", element_type::i64, {}}}};

constexpr std::array<parameter, 2> n_and_k{{
    {.name = "n", .summary = "number of elements", .minimum = 1, .maximum = UINT32_MAX},
    {.name = "k",
     .summary = "how many of the largest",
     .minimum = 1,
     .maximum = UINT32_MAX,
     .otherwise = 10},
}};
constexpr std::array<dimension, 1> k_elements{{{.parameter = 1}}};
constexpr std::array<array, 2> topk_results{
    {{"values", element_type::f32, k_elements}, {"indexes", element_type::u32, k_elements}}};

constexpr std::array<array, 5> options_arrays{{
    {"spot", element_type::f32, n_elements, {.least = 50, .below = 150}},
    {"strike", element_type::f32, n_elements, {.least = 50, .below = 150}},
    {"years", element_type::f32, n_elements, {.least = 0.05F, .below = 3}},
    {"rate", element_type::f32, n_elements, {.least = -0.01F, .below = 0.09F}},
    {"volatility", element_type::f32, n_elements, {.least = 0.05F, .below = 0.8F}},
}};
constexpr std::array<array, 2> call_put{
    {{"call", element_type::f32, n_elements}, {"put", element_type::f32, n_elements}}};

constexpr std::uint64_t side_max = std::uint64_t{1} << 31;
constexpr std::array<parameter, 3> m_n_k{{
    {.name = "m", .summary = "rows of a and of the result", .minimum = 1, .maximum = side_max},
    {.name = "n", .summary = "columns of b and of the result", .minimum = 1, .maximum = side_max},
    {.name = "k", .summary = "columns of a and rows of b", .minimum = 1, .maximum = side_max},
}};
constexpr std::array<dimension, 2> m_by_k{{{.parameter = 0}, {.parameter = 2}}};
constexpr std::array<dimension, 2> k_by_n{{{.parameter = 2}, {.parameter = 1}}};
constexpr std::array<dimension, 2> m_by_n{{{.parameter = 0}, {.parameter = 1}}};
constexpr std::array<dimension, 3> m_by_n_by_k{
    {{.parameter = 0}, {.parameter = 1}, {.parameter = 2}}};
constexpr std::array<array, 2> gemm_a_b{
    {{"a", element_type::f32, m_by_k}, {"b", element_type::f32, k_by_n}}};
constexpr std::array<array, 1> gemm_result{{{"result", element_type::f32, m_by_n}}};

constexpr std::array<parameter, 2> height_and_width{{
    {.name = "height",
     .summary = "rows of the image and of the result",
     .minimum = 1,
     .maximum = side_max},
    {.name = "width",
     .summary = "columns of the image and of the result",
     .minimum = 1,
     .maximum = side_max},
}};
constexpr std::array<dimension, 2> height_by_width{{{.parameter = 0}, {.parameter = 1}}};
constexpr std::array<dimension, 2> five_by_five{
    {{.parameter = -1, .constant = 5}, {.parameter = -1, .constant = 5}}};
constexpr std::array<array, 2> image_and_weights{
    {{"image", element_type::f32, height_by_width}, {"weights", element_type::f32, five_by_five}}};
constexpr std::array<array, 1> image_result{{{"result", element_type::f32, height_by_width}}};

constexpr std::array<array, 1> u8_x{{{"x", element_type::u8, n_elements}}};
constexpr std::array<dimension, 1> one_a_byte{{{.parameter = -1, .constant = 256}}};
constexpr std::array<array, 1> u64_counts{{{"counts", element_type::u64, one_a_byte}}};

constexpr std::array<array, 1> text_x{{{"x", element_type::u8, n_elements, {.text = true}}}};
constexpr std::array<array, 2> valid_and_offset{
    {{"valid", element_type::u32, {}}, {"offset", element_type::u64, {}}}};

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
constexpr std::size_t elements_a_row = 16;
std::size_t rows_of_elements(std::span<const std::uint64_t> parameters) {
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

constexpr std::array rows{
    kernel{
        .name = "dot_f32",
        .summary = "dot product of two vectors, as in vector search",
        .parameters = only_n,
        .inputs = f32_x_y,
        .outputs = f32_result,
        .operations_per_item = 2,
        .items = n_elements,
        .run =
            [](const table& functions, const arguments& call) {
                *output<float>(call, 0) = functions.dot_f32(
                    input<float>(call, 0), input<float>(call, 1), call.parameters[0]);
            },
    },
    kernel{
        .name = "dot_i8",
        .summary = "exact dot product of signed bytes, as in quantised search",
        .parameters = only_n,
        .inputs = i8_x_y,
        .outputs = i64_result,
        .operations_per_item = 2,
        .items = n_elements,
        .run =
            [](const table& functions, const arguments& call) {
                *output<std::int64_t>(call, 0) = functions.dot_i8(
                    input<std::int8_t>(call, 0), input<std::int8_t>(call, 1), call.parameters[0]);
            },
    },
    kernel{
        .name = "sum_f32",
        .summary = "sum of a column, as in analytics",
        .parameters = only_n,
        .inputs = f32_x,
        .outputs = f32_result,
        .operations_per_item = 1,
        .items = n_elements,
        .run =
            [](const table& functions, const arguments& call) {
                *output<float>(call, 0) =
                    functions.sum_f32(input<float>(call, 0), call.parameters[0]);
            },
    },
    kernel{
        .name = "exp_f32",
        .summary = "e to the power of each element, as in activations",
        .parameters = only_n,
        .inputs = f32_x,
        .outputs = f32_results,
        .operations_per_item = 20,  // nine fma, and a subtraction and an addition of exponents
        .items = n_elements,
        .rows = rows_of_elements,
        .run_rows =
            [](const table& functions, const arguments& call, std::size_t first, std::size_t last) {
                const element_range of(call, first, last);
                functions.exp_f32(input<float>(call, 0) + of.first,
                                  output<float>(call, 0) + of.first, of.count);
            },
    },
    kernel{
        .name = "softmax_f32",
        .summary = "e to the power of each element over the sum of all, as in attention",
        .parameters = only_n,
        .inputs = f32_x,
        .outputs = f32_results,
        .operations_per_item = 24,  // those of exp_f32, and a comparison, two sums, a product
        .items = n_elements,
        .run =
            [](const table& functions, const arguments& call) {
                functions.softmax_f32(input<float>(call, 0), output<float>(call, 0),
                                      call.parameters[0]);
            },
    },
    kernel{
        .name = "black_scholes_f32",
        .summary = "prices of European options, as in pricing",
        .parameters = only_n,
        .inputs = options_arrays,
        .outputs = call_put,
        .operations_per_item = 120,
        .items = n_elements,
        .rows = rows_of_elements,
        .run_rows =
            [](const table& functions, const arguments& call, std::size_t first, std::size_t last) {
                const element_range of(call, first, last);
                functions.black_scholes_f32(
                    input<float>(call, 0) + of.first, input<float>(call, 1) + of.first,
                    input<float>(call, 2) + of.first, input<float>(call, 3) + of.first,
                    input<float>(call, 4) + of.first, output<float>(call, 0) + of.first,
                    output<float>(call, 1) + of.first, of.count);
            },
    },
    kernel{
        .name = "gemm_f32",
        .summary = "product of two matrices, as in inference",
        .parameters = m_n_k,
        .inputs = gemm_a_b,
        .outputs = gemm_result,
        .operations_per_item = 2,
        .items = m_by_n_by_k,
        .scratch_bytes =
            [](std::span<const std::uint64_t> parameters) {
                return gemm_scratch_bytes(parameters[1], parameters[2]);
            },
        .rows = [](std::span<const std::uint64_t> parameters) -> std::size_t {
            return parameters[0];
        },
        .run_rows =
            [](const table& functions, const arguments& call, std::size_t first, std::size_t last) {
                const std::size_t n = call.parameters[1];
                const std::size_t k = call.parameters[2];
                functions.gemm_f32(last - first, n, k, input<float>(call, 0) + first * k,
                                   input<float>(call, 1), output<float>(call, 0) + first * n,
                                   static_cast<float*>(call.scratch));
            },
    },
    kernel{
        .name = "convolve_f32",
        .summary = "5 by 5 filter with clamped borders, as in image filters",
        .parameters = height_and_width,
        .inputs = image_and_weights,
        .outputs = image_result,
        .operations_per_item = 50,
        .items = height_by_width,
        .scratch_bytes = [](std::span<const std::uint64_t>) { return convolve_scratch_bytes; },
        .rows = [](std::span<const std::uint64_t> parameters) -> std::size_t {
            return parameters[0];
        },
        .run_rows =
            [](const table& functions, const arguments& call, std::size_t first, std::size_t last) {
                functions.convolve_f32(call.parameters[0], call.parameters[1],
                                       input<float>(call, 0), input<float>(call, 1),
                                       output<float>(call, 0), first, last,
                                       static_cast<float*>(call.scratch));
            },
    },
    kernel{
        .name = "histogram_u8",
        .summary = "how often each byte occurs, as in telemetry",
        .parameters = only_n,
        .inputs = u8_x,
        .outputs = u64_counts,
        .operations_per_item = 1,
        .items = n_elements,
        .run =
            [](const table& functions, const arguments& call) {
                functions.histogram_u8(input<std::uint8_t>(call, 0), call.parameters[0],
                                       output<std::uint64_t>(call, 0));
            },
    },
    kernel{
        .name = "topk_f32",
        .summary = "the k largest elements and their indexes, as in nearest neighbours",
        .parameters = n_and_k,
        .inputs = f32_x,
        .outputs = topk_results,
        .operations_per_item = 1,
        .items = n_elements,
        .scratch_bytes =
            [](std::span<const std::uint64_t> parameters) {
                return topk_scratch_bytes(parameters[1]);
            },
        .refuses = [](std::span<const std::uint64_t> parameters) -> std::string {
            const auto n = parameters[0];
            const auto k = parameters[1];
            if (k <= n) return {};
            return "k is " + std::to_string(k) + "; it has to be from 1 to n, which is " +
                   std::to_string(n);
        },
        .run =
            [](const table& functions, const arguments& call) {
                functions.topk_f32(input<float>(call, 0), call.parameters[0], call.parameters[1],
                                   output<float>(call, 0), output<std::uint32_t>(call, 1),
                                   static_cast<std::uint64_t*>(call.scratch));
            },
    },
    kernel{
        .name = "utf8_validate",
        .summary = "whether bytes are UTF-8 and where not (valid is 1 or 0), as in ingest",
        .parameters = only_n,
        .inputs = text_x,
        .outputs = valid_and_offset,
        .operations_per_item = 1,
        .items = n_elements,
        .run =
            [](const table& functions, const arguments& call) {
                const std::size_t offset =
                    functions.utf8_validate(input<std::uint8_t>(call, 0), call.parameters[0]);
                *output<std::uint32_t>(call, 0) = offset == call.parameters[0] ? 1 : 0;
                *output<std::uint64_t>(call, 1) = offset;
            },
    },
};

struct element_facts {
    std::string_view name;
    std::size_t bytes;
};

// In the order of element_type.
constexpr std::array<element_facts, 7> elements{
    {{"f32", 4}, {"i8", 1}, {"u8", 1}, {"i32", 4}, {"i64", 8}, {"u32", 4}, {"u64", 8}}};

void run_whole(const kernel& which, const table& functions, const arguments& call) noexcept {
    if (which.run != nullptr) return which.run(functions, call);
    which.run_rows(functions, call, 0, which.rows(call.parameters));
}

}  // namespace

std::size_t element_bytes(element_type type) noexcept {
    return elements[static_cast<std::size_t>(type)].bytes;
}
std::string_view element_name(element_type type) noexcept {
    return elements[static_cast<std::size_t>(type)].name;
}

std::span<const kernel> catalogue() noexcept {
    return rows;
}

const kernel* find_kernel(std::string_view name) noexcept {
    for (const kernel& row : rows) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

std::size_t extent(std::span<const dimension> shape,
                   std::span<const std::uint64_t> parameters) noexcept {
    std::size_t out = 1;
    for (const dimension& factor : shape) {
        const std::size_t size = factor.parameter < 0
                                     ? factor.constant
                                     : parameters[static_cast<std::size_t>(factor.parameter)];
        if (__builtin_mul_overflow(out, size, &out)) return SIZE_MAX;
    }
    return out;
}

void run(const kernel& which, const arguments& call) noexcept {
    run_whole(which, active_table(), call);
}

void run(const kernel& which, const variant& on, const arguments& call) noexcept {
    run_whole(which, table_of(on), call);
}

void run(const kernel& which, const arguments& call, part of) noexcept {
    // Neither product overflows: a part gets the quotient, and the first ones one of the rest.
    const std::size_t all = which.rows(call.parameters);
    const auto begin = [&](std::size_t index) {
        const std::size_t rest = all % of.count;
        return all / of.count * index + (index < rest ? index : rest);
    };
    which.run_rows(active_table(), call, begin(of.index), begin(of.index + 1));
}

}  // namespace lanewise::kernels
