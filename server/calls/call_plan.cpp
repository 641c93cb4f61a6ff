#include "call_plan.hpp"

#include <algorithm>

namespace lanewise::server {
namespace {

// Arrays up to this many elements are answered in JSON where the client has no preference.
constexpr std::size_t small_result_elements = 1'024;

// Costs of the work around a kernel, of the order of magnitude: they choose a thread, nothing else.
constexpr double json_nanoseconds_per_byte = 8;
constexpr double generate_nanoseconds_per_element = 2;

// Shorter work is not split: a thread takes time to wake, and an I/O thread must wait for none.
constexpr double split_nanoseconds_min = 100'000;

bool answers_in_octets(const kernel_query& call, std::span<const std::uint64_t> sizes) {
    if (!call.takes_json || !call.takes_octets) return call.takes_octets;
    if (call.prefers_octets) return true;
    bool arrays = false;
    std::size_t elements = 0;
    for (const auto& output : call.kernel->outputs) {
        arrays = arrays || !output.dimensions.empty();
        elements += kernels::extent(output.dimensions, sizes);
    }
    if (!arrays || call.from == kernel_query::input::json) return false;
    return call.from == kernel_query::input::octets || elements > small_result_elements;
}

std::size_t parts_of(const call_plan& plan, const kernel_runner& runner) {
    const auto& query = plan.query;
    if (query.threads == 1 || runner.compute == nullptr) return 1;
    if (plan.run_nanoseconds < split_nanoseconds_min) return 1;
    return std::clamp<std::size_t>(query.kernel->rows(plan.sizes), 1, query.threads);
}

}  // namespace

outcome<void> settle(call_plan& plan, wire::parameters sizes, const kernel_runner& runner) {
    const auto& kernel = *plan.query.kernel;
    const bool generated = plan.query.from == kernel_query::input::generated;
    if (auto fits = wire::check(kernel, sizes, runner.elements_max, generated); !fits)
        return fits.error();
    plan.sizes = std::move(sizes);
    plan.answers_in_octets = answers_in_octets(plan.query, plan.sizes);
    plan.run_nanoseconds = static_cast<double>(kernels::extent(kernel.items, plan.sizes)) *
                           runner.nanoseconds_per_item[plan.index];
    plan.output_nanoseconds = 0;
    for (const auto& output : kernel.outputs) {
        const auto elements = static_cast<double>(kernels::extent(output.dimensions, plan.sizes));
        plan.output_nanoseconds +=
            plan.answers_in_octets ? elements : elements * 10 * json_nanoseconds_per_byte;
    }
    plan.parts = parts_of(plan, runner);
    return {};
}

outcome<call_plan> plan_call(kernel_query query, std::size_t body_bytes,
                             const kernel_runner& runner) {
    call_plan plan;
    plan.query = std::move(query);
    const auto& given = plan.query.given;
    const auto& kernel = *plan.query.kernel;
    plan.index = kernels::index_of(kernel);
    if (plan.query.from == kernel_query::input::json) {
        const auto bytes = static_cast<double>(body_bytes);
        plan.input_nanoseconds = bytes * json_nanoseconds_per_byte;
        // Every element takes two bytes of text at least; kernels of more than linear cost name
        // their sizes. The body may still name others.
        plan.run_nanoseconds = bytes / 2 * runner.nanoseconds_per_item[plan.index];
        if (auto sizes = wire::complete(kernel, given))
            static_cast<void>(settle(plan, std::move(*sizes), runner));
        return plan;
    }
    auto sizes = plan.query.from == kernel_query::input::octets
                     ? wire::complete_by_length(kernel, given, body_bytes)
                     : wire::complete(kernel, given);
    if (!sizes) return sizes.error();
    if (auto settled = settle(plan, std::move(*sizes), runner); !settled) return settled.error();
    if (plan.query.from == kernel_query::input::generated &&
        !runner.generated.holds(kernel, plan.sizes, plan.query.seed)) {
        for (const auto& array : kernel.inputs) {
            plan.input_nanoseconds +=
                static_cast<double>(kernels::extent(array.dimensions, plan.sizes)) *
                generate_nanoseconds_per_element;
        }
    }
    return plan;
}

}  // namespace lanewise::server
