# lanewise_build_info: build_info.hpp, with LANEWISE_VERSION and LANEWISE_COMMIT, for the few files that print them.
# An image is built without .git and hands the commit in; elsewhere git knows it, and a new commit configures again.
set(LANEWISE_COMMIT "" CACHE STRING "Commit that is being built, where git can't tell")
set(commit "${LANEWISE_COMMIT}")
if(NOT commit)
    execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse HEAD OUTPUT_VARIABLE commit
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse --path-format=absolute --git-path logs/HEAD
                    OUTPUT_VARIABLE log OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(log AND EXISTS "${log}")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${log})
    endif()
endif()
if(NOT commit)
    set(commit unknown)
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/build_info.hpp.in ${PROJECT_BINARY_DIR}/generated/build_info.hpp @ONLY)
add_library(lanewise_build_info INTERFACE)
target_include_directories(lanewise_build_info INTERFACE ${PROJECT_BINARY_DIR}/generated)
