// The list of kernels as data: what each takes and returns, and how to run it on arrays of bytes.
// Server, bench and tests are driven by it, so that a new kernel is one more row here and no edit
// there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernels.hpp"

namespace lanewise::kernels {

enum class element_type : std::uint8_t { f32, i8, u8, i32, i64, u32, u64 };

[[nodiscard]] std::size_t element_bytes(element_type type) noexcept;
[[nodiscard]] std::string_view element_name(element_type type) noexcept;

/// A whole number that sizes arrays or steers the kernel, such as n, or k of topk.
struct parameter {
    std::string_view name;
    std::string_view summary;
    std::uint64_t minimum;
    std::uint64_t maximum;
    /// Its value where the caller gives none; none: found from the data.
    std::optional<std::uint64_t> otherwise = std::nullopt;
};

/// One factor of an array's extent: a parameter (by its index), or a constant where index is
/// negative.
struct dimension {
    int parameter;
    std::size_t constant = 0;
};

/// What generate() fills an array with where any bits won't do.
struct generation {
    float least = -1;   ///< of f32: from here
    float below = 1;    ///< up to there
    bool text = false;  ///< of u8: well-formed UTF-8

    friend bool operator==(const generation&, const generation&) = default;
};

/// An array that a kernel reads or writes. Its extent is the product of its dimensions; a scalar
/// has none.
struct array {
    std::string_view name;
    element_type type;
    std::span<const dimension> dimensions;
    generation made_of = {};
};

/// One call: parameters in declared order, then arrays in declared order, each aligned to its
/// element.
struct arguments {
    std::span<const std::uint64_t> parameters;
    std::span<const void* const> inputs;
    std::span<void* const> outputs;
    void* scratch = nullptr;  ///< scratch_bytes() of memory, aligned to 64 bytes
};

struct table;  // one variant's function pointers, private to the library

struct kernel {
    std::string_view name;
    std::string_view summary;
    std::span<const parameter> parameters;
    std::span<const array> inputs;
    std::span<const array> outputs;
    double operations_per_item;  ///< arithmetic operations, as the field counts them: an fma is two
    std::span<const dimension> items;  ///< work items of a call: what "items per second" counts
    /// Null: it needs none.
    std::size_t (*scratch_bytes)(std::span<const std::uint64_t> parameters) = nullptr;
    /// Null, or why these don't go together; empty if they do.
    std::string (*refuses)(std::span<const std::uint64_t> parameters) = nullptr;
    /// The whole call; null where run_rows does that.
    void (*run)(const table& functions, const arguments& call) = nullptr;
    /// Into how many rows a call divides that do not depend on each other; null: it can't be split.
    std::size_t (*rows)(std::span<const std::uint64_t> parameters) = nullptr;
    /// Rows first to last - 1 of a call, with scratch of their own.
    void (*run_rows)(const table& functions, const arguments& call, std::size_t first,
                     std::size_t last) = nullptr;
};

/// One of `count` parts of a call, of nearly as many rows each.
struct part {
    std::size_t index;
    std::size_t count;
};

/// Every kernel, in the order in which lists show them.
[[nodiscard]] std::span<const kernel> catalogue() noexcept;

/// The kernel of this name, or null.
[[nodiscard]] const kernel* find_kernel(std::string_view name) noexcept;

/// Where a kernel of the catalogue stands in it.
[[nodiscard]] std::size_t index_of(const kernel& row) noexcept;

/// Bytes of an array and of what follows it up to the next multiple of 64 (a cache line, and the
/// widest vector), where the next array of one block begins.
[[nodiscard]] constexpr std::size_t bytes_aligned(std::size_t bytes) noexcept {
    return (bytes + 63) / 64 * 64;
}

/// Elements of a shape, saturating at SIZE_MAX.
[[nodiscard]] std::size_t extent(std::span<const dimension> shape,
                                 std::span<const std::uint64_t> parameters) noexcept;

/// Runs one call on the active variant, or on the named one, which must be runnable.
void run(const kernel& which, const arguments& call) noexcept;
void run(const kernel& which, const variant& on, const arguments& call) noexcept;

/// Runs one part of a call of a kernel that has rows, on the active variant. Parts may run at once,
/// each with scratch of its own; all of them together give the bits of the whole.
void run(const kernel& which, const arguments& call, part of) noexcept;

}  // namespace lanewise::kernels
