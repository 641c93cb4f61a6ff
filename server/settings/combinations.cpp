#include "combinations.hpp"

#include <string>
#include <vector>

namespace lanewise::server {
namespace {

// TLS is asked for by a certificate and its key.
void check_tls(const config& settings) {
    const auto lacks = [&](const char* given, const char* missing) {
        throw usage_error(settings.source_of(given) + ": --" + missing +
                          " is missing: TLS takes a certificate and its key");
    };
    if (settings.tls_cert.empty() && !settings.tls_key.empty()) lacks("tls-key", "tls-cert");
    if (settings.tls_cert.empty() && settings.sources.contains("tls-port"))
        lacks("tls-port", "tls-cert");
    if (!settings.tls_cert.empty() && settings.tls_key.empty()) lacks("tls-cert", "tls-key");
}

// Port 0 is a free one, which is never another's.
void check_ports(const config& settings) {
    struct named_port {
        const char* setting;
        std::uint64_t port;
    };
    std::vector<named_port> taken{{"port", settings.port}};
    const auto take = [&](const named_port& one) {
        for (const auto& [setting, port] : taken) {
            if (port == 0 || port != one.port) continue;
            throw usage_error(settings.source_of(one.setting) + ": " + std::to_string(port) +
                              " is the port of " + settings.source_of(setting) +
                              " too; choose another port, or 0");
        }
        taken.push_back(one);
    };
    take({"metrics-port", settings.metrics_port});
    if (!settings.tls_cert.empty()) take({"tls-port", settings.tls_port});
}

}  // namespace

void check_combinations(const config& settings) {
    check_tls(settings);
    check_ports(settings);
}

}  // namespace lanewise::server
