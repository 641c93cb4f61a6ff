#include "cross_origin.hpp"

namespace lanewise::server {

std::string cors_fields(const config& settings) {
    if (settings.cors_origin.empty()) return {};
    return "Access-Control-Allow-Origin: " + settings.cors_origin +
           "\r\nAccess-Control-Expose-Headers: Lanewise-Arch, Lanewise-Isa, Lanewise-Node, "
           "Lanewise-Pod, Server-Timing\r\n";
}

std::string preflight_fields(const config& settings) {
    if (settings.cors_origin.empty()) return {};
    return "Access-Control-Allow-Methods: GET, HEAD, POST\r\n"
           "Access-Control-Allow-Headers: Authorization, Content-Type, traceparent, tracestate\r\n"
           "Access-Control-Max-Age: 600\r\n";
}

}  // namespace lanewise::server
