// The commands of lanewise-bench: options in, exit code out. main.cpp reads the options.
#pragma once

#include <string>
#include <vector>

#include "http_load.hpp"
#include "kernel_runs.hpp"
#include "machine_json.hpp"

namespace lanewise::bench {

struct run_options {
    kernel_run_options kernels;
    bool sweeps = true;  ///< also over threads
    labels names;
    std::string output = "-";
    std::vector<std::string> command;  ///< as it was typed, for the document
};

[[nodiscard]] int run(const run_options& options);

struct http_command_options {
    http_options load;
    labels names;
    std::string output = "-";
    std::vector<std::string> command;
};

[[nodiscard]] int load_http(const http_command_options& options);

struct machine_options {
    labels names;
    bool json = false;
};

[[nodiscard]] int show_machine(const machine_options& options);

struct report_options {
    std::vector<std::string> files;
    std::string output = "-";
};

[[nodiscard]] int show_report(const report_options& options);

}  // namespace lanewise::bench
