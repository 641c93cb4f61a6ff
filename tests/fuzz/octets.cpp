// "kernel?query", a line feed, and a binary body: any bytes are computed on, or refused with a
// reason.
#include <string>

#include "fuzz.hpp"
#include "server/calls/kernel_run.hpp"

using namespace lanewise;
using namespace lanewise::server;
using lanewise::fuzz::require;

namespace {

struct fixture {
    body_pool bodies{1 << 26};
    generated_inputs generated{bodies, 1 << 20};
    kernel_runner runner{bodies, generated, 1 << 12, {}, measure_kernels(bodies)};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fixture shared;
    const auto text = lanewise::fuzz::text_of(data, size);
    const auto line = text.substr(0, text.find('\n'));
    const auto body = text.substr(std::min(line.size() + 1, text.size()));
    const auto* kernel = kernels::find_kernel(line.substr(0, line.find('?')));
    if (kernel == nullptr) return 0;

    request head;
    head.method = method::post;
    head.body = framing::length;
    head.content_length = body.size();
    head.content_type = "application/octet-stream";
    if (const auto mark = line.find('?'); mark != std::string_view::npos) {
        head.query = *head_bytes(line).part(line.substr(mark + 1));
        for (std::size_t i = 0; i < head.query.size(); ++i) {
            // The parser lets no broken percent-encoding through.
            if (head.query[i] == '%') return 0;
        }
    }
    const auto before = shared.bodies.bytes_in_use();
    for (const auto method : {method::post, method::get}) {
        head.method = method;
        const auto query = read_kernel_query(*kernel, head);
        if (!query) {
            require(query.error().status >= 400 && query.error().status < 500, "a 4xx says why");
            continue;
        }
        auto memory = shared.bodies.take(body.size());
        require(memory.has_value(), "there is memory");
        std::copy(body.begin(), body.end(), reinterpret_cast<char*>(memory->data()));
        const auto plan = plan_call(*query, memory->size(), shared.runner);
        require(plan.has_value() || !plan.error().detail.empty(), "a plan, or a reason");
        if (!plan) continue;
        require(plan->nanoseconds() >= 0, "a time");
        const auto reply = run_call(*plan, *memory, shared.runner, {});
        require(reply.has_value() || !reply.error().detail.empty(), "a result, or a reason");
    }
    while (shared.generated.forget_one()) {
    }
    require(shared.bodies.bytes_in_use() <= before, "no memory is kept");
    return 0;
}
