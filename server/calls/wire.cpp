#include "wire.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "float_text.hpp"

namespace lanewise::server::wire {
namespace {

// Bodies are little-endian, and so is every machine that we build for: bytes are moved, never
// turned.
static_assert(std::endian::native == std::endian::little);

problem unprocessable(std::string detail, std::string pointer = {}) {
    return {422, std::move(detail), std::move(pointer)};
}

std::string quoted(std::string_view text) {
    // A value is named in the message, but not repeated at any length.
    constexpr std::size_t shown_max = 64;
    std::string result = "\"";
    result.append(text.substr(0, shown_max));
    return result += text.size() > shown_max ? "…\"" : "\"";
}

std::size_t bytes_of(const kernels::array& array, std::span<const std::uint64_t> sizes) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(kernels::extent(array.dimensions, sizes),
                               kernels::element_bytes(array.type), &bytes)) {
        return SIZE_MAX;
    }
    return bytes;
}

std::size_t input_bytes(const kernels::kernel& kernel, std::span<const std::uint64_t> sizes) {
    std::size_t total = 0;
    for (const auto& array : kernel.inputs) {
        if (__builtin_add_overflow(total, bytes_of(array, sizes), &total)) return SIZE_MAX;
    }
    return total;
}

// "x f32[n], y f32[n]": what a body has to hold.
std::string described_inputs(const kernels::kernel& kernel) {
    std::string text;
    for (const auto& array : kernel.inputs) {
        if (!text.empty()) text += ", ";
        text.append(array.name).append(" ").append(kernels::element_name(array.type));
        if (array.dimensions.empty()) continue;
        text += '[';
        for (const auto& factor : array.dimensions) {
            if (&factor != array.dimensions.data()) text += "*";
            if (factor.parameter < 0) {
                text += std::to_string(factor.constant);
            } else {
                text += kernel.parameters[static_cast<std::size_t>(factor.parameter)].name;
            }
        }
        text += ']';
    }
    return text;
}

template <class T>
char* print(char* to, const T* from) {
    if constexpr (std::is_same_v<T, float>) {
        const float value = *from;
        if (value != value) return std::copy_n("\"NaN\"", 5, to);
        if (value - value != 0)
            return value > 0 ? std::copy_n("\"Infinity\"", 10, to)
                             : std::copy_n("\"-Infinity\"", 11, to);
        return print_float(to, value);
    } else if constexpr (sizeof(T) == 1) {
        return std::to_chars(to, to + 32, static_cast<int>(*from)).ptr;
    } else {
        return std::to_chars(to, to + 32, *from).ptr;
    }
}

template <class T>
char* print_all(char* to, const void* elements, std::size_t count) {
    const auto* from = static_cast<const T*>(elements);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) *to++ = ',';
        to = print(to, from + i);
    }
    return to;
}

char* print_array(char* to, kernels::element_type type, const void* elements, std::size_t count) {
    switch (type) {
        case kernels::element_type::f32:
            return print_all<float>(to, elements, count);
        case kernels::element_type::i8:
            return print_all<std::int8_t>(to, elements, count);
        case kernels::element_type::u8:
            return print_all<std::uint8_t>(to, elements, count);
        case kernels::element_type::i32:
            return print_all<std::int32_t>(to, elements, count);
        case kernels::element_type::i64:
            return print_all<std::int64_t>(to, elements, count);
        case kernels::element_type::u32:
            return print_all<std::uint32_t>(to, elements, count);
        case kernels::element_type::u64:
            return print_all<std::uint64_t>(to, elements, count);
    }
    return to;
}

// Longest texts with their comma: -1.17549435e-38, 4 digits of an i8, 20 digits of 64 bits.
std::size_t text_bytes_max(kernels::element_type type) {
    switch (kernels::element_bytes(type)) {
        case 1:
            return 5;
        case 4:
            return 16;
        default:
            return 21;
    }
}

}  // namespace

layout lay_out(std::span<const kernels::array> arrays, std::span<const std::uint64_t> sizes) {
    layout result;
    for (const auto& array : arrays) {
        const auto bytes = bytes_of(array, sizes);
        result.bytes = kernels::bytes_aligned(result.bytes);
        result.arrays.push_back({result.bytes, kernels::extent(array.dimensions, sizes), bytes});
        result.bytes += bytes;
    }
    return result;
}

outcome<std::uint64_t> parse_parameter(const kernels::parameter& which, std::string_view text) {
    std::uint64_t value = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || rest != text.data() + text.size() || value < which.minimum ||
        value > which.maximum) {
        return unprocessable(std::string{which.name} + " is " + quoted(text) +
                                 "; it has to be a whole number from " +
                                 std::to_string(which.minimum) + " to " +
                                 std::to_string(which.maximum),
                             std::string{which.name});
    }
    return value;
}

outcome<parameters> complete(const kernels::kernel& kernel, const given_parameters& given) {
    parameters sizes;
    for (std::size_t i = 0; i < kernel.parameters.size(); ++i) {
        const auto& which = kernel.parameters[i];
        const auto value = given[i] ? given[i] : which.otherwise;
        if (!value) {
            return unprocessable("the parameter " + std::string{which.name} + " (" +
                                     std::string{which.summary} + ") is missing: add ?" +
                                     std::string{which.name} + "=",
                                 std::string{which.name});
        }
        sizes.push_back(*value);
    }
    return sizes;
}

outcome<parameters> complete_by_length(const kernels::kernel& kernel, const given_parameters& given,
                                       std::size_t body_bytes) {
    std::optional<std::size_t> unknown;
    auto known = given;
    for (std::size_t i = 0; i < kernel.parameters.size(); ++i) {
        if (given[i] || kernel.parameters[i].otherwise) continue;
        if (unknown) return complete(kernel, given).error();  // two can't be found from one length
        unknown = i;
    }
    const auto expected = [&kernel] {
        return "the inputs of " + std::string{kernel.name} + " are " + described_inputs(kernel);
    };
    if (unknown) {
        // Every array's extent is a product, so the whole length is a straight line over one
        // parameter.
        known[*unknown] = 0;
        const auto at_0 = input_bytes(kernel, *complete(kernel, known));
        known[*unknown] = 1;
        const auto each = input_bytes(kernel, *complete(kernel, known)) - at_0;
        if (each == 0 || body_bytes < at_0 || (body_bytes - at_0) % each != 0) {
            return unprocessable("a body of " + std::to_string(body_bytes) + " bytes fits no " +
                                 std::string{kernel.parameters[*unknown].name} + ": " + expected() +
                                 ", " +
                                 (at_0 > 0 ? std::to_string(at_0) + " bytes and " : std::string{}) +
                                 std::to_string(each) + " bytes for each " +
                                 std::string{kernel.parameters[*unknown].name});
        }
        const auto value = (body_bytes - at_0) / each;
        known[*unknown] = value;
        const auto& which = kernel.parameters[*unknown];
        if (value < which.minimum || value > which.maximum) {
            return parse_parameter(which, std::to_string(value)).error();
        }
    }
    auto sizes = complete(kernel, known);
    if (sizes && input_bytes(kernel, *sizes) != body_bytes) {
        return unprocessable("the body has " + std::to_string(body_bytes) +
                             " bytes, these parameters ask for " +
                             std::to_string(input_bytes(kernel, *sizes)) + ": " + expected());
    }
    return sizes;
}

outcome<void> check(const kernels::kernel& kernel, std::span<const std::uint64_t> sizes,
                    std::size_t elements_max, bool generated) {
    for (const auto arrays : {kernel.inputs, kernel.outputs}) {
        for (const auto& array : arrays) {
            const auto elements = kernels::extent(array.dimensions, sizes);
            if (elements > elements_max) {
                return problem{generated ? 422 : 413,
                               std::string{array.name} + " would have " + std::to_string(elements) +
                                   " elements; at most " + std::to_string(elements_max) +
                                   " are taken here (--elements-max)",
                               std::string{array.name}};
            }
        }
    }
    if (kernel.refuses != nullptr) {
        if (const auto why = kernel.refuses(sizes); !why.empty())
            return unprocessable(std::string{why});
    }
    return {};
}

outcome<operands> from_octets(const kernels::kernel& kernel, parameters sizes,
                              std::span<const std::byte> body, body_pool& pool) {
    operands result;
    std::size_t at = 0;
    for (const auto& array : kernel.inputs) {
        const auto bytes = bytes_of(array, sizes);
        const std::byte* data = body.data() + at;
        if (reinterpret_cast<std::uintptr_t>(data) % kernels::element_bytes(array.type) != 0) {
            auto copy = pool.take(bytes);
            if (!copy) return copy.error();
            std::memcpy(copy->data(), data, bytes);
            data = copy->data();
            result.memory.push_back(std::move(*copy));
        }
        result.inputs.push_back(data);
        at += bytes;
    }
    result.sizes = std::move(sizes);
    return result;
}

outcome<body_buffer> to_json(const kernels::kernel& kernel, std::span<const std::uint64_t> sizes,
                             std::span<void* const> outputs, body_pool& pool) {
    const auto layout = lay_out(kernel.outputs, sizes);
    std::size_t most = 4 + float_text_room;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        most += kernel.outputs[i].name.size() + 8 +
                layout.arrays[i].elements * text_bytes_max(kernel.outputs[i].type);
    }
    auto text = pool.take(most);
    if (!text) return text.error();
    char* const begin = reinterpret_cast<char*>(text->data());
    char* to = begin;
    *to++ = '{';
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const auto& array = kernel.outputs[i];
        const std::string_view name = outputs.size() == 1 ? "result" : array.name;
        if (i > 0) *to++ = ',';
        *to++ = '"';
        to = std::copy(name.begin(), name.end(), to);
        to = std::copy_n("\":", 2, to);
        if (!array.dimensions.empty()) *to++ = '[';
        to = print_array(to, array.type, outputs[i], layout.arrays[i].elements);
        if (!array.dimensions.empty()) *to++ = ']';
    }
    to = std::copy_n("}\n", 2, to);
    text->resize(static_cast<std::size_t>(to - begin));
    return text;
}

}  // namespace lanewise::server::wire
