# Every third-party library in one table: an installed copy first, else the pinned commit, fetched.
include(FetchContent)

set(BENCHMARK_ENABLE_TESTING OFF)
set(BENCHMARK_ENABLE_INSTALL OFF)
set(CLI11_BUILD_TESTS OFF)

# lanewise_dependency(<name> <oldest version taken> <repository> <commit> # its release)
macro(lanewise_dependency name oldest repository commit)
    # SYSTEM stands first: CMake 3.25 hands it on as a value of whatever stands before it, GIT_TAG for one.
    FetchContent_Declare(${name} SYSTEM GIT_REPOSITORY https://github.com/${repository}.git GIT_TAG ${commit}
                         FIND_PACKAGE_ARGS ${oldest})
    FetchContent_MakeAvailable(${name})
endmacro()

lanewise_dependency(xsimd 13.0 xtensor-stack/xsimd 1f8dd9c8e162968d9b4ff0251c56d431b8777f36) # 13.2.0; SVE needs 13

if(PROJECT_IS_TOP_LEVEL)
    if(LANEWISE_STATIC)
        set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
        set(OPENSSL_USE_STATIC_LIBS ON)
        # Debian's is a shared library alone: the pinned one is built, or what FETCHCONTENT_SOURCE_DIR_BENCHMARK names.
        set(CMAKE_DISABLE_FIND_PACKAGE_benchmark ON)
        set(BENCHMARK_ENABLE_WERROR OFF)
    endif()
    lanewise_dependency(CLI11 2.1.2 CLIUtils/CLI11 f4d0731cebb123ff0ace712c099dffbcd2c58e5a) # 2.4.1
    if(LANEWISE_TESTS)
        lanewise_dependency(doctest 2.4.9 doctest/doctest ae7a13539fb71f270b87eb2e874fbac80bc8dda2) # 2.4.11
    endif()
    if(LANEWISE_BENCH)
        find_package(ZLIB 1.2 REQUIRED)
        # Debian 12 ships no CMake package of zstd.
        find_path(LANEWISE_ZSTD_INCLUDE_DIR zstd.h REQUIRED)
        find_library(LANEWISE_ZSTD_LIBRARY zstd REQUIRED)
        mark_as_advanced(LANEWISE_ZSTD_INCLUDE_DIR LANEWISE_ZSTD_LIBRARY)
        add_library(lanewise_zstd INTERFACE)
        target_include_directories(lanewise_zstd SYSTEM INTERFACE ${LANEWISE_ZSTD_INCLUDE_DIR})
        target_link_libraries(lanewise_zstd INTERFACE ${LANEWISE_ZSTD_LIBRARY})
        # The headers alone, compiled once in bench/cluster: Debian's package for CMake links its shared library.
        find_path(LANEWISE_TOML_INCLUDE_DIR toml++/toml.h REQUIRED)
        mark_as_advanced(LANEWISE_TOML_INCLUDE_DIR)
        add_library(lanewise_toml INTERFACE)
        target_include_directories(lanewise_toml SYSTEM INTERFACE ${LANEWISE_TOML_INCLUDE_DIR})
        target_compile_definitions(lanewise_toml INTERFACE TOML_HEADER_ONLY=0 TOML_ENABLE_FORMATTERS=0)
        lanewise_dependency(benchmark 1.7.1 google/benchmark 344117638c8ff7e239044fd0fa7085839fc03021) # 1.8.3
    endif()

    # Every distribution that we build on has these, new enough.
    find_package(hwloc 2.4 REQUIRED)
    if(LANEWISE_STATIC)
        # hwloc's archive asks udev, of which there is none.
        set_source_files_properties(docker/no_udev.c PROPERTIES LANGUAGE CXX)
        add_library(lanewise_no_udev STATIC docker/no_udev.c)
        target_link_libraries(hwloc::hwloc INTERFACE lanewise_no_udev)
    endif()
    find_package(Threads REQUIRED)
    set(Boost_NO_WARN_NEW_VERSIONS ON)
    find_package(Boost 1.81 REQUIRED)
    find_package(OpenSSL 3.0 REQUIRED COMPONENTS SSL Crypto)
    # Its configured header lies in the architecture's own folder, where the cross compiler does not look.
    find_path(LANEWISE_OPENSSL_CONFIGURATION openssl/configuration.h REQUIRED)
    mark_as_advanced(LANEWISE_OPENSSL_CONFIGURATION)
    target_include_directories(OpenSSL::Crypto INTERFACE ${LANEWISE_OPENSSL_CONFIGURATION})
    if(OPENSSL_USE_STATIC_LIBS)
        # What Debian 13's libcrypto.a needs and CMake's module does not name.
        foreach(name z zstd)
            find_library(LANEWISE_OPENSSL_${name} lib${name}.a)
            mark_as_advanced(LANEWISE_OPENSSL_${name})
            if(LANEWISE_OPENSSL_${name})
                target_link_libraries(OpenSSL::Crypto INTERFACE ${LANEWISE_OPENSSL_${name}})
            endif()
        endforeach()
    endif()

    add_library(lanewise_boost INTERFACE)
    target_link_libraries(lanewise_boost INTERFACE Boost::headers Threads::Threads)
    # No thread of ours shares an io_context, no error needs a back trace, and Boost.JSON is compiled once, below.
    target_compile_definitions(lanewise_boost INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE
                               BOOST_JSON_STANDALONE_SOURCE BOOST_ERROR_CODE_HEADER_ONLY)
    # GCC's thread sanitizer does not see fences, and says so of Asio's, whose queues have locks too.
    if(LANEWISE_SANITIZE MATCHES thread)
        target_compile_options(lanewise_boost INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
    endif()

    add_library(lanewise_boost_json STATIC cmake/boost_json.cpp)
    target_link_libraries(lanewise_boost_json PUBLIC lanewise_boost PRIVATE lanewise_flags)
endif()
