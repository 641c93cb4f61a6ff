# lanewise_build_info: build_info.hpp, with version, commit and the commit's day, for the few files that print them.
# The version has one place, project() in CMakeLists.txt. The day is the commit's, not the build's: the same sources give
# the same programs. An image and a tarball are built without .git, and hand both in; elsewhere git knows them, and a new
# commit configures again.
set(LANEWISE_COMMIT "" CACHE STRING "Commit that is being built, where git can't tell")
set(LANEWISE_COMMIT_DATE "" CACHE STRING "Day of that commit, such as 2026-11-29")
set(commit "${LANEWISE_COMMIT}")
set(date "${LANEWISE_COMMIT_DATE}")
if(NOT commit)
    execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse HEAD OUTPUT_VARIABLE commit
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} show -s --format=%cs HEAD OUTPUT_VARIABLE date
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse --path-format=absolute --git-path logs/HEAD
                    OUTPUT_VARIABLE log OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(log AND EXISTS "${log}")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${log})
    endif()
endif()
foreach(fact commit date)
    if(NOT ${fact})
        set(${fact} unknown)
    endif()
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/cmake/build_info.hpp.in ${PROJECT_BINARY_DIR}/generated/build_info.hpp @ONLY)
add_library(lanewise_build_info INTERFACE)
target_include_directories(lanewise_build_info INTERFACE ${PROJECT_BINARY_DIR}/generated)
