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
    const auto add = [&](const char* flag, std::string& name, const char* value, const char* what) {
        command.add_option(flag, name, what)->type_name(value);
    };
    add("--node", names.node, "NAME",
        "Name of the node (default: LANEWISE_NODE, else NODE_NAME, else the host name)");
    add("--pod", names.pod, "NAME",
        "Name of the pod (default: LANEWISE_POD, else POD_NAME, else the host name)");
    add("--instance", names.instance, "TYPE",
        "Instance type; the report looks up its price (default: LANEWISE_INSTANCE, else the type "
        "that DMI names on EC2)");
    add("--pool", names.pool, "NAME",
        "Node pool that this machine belongs to (default: LANEWISE_POOL, else the instance type)");
}

void add_isa(CLI::App& command, std::string& isa) {
    isa = from_environment({"LANEWISE_ISA"});
    command
        .add_option("--isa", isa,
                    "Variant of the kernels to use, one that runs on this CPU (default: "
                    "LANEWISE_ISA, else the fastest)")
        ->type_name("VARIANT");
}

void force_isa(const std::string& isa) {
    if (isa.empty()) return;
    if (const auto problem = kernels::force_variant(isa)) throw std::invalid_argument{*problem};
}

void add_output(CLI::App& command, std::string& output, const std::string& what) {
    command
        .add_option("-o,--output", output,
                    "File that the " + what + " is written to; - is standard output")
        ->type_name("FILE")
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
