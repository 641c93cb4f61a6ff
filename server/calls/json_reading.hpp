// What a JSON body holds for a kernel, and the two readers of it: a quick one for the bodies that
// programs write, and the strict one that judges all others.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/catalogue.hpp"
#include "server/http/body_pool.hpp"
#include "server/http/problem.hpp"
#include "wire.hpp"

namespace lanewise::server::wire {

/// The elements of one input, as far as they were read.
struct json_column {
    body_buffer memory;
    std::size_t elements = 0;
    bool seen = false;
};

/// Parameters and inputs in the kernel's order.
struct json_operands {
    given_parameters given;
    few<json_column> arrays;
};

/// "an object with x (array of f32), ...": what a body has to be.
[[nodiscard]] std::string wanted_json(const kernels::kernel& kernel);

/// Reads a body that holds nothing but declared names, whole numbers for parameters and arrays of
/// numbers that fit their element. Nothing where the body is anything else, right or wrong: then
/// read_strictly judges it.
std::optional<json_operands> read_plainly(const kernels::kernel& kernel, std::string_view body,
                                          std::size_t elements_max, body_pool& pool);

/// Reads any JSON text; a problem says what is wrong with it, and where.
outcome<json_operands> read_strictly(const kernels::kernel& kernel, std::string_view body,
                                     std::size_t elements_max, body_pool& pool);

}  // namespace lanewise::server::wire
