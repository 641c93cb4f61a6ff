# lanewise_build_info: LANEWISE_VERSION and LANEWISE_COMMIT for the few files that print them.
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
add_library(lanewise_build_info INTERFACE)
target_compile_definitions(lanewise_build_info INTERFACE LANEWISE_VERSION="${PROJECT_VERSION}" LANEWISE_COMMIT="${commit}")
