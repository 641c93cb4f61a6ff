#include "host_name.hpp"

#include <unistd.h>

#include <array>

namespace lanewise::machine {

std::string host_name() {
    std::array<char, 256> name{};  // Linux gives a host 64 characters
    return gethostname(name.data(), name.size()) == 0 ? name.data() : "";
}

}  // namespace lanewise::machine
