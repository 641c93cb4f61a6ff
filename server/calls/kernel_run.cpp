#include "kernel_run.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include "kernels/generate.hpp"
#include "media_types.hpp"
#include "split_run.hpp"

namespace lanewise::server {
namespace {

// The run itself: outputs in one block, which is the reply where it is sent as it is.
struct results {
    wire::layout layout;
    body_buffer memory;
    wire::few<void*> arrays;
    std::chrono::nanoseconds kernel_time;
};

outcome<results> compute(const kernels::kernel& kernel, std::span<const std::uint64_t> sizes,
                         std::span<const void* const> inputs, body_pool& bodies,
                         std::size_t parts = 1, compute_pool* pool = nullptr) {
    results out;
    out.layout = wire::lay_out(kernel.outputs, sizes);
    auto memory = bodies.take(out.layout.bytes);
    if (!memory) return memory.error();
    for (const auto& place : out.layout.arrays) out.arrays.push_back(memory->data() + place.offset);
    body_buffer scratch;
    std::size_t scratch_bytes = 0;  // of a part, which begins at a cache line
    if (kernel.scratch_bytes != nullptr) {
        scratch_bytes = kernels::bytes_aligned(kernel.scratch_bytes(sizes));
        auto taken = bodies.take(parts * scratch_bytes);
        if (!taken) return taken.error();
        scratch = std::move(*taken);
    }
    const auto start = std::chrono::steady_clock::now();
    const kernels::arguments call{
        .parameters = sizes, .inputs = inputs, .outputs = out.arrays, .scratch = scratch.data()};
    if (parts > 1) {
        split_run(kernel, call, parts, scratch_bytes, *pool);
    } else {
        kernels::run(kernel, call);
    }
    out.kernel_time = std::chrono::steady_clock::now() - start;
    out.memory = std::move(*memory);
    return out;
}

// Several arrays in one body follow each other without the gaps that aligned them.
void close_gaps(results& out) {
    std::size_t end = 0;
    for (const auto& place : out.layout.arrays) {
        std::copy_n(out.memory.data() + place.offset, place.bytes, out.memory.data() + end);
        end += place.bytes;
    }
    out.memory.resize(end);
}

// The inputs of a call: views of its body or of generated arrays, which `operands` or `generated`
// keeps. A JSON body states its sizes, which settles the plan.
struct call_inputs {
    wire::operands operands;
    std::shared_ptr<const input_arrays> generated;
};

outcome<call_inputs> read_inputs(call_plan& plan, const body_buffer& body,
                                 const kernel_runner& runner) {
    const auto& kernel = *plan.query.kernel;
    call_inputs result;
    switch (plan.query.from) {
        case kernel_query::input::octets: {
            auto read = wire::from_octets(kernel, plan.sizes, body.bytes(), runner.bodies);
            if (!read) return read.error();
            result.operands = std::move(*read);
            break;
        }
        case kernel_query::input::json: {
            auto read = wire::from_json(kernel, plan.query.given, body.text(), runner.elements_max,
                                        runner.bodies);
            if (!read) return read.error();
            result.operands = std::move(*read);
            if (auto settled = settle(plan, result.operands.sizes, runner); !settled)
                return settled.error();
            break;
        }
        case kernel_query::input::generated: {
            auto made = runner.generated.get(kernel, plan.sizes, plan.query.seed);
            if (!made) return made.error();
            result.generated = std::move(*made);
            result.operands.inputs.assign(result.generated->arrays.begin(),
                                          result.generated->arrays.end());
            break;
        }
    }
    return result;
}

}  // namespace

outcome<reply> run_call(call_plan plan, const body_buffer& body, const kernel_runner& runner,
                        std::chrono::nanoseconds queued) {
    const auto inputs = read_inputs(plan, body, runner);
    if (!inputs) return inputs.error();
    const auto& kernel = *plan.query.kernel;
    auto computed = compute(kernel, plan.sizes, inputs->operands.inputs, runner.bodies, plan.parts,
                            runner.compute);
    if (!computed) return computed.error();

    reply result;
    if (plan.answers_in_octets) {
        close_gaps(*computed);
        result.content_type = octets_type;
        result.bytes = std::move(computed->memory);
    } else {
        auto text = wire::to_json(kernel, plan.sizes, computed->arrays, runner.bodies);
        if (!text) return text.error();
        result.content_type = json_type;
        result.bytes = std::move(*text);
    }
    result.cost = kernel_cost{plan.index, computed->kernel_time, queued};
    result.standing_fields = runner.fields;
    return result;
}

std::vector<double> measure_kernels(body_pool& bodies) {
    // Small enough that a start is not delayed, large enough that the call itself does not count;
    // the fastest of a few runs is the least disturbed. Work may grow with the product of a
    // kernel's parameters.
    constexpr std::uint64_t size_of_one = 256, size_of_several = 32;
    constexpr int runs = 5;
    std::vector<double> result;
    for (const auto& kernel : kernels::catalogue()) {
        std::vector<std::uint64_t> sizes;
        const auto size = kernel.parameters.size() == 1 ? size_of_one : size_of_several;
        for (const auto& parameter : kernel.parameters) {
            sizes.push_back(parameter.otherwise.value_or(
                std::clamp(size, parameter.minimum, parameter.maximum)));
        }
        generated_inputs inputs(bodies, 0);
        const auto made = inputs.get(kernel, sizes, 1);
        double fastest = std::numeric_limits<double>::infinity();
        for (int run = 0; made && run < runs; ++run) {
            const auto computed = compute(kernel, sizes, (*made)->arrays, bodies);
            if (computed)
                fastest = std::min(fastest, static_cast<double>(computed->kernel_time.count()));
        }
        const auto items = std::max<std::size_t>(kernels::extent(kernel.items, sizes), 1);
        // A kernel that could not be measured runs on the compute pool, whatever its size.
        result.push_back(fastest / static_cast<double>(items));
    }
    return result;
}

}  // namespace lanewise::server
