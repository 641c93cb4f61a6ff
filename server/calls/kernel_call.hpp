// One request to a kernel: what its head says, then, with its body, the run. Knows no sockets; runs
// on any thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "compute.hpp"
#include "generated_inputs.hpp"
#include "kernels/catalogue.hpp"
#include "server/http/body_pool.hpp"
#include "server/http/reply.hpp"
#include "server/http/request.hpp"
#include "wire.hpp"

namespace lanewise::server {

struct kernel_call {
    enum class input : std::uint8_t { octets, json, generated };

    const kernels::kernel* kernel = nullptr;
    input from = input::generated;
    wire::given_parameters given;
    std::uint64_t seed = 1;
    std::uint64_t threads = 1;  // of the compute pool, at most: as many as are idle help
    bool takes_json = true;     // what the client accepts as an answer
    bool takes_octets = true;
    bool prefers_octets = false;  // by its weights, where it takes both
};

/// What runs need, and share.
struct kernel_runner {
    body_pool& bodies;
    generated_inputs& generated;
    std::size_t elements_max;
    std::string fields;  // who computes: Lanewise-Arch and the like, each line ended by CR LF
    std::vector<double> nanoseconds_per_item;  // of each kernel in the catalogue, measured at start
    compute_pool* compute = nullptr;           // whose idle threads help; null: none
};

/// Reads path, query and fields of a request to one kernel; its body has not been read.
/// A call may ask for threads_max threads.
outcome<kernel_call> plan_call(const kernels::kernel& kernel, const request& head,
                               std::size_t threads_max = 1);

/// About how long run_call would take: what tells whether it may run on an I/O thread.
[[nodiscard]] double estimated_nanoseconds(const kernel_call& call, std::size_t body_bytes,
                                           const kernel_runner& runner);

/// Decodes, computes, encodes. `queued` is how long the call waited for a thread.
outcome<reply> run_call(const kernel_call& call, const body_buffer& body,
                        const kernel_runner& runner, std::chrono::nanoseconds queued);

/// Measures every kernel of the active variant for a moment.
[[nodiscard]] std::vector<double> measure_kernels(body_pool& bodies);

}  // namespace lanewise::server
