#include "standard_output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>

namespace lanewise::program {

int checked_exit(std::string_view program, int status) {
    std::cout.flush();
    errno = 0;
    const bool flushed = std::fflush(stdout) == 0;
    const int reason = errno;
    if (status != 0 || (flushed && std::ferror(stdout) == 0 && std::cout)) return status;
    const std::string why =
        !flushed && reason != 0 ? std::string{": "} + std::strerror(reason) : "";
    std::cerr << program << ": standard output can't be written" << why
              << "; what was printed is lost, in whole or in part\n";
    return 1;
}

}  // namespace lanewise::program
