// What the head of a request says of a kernel call: kernel, parameters, where the inputs come from,
// what the client takes as an answer. Read once, before a byte of the body.
#pragma once

#include <cstdint>

#include "kernels/catalogue.hpp"
#include "server/http/problem.hpp"
#include "server/http/request.hpp"
#include "wire.hpp"

namespace lanewise::server {

struct kernel_query {
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

/// Reads path, query and fields of a request to one kernel; its body has not been read.
/// A call may ask for threads_max threads.
outcome<kernel_query> read_kernel_query(const kernels::kernel& kernel, const request& head,
                                        std::size_t threads_max = 1);

}  // namespace lanewise::server
