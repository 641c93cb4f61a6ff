#include "app.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "cross_origin.hpp"
#include "kernels/machine/host_name.hpp"
#include "routes.hpp"
#include "server/calls/kernel_run.hpp"
#include "server/settings/combinations.hpp"

namespace lanewise::server {
namespace {

double seconds_since_1970() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// Names travel in fields of replies, where only visible characters may stand.
void check_name(const config& settings, const char* setting, const std::string& name) {
    for (const char c : name) {
        if (c <= ' ' || c > '~') {
            throw usage_error(settings.source_of(setting) +
                              ": a name has visible ASCII characters only");
        }
    }
}

// A container that takes more than its limit is killed: bodies get at most half of it. The rest is
// for connections, which get a quarter at most, for what they leave
// pending, a sixteenth, and for what the system holds for sockets.
void bound_by_memory(config& settings, const machine::facts& machine) {
    if (!machine.memory_limit_bytes) return;
    // Its state (1 KiB was measured while it idles), the beginning of a request that comes in
    // parts, and what the system holds for its socket.
    constexpr std::uint64_t plain_connection_bytes = 8 << 10;
    // What OpenSSL keeps for an idle connection (7 to 14 KiB were measured), and for a handshake
    // whose client says all that it may.
    constexpr std::uint64_t tls_bytes = 16 << 10, tls_handshake_bytes = 160 << 10;
    const auto connection_bytes =
        plain_connection_bytes + (settings.tls_cert.empty() ? 0 : tls_bytes);
    const auto bound = [&](const char* flag, std::uint64_t& value, std::uint64_t most) {
        if (value <= most) return;
        settings.warnings.push_back("--" + std::string{flag} + " is " + std::to_string(most) +
                                    ", not " + std::to_string(value) +
                                    ": the memory limit here is " +
                                    std::to_string(*machine.memory_limit_bytes) + " bytes");
        value = most;
    };
    bound("bodies-bytes-max", settings.bodies_bytes_max, *machine.memory_limit_bytes / 2);
    bound("pending-bytes-max", settings.pending_bytes_max, *machine.memory_limit_bytes / 16);
    bound("connections-max", settings.connections_max,
          std::max<std::uint64_t>(*machine.memory_limit_bytes / 4 / connection_bytes, 1));
    if (settings.tls_cert.empty()) return;
    bound("tls-handshakes-max", settings.tls_handshakes_max,
          std::max<std::uint64_t>(*machine.memory_limit_bytes / 16 / tls_handshake_bytes, 1));
}

// A body above the bound of all bodies would be refused as if it only came at a bad time.
void bound_by_bodies(config& settings) {
    if (settings.body_bytes_max <= settings.bodies_bytes_max) return;
    settings.warnings.push_back("--body-bytes-max is " + std::to_string(settings.bodies_bytes_max) +
                                ", not " + std::to_string(settings.body_bytes_max) +
                                ": all bodies together may have no more (--bodies-bytes-max)");
    settings.body_bytes_max = settings.bodies_bytes_max;
}

config completed(config settings, const machine::facts& machine) {
    const auto usable = static_cast<std::uint64_t>(machine::usable_threads(machine));
    check_combinations(settings);
    if (settings.threads == 0) settings.threads = usable;
    if (settings.compute_threads == 0) settings.compute_threads = usable;
    bound_by_memory(settings, machine);
    bound_by_bodies(settings);
    if (settings.queue_depth_max == 0) settings.queue_depth_max = 4 * settings.compute_threads;
    const auto host = machine::host_name();
    const auto own_name = host.empty() ? std::string{"unknown"} : host;
    if (settings.node.empty()) settings.node = own_name;
    if (settings.pod.empty()) settings.pod = own_name;
    if (settings.instance.empty()) settings.instance = machine.instance;
    check_name(settings, "node", settings.node);
    check_name(settings, "pod", settings.pod);
    check_name(settings, "instance", settings.instance);
    check_name(settings, "cors-origin", settings.cors_origin);
    return settings;
}

std::string kernel_fields(const config& settings, const machine::facts& machine) {
    std::string fields = "Lanewise-Arch: " + machine.architecture + "\r\n";
    fields.append("Lanewise-Isa: ").append(kernels::active_variant()).append("\r\n");
    fields += "Lanewise-Node: " + settings.node + "\r\n";
    fields += "Lanewise-Pod: " + settings.pod + "\r\n";
    return fields.append(vary_by_accept) + cors_fields(settings);
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
      token(settings.token_file, settings.source_of("token-file")),
      report(settings.report, cors_fields(settings), settings.source_of("report")),
      fixed(make_fixed_replies(settings, machine)),
      started_seconds(seconds_since_1970()),
      compute(settings.compute_threads, settings.queue_depth_max) {
    for (std::uint64_t i = 0; i < settings.threads + 1; ++i) {  // one for the port of the metrics
        metrics.push_back(
            std::make_unique<thread_metrics>(route_names().size(), kernels::catalogue().size()));
    }
    runner.compute = &compute;
    bodies.on_shortage([this] { return generated.forget_one(); });
}

}  // namespace lanewise::server
