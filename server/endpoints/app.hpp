// What all connections share: settings, machine, memory, compute threads, and the replies that
// never change.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "fixed_replies.hpp"
#include "kernels/machine/machine.hpp"
#include "metrics.hpp"
#include "report_file.hpp"
#include "server/calls/compute.hpp"
#include "server/calls/generated_inputs.hpp"
#include "server/calls/kernel_runner.hpp"
#include "server/http/body_pool.hpp"
#include "server/log/log.hpp"
#include "server/settings/config.hpp"
#include "token_gate.hpp"

namespace lanewise::server {

struct app {
    /// Fills in what the settings leave to the machine. Throws std::runtime_error if this can't
    /// start.
    app(config settings, machine::facts of_machine);

    config settings;
    const logger log;
    const machine::facts machine;
    body_pool bodies;
    generated_inputs generated;
    kernel_runner runner;
    token_gate token;
    report_file report;
    fixed_replies fixed;
    const double started_seconds;                          // since 1970
    std::vector<std::unique_ptr<thread_metrics>> metrics;  // one for each shard
    std::atomic<bool> ready = false;
    std::atomic<bool> stopping = false;  // each reply is its connection's last
    std::atomic<std::int64_t> certificate_expires_seconds = 0;  // since 1970; 0 without TLS
    compute_pool compute;  // last: its threads use what is above
};

}  // namespace lanewise::server
