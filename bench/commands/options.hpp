// Options that several commands have.
#pragma once

#include <string>

#include "bench/machine/measured_machine.hpp"

namespace CLI {
class App;
}

namespace lanewise::bench {

/// --node, --pod, --instance and --pool, with their defaults from the environment.
void add_labels(CLI::App& command, labels& names);

/// --isa, with its default from the environment; force_isa() takes what came.
void add_isa(CLI::App& command, std::string& isa);

/// Throws std::invalid_argument where no variant has this name or this CPU can't run it.
void force_isa(const std::string& isa);

/// -o and --output.
void add_output(CLI::App& command, std::string& output, const std::string& what);

/// Throws std::runtime_error in a debug build: its times mean nothing.
void refuse_debug_build();

}  // namespace lanewise::bench
