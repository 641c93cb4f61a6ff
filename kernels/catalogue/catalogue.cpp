#include "kernels/catalogue.hpp"

#include <array>

#include "kernels/dispatch.hpp"
#include "row.hpp"

namespace lanewise::kernels {
namespace {

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
    static const std::array all{
#define LANEWISE_KERNEL(name) rows::name,
#include "kernel_names.inc"
#undef LANEWISE_KERNEL
    };
    return all;
}

const kernel* find_kernel(std::string_view name) noexcept {
    for (const kernel& row : catalogue()) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

std::size_t index_of(const kernel& row) noexcept {
    return static_cast<std::size_t>(&row - catalogue().data());
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
