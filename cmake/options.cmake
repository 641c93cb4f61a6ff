# The seven options, and lanewise_flags: what every target of ours is compiled with, and nothing of a user's.
option(LANEWISE_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(LANEWISE_BENCH "Build lanewise-bench" ${PROJECT_IS_TOP_LEVEL})
option(LANEWISE_FUZZ "Build the libFuzzer targets (clang only)" OFF)
option(LANEWISE_WERROR "Make a warning an error" OFF)
option(LANEWISE_STATIC "Link every library but glibc's statically, for packages" OFF)
set(LANEWISE_ISAS "" CACHE STRING "Variants of the kernels to build besides portable; empty: all of this architecture")
set(LANEWISE_SANITIZE "" CACHE STRING "Sanitizers for every target, comma-separated: address,undefined or thread")

add_library(lanewise_flags INTERFACE)
target_compile_features(lanewise_flags INTERFACE cxx_std_20)
# Equal bits on every node: a multiply and an add are one operation only where the source says fma.
target_compile_options(lanewise_flags INTERFACE -ffp-contract=off)

if(PROJECT_IS_TOP_LEVEL)
    set(CMAKE_CXX_EXTENSIONS OFF)
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
    target_compile_options(lanewise_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                           $<$<BOOL:${LANEWISE_WERROR}>:-Werror>)
    # GCC 12 sees an overlap in "literal" + std::string where there is none (its bug 105651, mended in 13).
    target_compile_options(lanewise_flags INTERFACE
        $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
    # Embedded files are longer than a literal must be allowed to be; clang 14 says so of each.
    target_compile_options(lanewise_flags INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-overlength-strings>)
    if(LANEWISE_STATIC)
        # Bound once, at start, and then read-only: what a package of a distribution has too.
        target_link_options(lanewise_flags INTERFACE -static-libstdc++ -static-libgcc -Wl,-z,relro,-z,now)
    endif()
    if(LANEWISE_FUZZ)
        target_compile_options(lanewise_flags INTERFACE -fsanitize=fuzzer-no-link)
    endif()
    if(LANEWISE_SANITIZE)
        target_compile_options(lanewise_flags INTERFACE -fsanitize=${LANEWISE_SANITIZE} -fno-omit-frame-pointer
                               -fno-sanitize-recover=all)
        target_link_options(lanewise_flags INTERFACE -fsanitize=${LANEWISE_SANITIZE})
    endif()
endif()
