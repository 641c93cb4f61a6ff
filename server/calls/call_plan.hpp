// How a kernel call will be run: decided once, by what its head says and its body's length. What
// follows from the sizes follows from them here alone.
#pragma once

#include <cstddef>

#include "kernel_query.hpp"
#include "kernel_runner.hpp"

namespace lanewise::server {

struct call_plan {
    kernel_query query;
    std::size_t index = 0;  // of the kernel in the catalogue

    // Follow from the sizes. A JSON body may state others than were planned with: then settle()
    // decides anew.
    wire::parameters sizes;
    bool answers_in_octets = false;
    std::size_t parts = 1;          // one for each thread
    double run_nanoseconds = 0;     // the kernel's own
    double output_nanoseconds = 0;  // to write its results

    double input_nanoseconds = 0;  // to read the body, or to generate
    [[nodiscard]] double nanoseconds() const {
        return input_nanoseconds + run_nanoseconds + output_nanoseconds;
    }
};

/// The plan of a call whose body has this many bytes; a problem where no run could succeed.
outcome<call_plan> plan_call(kernel_query query, std::size_t body_bytes,
                             const kernel_runner& runner);

/// Decides all that follows from the sizes; refuses those that the kernel or the limits don't take.
outcome<void> settle(call_plan& plan, wire::parameters sizes, const kernel_runner& runner);

}  // namespace lanewise::server
