// Bytes of requests and replies <-> arrays of kernels: sizes, alignment, JSON. No sockets and no
// HTTP here.
#pragma once

#include <array>
#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/catalogue.hpp"
#include "server/http/body_pool.hpp"
#include "server/http/problem.hpp"

namespace lanewise::server::wire {

/// A kernel has few parameters and arrays: what is kept of each stands in place, so that a small
/// call takes no memory.
template <class T>
using few = boost::container::static_vector<T, 8>;

using parameters = few<std::uint64_t>;

/// Parameters as a client gave them, in the kernel's order: nothing where it gave none.
using given_parameters = few<std::optional<std::uint64_t>>;

/// Where arrays lie in one block of memory, each aligned to 64 bytes.
struct layout {
    struct place {
        std::size_t offset, elements, bytes;
    };
    few<place> arrays;
    std::size_t bytes = 0;
};
[[nodiscard]] layout lay_out(std::span<const kernels::array> arrays,
                             std::span<const std::uint64_t> sizes);

/// Reads one parameter's text; a problem names it, its value and its range.
outcome<std::uint64_t> parse_parameter(const kernels::parameter& which, std::string_view text);

/// All parameters, where none has to be found from data; a problem names those that are missing.
outcome<parameters> complete(const kernels::kernel& kernel, const given_parameters& given);

/// All parameters of a binary body of this many bytes: one that was not given is found from the
/// length.
outcome<parameters> complete_by_length(const kernels::kernel& kernel, const given_parameters& given,
                                       std::size_t body_bytes);

/// Refuses parameters that the kernel can't take together, and arrays of more than elements_max
/// elements: 413 where they came as content, 422 where they are asked to be generated.
outcome<void> check(const kernels::kernel& kernel, std::span<const std::uint64_t> sizes,
                    std::size_t elements_max, bool generated);

/// A kernel's inputs: views of a body, or of the memory that they were copied to.
struct operands {
    parameters sizes;
    few<const void*> inputs;
    few<body_buffer> memory;
};

/// Input arrays in declared order, little-endian, one after another. The body has to outlive the
/// operands.
outcome<operands> from_octets(const kernels::kernel& kernel, parameters sizes,
                              std::span<const std::byte> body, body_pool& pool);

/// An object of the declared names of inputs and, where wanted, of parameters.
outcome<operands> from_json(const kernels::kernel& kernel, const given_parameters& given,
                            std::string_view body, std::size_t elements_max, body_pool& pool);

/// {"result": …}, or the declared names where there are several; ends with a line feed.
outcome<body_buffer> to_json(const kernels::kernel& kernel, std::span<const std::uint64_t> sizes,
                             std::span<void* const> outputs, body_pool& pool);

}  // namespace lanewise::server::wire
