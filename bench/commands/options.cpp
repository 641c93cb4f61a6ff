#include "options.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>

#include "bench/measure/build_type.hpp"
#include "kernels/kernels.hpp"
#include "kernels/machine/host_name.hpp"

namespace lanewise::bench {
namespace {

std::string from_environment(std::initializer_list<const char*> names, std::string otherwise = "") {
    for (const auto* name : names) {
        const char* value = std::getenv(name);
        if (value && *value) return value;
    }
    return otherwise;
}

}  // namespace

void add_labels(CLI::App& command, labels& names) {
    names.node = from_environment({"LANEWISE_NODE", "NODE_NAME"}, machine::host_name());
    names.pod = from_environment({"LANEWISE_POD", "POD_NAME"}, machine::host_name());
    names.instance = from_environment({"LANEWISE_INSTANCE"});
    names.pool = from_environment({"LANEWISE_POOL"});
    command.add_option("--node", names.node,
                       "Name of the node (default: LANEWISE_NODE, NODE_NAME, the host name)");
    command.add_option("--pod", names.pod,
                       "Name of the pod (default: LANEWISE_POD, POD_NAME, the host name)");
    command.add_option("--instance", names.instance,
                       "Instance type, by which the report finds the price (default: "
                       "LANEWISE_INSTANCE; on EC2 what DMI says)");
    command.add_option("--pool", names.pool,
                       "Node pool that this machine stands for (default: LANEWISE_POOL, the "
                       "instance type)");
}

void add_isa(CLI::App& command, std::string& isa) {
    isa = from_environment({"LANEWISE_ISA"});
    command.add_option("--isa", isa,
                       "Variant of the kernels, of those that run here (default: LANEWISE_ISA, "
                       "the best)");
}

void force_isa(const std::string& isa) {
    if (isa.empty()) return;
    if (const auto problem = kernels::force_variant(isa)) throw std::invalid_argument{*problem};
}

void add_output(CLI::App& command, std::string& output, const std::string& what) {
    command.add_option("-o,--output", output, "File for the " + what + "; - is standard output")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->capture_default_str();
}

void refuse_debug_build() {
    if (!release_build) {
        throw std::runtime_error{
            "this is a debug build, whose times mean nothing; build the release preset"};
    }
}

}  // namespace lanewise::bench
