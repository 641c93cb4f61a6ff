// Every test program: says which variant the kernels run on, then runs its cases.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "kernels/kernels.hpp"

int main(int argc, char** argv) {
    if (const char* name = std::getenv("LANEWISE_ISA")) {
        if (const auto problem = lanewise::kernels::force_variant(name)) {
            // ctest shows this as Skipped: SKIP_REGULAR_EXPRESSION in CMakeLists.txt.
            std::printf("Skipped: %s\n", problem->c_str());
            return 0;
        }
    }
    std::printf("active variant: %.*s\n",
                static_cast<int>(lanewise::kernels::active_variant().size()),
                lanewise::kernels::active_variant().data());
    return doctest::Context(argc, argv).run();
}
