// The commands of lanewise-bench: options in, exit code out. main.cpp reads the options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/http_load.hpp"
#include "bench/machine/machine_json.hpp"
#include "bench/measure/kernel_runs.hpp"

namespace lanewise::bench {

struct run_options {
    kernel_run_options kernels;
    bool sweeps = true;  ///< also over threads
    double budget = 0;   ///< seconds in all, about; 0: by kernels.quick
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

enum class report_format : std::uint8_t { terminal, markdown, html };

struct report_options {
    std::vector<std::string> files;
    std::string output = "-";
    std::optional<report_format> format;  ///< none: by the output's ending, .md or .html
    std::string prices;                   ///< a file instead of the built-in table
    std::vector<std::string> own_prices;  ///< "m7g.xlarge=0.12", "m7g.xlarge=x0.4"
    std::string date;                     ///< that prices' ages count to; empty: today
    std::vector<std::string> command;
};

[[nodiscard]] int show_report(const report_options& options);

enum class export_format : std::uint8_t { google_benchmark, action_benchmark, csv };

struct export_options {
    std::vector<std::string> files;
    std::string output = "-";
    export_format format = export_format::csv;
};

[[nodiscard]] int export_documents(const export_options& options);

struct import_options {
    std::string file;  ///< what wrk printed; - is standard input
    std::string output = "-";
    labels names;
    std::vector<std::string> command;
};

[[nodiscard]] int import_wrk(const import_options& options);

}  // namespace lanewise::bench
