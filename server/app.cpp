#include "app.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

#include "handlers.hpp"
#include "routes.hpp"

namespace lanewise::server {
namespace {

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

double seconds_since_1970() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// Names travel in fields of replies, where only visible characters may stand.
void check_name(const char* flag, const std::string& name) {
    for (const char c : name) {
        if (c <= ' ' || c > '~') {
            throw usage_error(std::string("--") + flag +
                              ": a name has visible ASCII characters only");
        }
    }
}

config completed(config settings, const machine::facts& machine) {
    const auto usable = static_cast<std::uint64_t>(machine::usable_threads(machine));
    if (settings.threads == 0) settings.threads = usable;
    if (settings.compute_threads == 0) settings.compute_threads = usable;
    if (settings.queue_depth_max == 0) settings.queue_depth_max = 4 * settings.compute_threads;
    if (settings.node.empty()) settings.node = host_name();
    if (settings.pod.empty()) settings.pod = host_name();
    if (settings.instance.empty()) settings.instance = machine.instance;
    check_name("node", settings.node);
    check_name("pod", settings.pod);
    check_name("instance", settings.instance);
    check_name("cors-origin", settings.cors_origin);
    return settings;
}

std::string kernel_fields(const config& settings, const machine::facts& machine) {
    std::string fields = "Lanewise-Arch: " + machine.architecture + "\r\n";
    fields.append("Lanewise-Isa: ").append(kernels::active_variant()).append("\r\n");
    fields += "Lanewise-Node: " + settings.node + "\r\n";
    fields += "Lanewise-Pod: " + settings.pod + "\r\n";
    return fields + cors_fields(settings);
}

}  // namespace

app::app(config given, machine::facts of_machine)
    : settings(completed(std::move(given), of_machine)),
      log(settings.log_json),
      machine(std::move(of_machine)),
      bodies(settings.bodies_bytes_max),
      generated(bodies, settings.bodies_bytes_max / 4),
      runner{bodies, generated, settings.elements_max, kernel_fields(settings, machine),
             measure_kernels(bodies)},
      token(settings.token_file),
      report(settings.report, cors_fields(settings)),
      fixed(make_fixed_replies(settings, machine)),
      started_seconds(seconds_since_1970()),
      compute(settings.compute_threads, settings.queue_depth_max) {
    for (std::uint64_t i = 0; i < settings.threads + 1; ++i) {  // one for the port of the metrics
        metrics.push_back(
            std::make_unique<thread_metrics>(route_names().size(), kernels::catalogue().size()));
    }
    bodies.on_shortage([this] { return generated.forget_one(); });
}

}  // namespace lanewise::server
