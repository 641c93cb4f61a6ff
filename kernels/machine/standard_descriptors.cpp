#include "standard_descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace lanewise::machine {

void hold_standard_descriptors() {
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; ++i) {
        if (fcntl(i, F_GETFD) >= 0 || errno != EBADF) continue;
        // The lowest number that is free is given: that is i. Without a /dev the root holds it.
        if (open("/dev/null", i == STDIN_FILENO ? O_WRONLY : O_RDONLY) >= 0) continue;
        [[maybe_unused]] const int held = open("/", O_PATH);
    }
}

}  // namespace lanewise::machine
