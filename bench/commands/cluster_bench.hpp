// The subcommands of `lanewise-bench cluster` that measure. Private to the commands.
#pragma once

#include "command.hpp"

namespace lanewise::bench {

void add_cluster_bench(CLI::App& cluster, chosen_command& chosen);
void add_cluster_clean(CLI::App& cluster, chosen_command& chosen);

}  // namespace lanewise::bench
