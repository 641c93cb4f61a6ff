// The name of this machine, in a header of its own: few ask for it, and many for the rest.
#pragma once

#include <string>

namespace lanewise::machine {

/// As the system names this machine; empty where it does not say.
[[nodiscard]] std::string host_name();

}  // namespace lanewise::machine
