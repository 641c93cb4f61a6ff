#include "kernel_call.hpp"

#include <algorithm>
#include <limits>

#include "kernels/generate.hpp"
#include "server/http/field_lists.hpp"
#include "server/http/negotiation.hpp"
#include "server/http/syntax.hpp"
#include "server/http/target.hpp"
#include "split_run.hpp"

namespace lanewise::server {
namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::string_view octets_type = "application/octet-stream";

// Arrays up to this many elements are answered in JSON where the client has no preference.
constexpr std::size_t small_result_elements = 1'024;

// Costs of the work around a kernel, of the order of magnitude: they choose a thread, nothing else.
constexpr double json_nanoseconds_per_byte = 8;
constexpr double generate_nanoseconds_per_element = 2;

problem unknown_parameter(const kernels::kernel& kernel, const std::string& name) {
    std::string known;
    for (const auto& one : kernel.parameters) known.append(one.name).append(", ");
    return {422,
            "the query names \"" + name.substr(0, 64) + "\"; " + std::string(kernel.name) +
                " knows " + known + (kernel.rows != nullptr ? "threads, " : "") + "seed, close",
            name.substr(0, 64)};
}

outcome<void> read_query(std::string_view query, kernel_call& call, std::size_t threads_max) {
    const auto& kernel = *call.kernel;
    bool seed_seen = false;
    bool threads_seen = false;
    std::string name, value;
    while (next_parameter(query, name, value)) {
        const auto known = std::ranges::find(kernel.parameters, name, &kernels::parameter::name);
        if (known != kernel.parameters.end()) {
            auto& given = call.given[static_cast<std::size_t>(known - kernel.parameters.begin())];
            if (given) return problem{422, name + " is there twice", name};
            auto number = wire::parse_parameter(*known, value);
            if (!number) return number.error();
            given = *number;
        } else if (name == "seed") {
            const kernels::parameter seed{
                "seed", {}, 0, std::numeric_limits<std::uint64_t>::max(), {}};
            if (std::exchange(seed_seen, true)) return problem{422, "seed is there twice", "seed"};
            auto number = wire::parse_parameter(seed, value);
            if (!number) return number.error();
            call.seed = *number;
        } else if (name == "threads") {
            const kernels::parameter threads{"threads", {}, 1, threads_max, {}};
            if (std::exchange(threads_seen, true))
                return problem{422, "threads is there twice", "threads"};
            auto number = wire::parse_parameter(threads, value);
            if (!number) return number.error();
            if (kernel.rows == nullptr && *number > 1) {
                return problem{422,
                               "threads is " + std::to_string(*number) + "; it has to be 1, for " +
                                   std::string(kernel.name) + " can't be split",
                               "threads"};
            }
            call.threads = *number;
        } else if (name != "close") {
            return unknown_parameter(kernel, name);
        }
    }
    return {};
}

outcome<void> read_content_type(const request& head, kernel_call& call) {
    auto content_type = head.content_type;
    const auto type = next_item(content_type, ';');
    if (syntax::equal_ignoring_case(type, octets_type)) {
        call.from = kernel_call::input::octets;
    } else if (syntax::equal_ignoring_case(type, json_type)) {
        call.from = kernel_call::input::json;
    } else {
        return problem{415,
                       "the Content-Type has to be application/octet-stream or application/json",
                       {},
                       "Accept: application/octet-stream, application/json\r\n"};
    }
    auto codings = head.content_encoding.text();
    for (auto coding = next_element(codings); !coding.empty(); coding = next_element(codings)) {
        if (syntax::equal_ignoring_case(coding, "identity")) continue;
        return problem{415,
                       "no Content-Encoding is read here: send the body as it is",
                       {},
                       "Accept-Encoding: identity\r\n"};
    }
    return {};
}

bool answers_in_octets(const kernel_call& call, std::span<const std::uint64_t> sizes) {
    if (!call.takes_json || !call.takes_octets) return call.takes_octets;
    if (call.prefers_octets) return true;
    bool arrays = false;
    std::size_t elements = 0;
    for (const auto& output : call.kernel->outputs) {
        arrays = arrays || !output.dimensions.empty();
        elements += kernels::extent(output.dimensions, sizes);
    }
    if (!arrays || call.from == kernel_call::input::json) return false;
    return call.from == kernel_call::input::octets || elements > small_result_elements;
}

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
        scratch_bytes = (kernel.scratch_bytes(sizes) + 63) / 64 * 64;
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

// Shorter work is not split: a thread takes time to wake, and an I/O thread must wait for none.
constexpr double split_nanoseconds_min = 100'000;

std::size_t parts_of(const kernel_call& call, std::span<const std::uint64_t> sizes,
                     const kernel_runner& runner) {
    if (call.threads == 1 || runner.compute == nullptr) return 1;
    const auto index = static_cast<std::size_t>(call.kernel - kernels::catalogue().data());
    const double whole = static_cast<double>(kernels::extent(call.kernel->items, sizes)) *
                         runner.nanoseconds_per_item[index];
    if (whole < split_nanoseconds_min) return 1;
    return std::clamp<std::size_t>(call.kernel->rows(sizes), 1, call.threads);
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

}  // namespace

outcome<kernel_call> plan_call(const kernels::kernel& kernel, const request& head,
                               std::size_t threads_max) {
    kernel_call call;
    call.kernel = &kernel;
    call.given.resize(kernel.parameters.size());
    if (auto read = read_query(head.query, call, threads_max); !read) return read.error();

    constexpr std::string_view offers[] = {json_type, octets_type};
    const auto accept = head.accept.text();
    call.takes_json = best_media_type(accept, {offers, 1}) == 0;
    call.takes_octets = best_media_type(accept, {offers + 1, 1}) == 0;
    call.prefers_octets = call.takes_octets && best_media_type(accept, offers) == 1;
    if (!call.takes_json && !call.takes_octets) {
        return problem{406, "results come as application/json or application/octet-stream"};
    }

    if (head.method == method::post) {
        if (head.body == framing::none)
            return problem{411, "a POST to a kernel needs a body with its inputs"};
        if (auto read = read_content_type(head, call); !read) return read.error();
    } else if (auto sizes = wire::complete(kernel, call.given); !sizes) {
        return sizes.error();
    }
    return call;
}

double estimated_nanoseconds(const kernel_call& call, std::size_t body_bytes,
                             const kernel_runner& runner) {
    const auto index = static_cast<std::size_t>(call.kernel - kernels::catalogue().data());
    const auto run = [&](std::span<const std::uint64_t> sizes) {
        double time = static_cast<double>(kernels::extent(call.kernel->items, sizes)) *
                      runner.nanoseconds_per_item[index];
        for (const auto& output : call.kernel->outputs) {
            const auto elements = static_cast<double>(kernels::extent(output.dimensions, sizes));
            time += answers_in_octets(call, sizes) ? elements
                                                   : elements * 10 * json_nanoseconds_per_byte;
        }
        return time;
    };
    switch (call.from) {
        case kernel_call::input::octets: {
            const auto sizes = wire::complete_by_length(*call.kernel, call.given, body_bytes);
            return sizes ? run(*sizes) : 0;  // refused at once
        }
        case kernel_call::input::json: {
            const double reading = static_cast<double>(body_bytes) * json_nanoseconds_per_byte;
            // Every element takes two bytes of text at least; kernels of more than linear cost name
            // their sizes.
            const auto sizes = wire::complete(*call.kernel, call.given);
            const double linear =
                static_cast<double>(body_bytes) / 2 * runner.nanoseconds_per_item[index];
            return reading + (sizes ? run(*sizes) : linear);
        }
        case kernel_call::input::generated: {
            const auto sizes = wire::complete(*call.kernel, call.given);
            if (!sizes) return 0;
            double time = run(*sizes);
            if (!runner.generated.holds(*call.kernel, *sizes, call.seed)) {
                for (const auto& array : call.kernel->inputs) {
                    time += static_cast<double>(kernels::extent(array.dimensions, *sizes)) *
                            generate_nanoseconds_per_element;
                }
            }
            return time;
        }
    }
    return 0;
}

outcome<reply> run_call(const kernel_call& call, const body_buffer& body,
                        const kernel_runner& runner, std::chrono::nanoseconds queued) {
    const auto& kernel = *call.kernel;
    outcome<wire::operands> operands = wire::operands{};
    std::shared_ptr<const input_arrays> generated;
    switch (call.from) {
        case kernel_call::input::octets: {
            auto sizes = wire::complete_by_length(kernel, call.given, body.size());
            if (!sizes) return sizes.error();
            operands = wire::from_octets(kernel, std::move(*sizes), body.bytes(), runner.bodies);
            break;
        }
        case kernel_call::input::json:
            operands = wire::from_json(kernel, call.given, body.text(), runner.elements_max,
                                       runner.bodies);
            break;
        case kernel_call::input::generated: {
            auto sizes = wire::complete(kernel, call.given);
            if (!sizes) return sizes.error();
            operands->sizes = std::move(*sizes);
            break;
        }
    }
    if (!operands) return operands.error();
    const bool generate = call.from == kernel_call::input::generated;
    if (auto fits = wire::check(kernel, operands->sizes, runner.elements_max, generate); !fits)
        return fits.error();
    if (generate) {
        auto inputs = runner.generated.get(kernel, operands->sizes, call.seed);
        if (!inputs) return inputs.error();
        generated = std::move(*inputs);
        operands->inputs.assign(generated->arrays.begin(), generated->arrays.end());
    }

    auto computed = compute(kernel, operands->sizes, operands->inputs, runner.bodies,
                            parts_of(call, operands->sizes, runner), runner.compute);
    if (!computed) return computed.error();

    reply result;
    if (answers_in_octets(call, operands->sizes)) {
        close_gaps(*computed);
        result.content_type = octets_type;
        result.bytes = std::move(computed->memory);
    } else {
        auto text = wire::to_json(kernel, operands->sizes, computed->arrays, runner.bodies);
        if (!text) return text.error();
        result.content_type = json_type;
        result.bytes = std::move(*text);
    }
    result.cost = kernel_cost{static_cast<std::size_t>(&kernel - kernels::catalogue().data()),
                              computed->kernel_time, queued};
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
