// What a service manager is told: systemd starts a unit of Type=notify with NOTIFY_SOCKET.
#pragma once

#include <string>
#include <string_view>

namespace lanewise::server {

/// Sends the state, such as "READY=1", as one datagram to the socket that NOTIFY_SOCKET names: a
/// path, or @ and an abstract name. Returns why it can't be sent; empty once it is sent, or where
/// nobody asked. A manager that does not read holds this up for a second, and no longer.
[[nodiscard]] std::string tell_service_manager(std::string_view state);

}  // namespace lanewise::server
