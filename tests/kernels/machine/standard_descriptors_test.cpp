// Descriptors 0 to 2 that are closed at start: /dev/null holds them.
#include "kernels/machine/standard_descriptors.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "kernels/machine/machine.hpp"

namespace {

bool is_null_device(int descriptor) {
    struct stat here{}, null{};
    return fstat(descriptor, &here) == 0 && stat("/dev/null", &null) == 0 &&
           here.st_rdev == null.st_rdev && here.st_ino == null.st_ino;
}

/// In a child that starts with these closed, whether all three are open, those by /dev/null, and no
/// descriptor beside them.
bool holds(const std::vector<int>& closed) {
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const int next = open("/", O_PATH);  // the number that the next one would get
        close(next);
        for (const int one : closed) close(one);
        lanewise::machine::hold_standard_descriptors();
        bool well = fcntl(next, F_GETFD) < 0;
        for (int one = STDIN_FILENO; one <= STDERR_FILENO; ++one)
            well = well && fcntl(one, F_GETFD) >= 0;
        for (const int one : closed) well = well && is_null_device(one);
        _exit(well ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("closed descriptors are held by /dev/null, open ones are left alone") {
    // An emulator may take for itself what is free.
    if (lanewise::machine::read().emulated == true) return;
    for (int which = 0; which < 8; ++which) {
        std::vector<int> closed;
        for (int one = 0; one < 3; ++one)
            if ((which >> one & 1) != 0) closed.push_back(one);
        CAPTURE(which);
        CHECK(holds(closed));
    }
}

TEST_CASE("a closed input still refuses to be read, a closed output to be written") {
    if (lanewise::machine::read().emulated == true) return;
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        close(STDIN_FILENO);
        close(STDOUT_FILENO);
        lanewise::machine::hold_standard_descriptors();
        char byte = 'x';
        const bool well =
            ::read(STDIN_FILENO, &byte, 1) < 0 && ::write(STDOUT_FILENO, &byte, 1) < 0;
        _exit(well ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}
