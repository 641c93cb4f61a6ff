# Three ways to the library from a project outside the tree: found where it is installed, fetched, added as a folder. Each
# project knows nothing but where the library is.
#   cmake -DWAY=found|fetched|added ... -P package.cmake
set(work ${BUILD}/tests/package/${WAY})
file(REMOVE_RECURSE ${work})
set(flags)
if(SANITIZE)
    set(flags -DCMAKE_CXX_FLAGS=-fsanitize=${SANITIZE} -Dflags_before=-fsanitize=${SANITIZE})
endif()
if(TOOLCHAIN)
    list(APPEND flags -DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN})
endif()
set(checkout ${CMAKE_CURRENT_LIST_DIR}/../..)
if(WAY STREQUAL "found")
    execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD}/kernels --prefix ${work}/prefix --config ${CONFIG}
                    COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
    list(APPEND flags -DCMAKE_PREFIX_PATH=${work}/prefix)
else()
    # Built once more from its sources: one shared, one static. Few variants show all that matters here.
    list(APPEND flags -DCMAKE_PREFIX_PATH=${PREFIX_PATH})
    if(WAY STREQUAL "fetched")
        list(APPEND flags -DFETCHCONTENT_SOURCE_DIR_LANEWISE=${checkout} -DBUILD_SHARED_LIBS=ON "-DLANEWISE_ISAS=avx2\;neon")
    else()
        list(APPEND flags -DLANEWISE_SOURCES=${checkout} -DLANEWISE_ISAS=portable)
    endif()
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${checkout}/tests/package/${WAY} -B ${work}/build -G ${GENERATOR}
                        -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=${CONFIG} ${flags}
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${work}/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${work}/build --output-on-failure COMMAND_ERROR_IS_FATAL ANY)

# By pkg-config, where there is one, and without CMake.
find_program(pkg_config pkg-config)
if(WAY STREQUAL "found" AND pkg_config AND NOT TOOLCHAIN AND NOT SANITIZE)
    file(GLOB_RECURSE description ${work}/prefix/lanewise.pc)
    cmake_path(GET description PARENT_PATH folder)
    set(ENV{PKG_CONFIG_PATH} ${folder})
    execute_process(COMMAND ${pkg_config} --cflags --libs lanewise OUTPUT_VARIABLE words OUTPUT_STRIP_TRAILING_WHITESPACE
                    COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(words UNIX_COMMAND "${words}")
    execute_process(COMMAND ${COMPILER} -std=c++20 ${checkout}/tests/package/main.cpp ${words} -o ${work}/by_pkg_config
                    COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${work}/by_pkg_config OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
    if(NOT said MATCHES "cosine similarity 0\\.98")
        message(FATAL_ERROR "the program by pkg-config says ${said}")
    endif()
endif()
