# What each way to the library must hold: it builds as C++20 and as C++23 under a consumer's strictest warnings, its headers
# bring in nothing of ours, and neither flag nor macro nor target of ours reaches the consumer.
set(strict -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wundef -Wold-style-cast -Werror)
target_compile_options(example PRIVATE ${strict})
foreach(standard 20 23)
    add_executable(example_${standard} ${CMAKE_CURRENT_LIST_DIR}/main.cpp)
    set_target_properties(example_${standard} PROPERTIES CXX_STANDARD ${standard} CXX_EXTENSIONS OFF)
    target_compile_options(example_${standard} PRIVATE ${strict})
    target_link_libraries(example_${standard} PRIVATE lanewise::kernels)
endforeach()

add_library(headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/headers_test.cpp)
target_link_libraries(headers PRIVATE lanewise::kernels)

# The library as part of a consumer's own shared library: its ISA units export nothing from there either.
add_library(plugin SHARED ${CMAKE_CURRENT_LIST_DIR}/plugin.cpp)
target_link_libraries(plugin PRIVATE lanewise::kernels)

foreach(property INTERFACE_COMPILE_OPTIONS INTERFACE_COMPILE_DEFINITIONS INTERFACE_LINK_OPTIONS)
    get_target_property(value lanewise::kernels ${property})
    if(value)
        message(FATAL_ERROR "lanewise::kernels hands on ${property}: ${value}")
    endif()
endforeach()
get_target_property(features lanewise::kernels INTERFACE_COMPILE_FEATURES)
if(NOT features STREQUAL "cxx_std_20")
    message(FATAL_ERROR "lanewise::kernels asks for ${features}")
endif()
if(NOT CMAKE_CXX_FLAGS STREQUAL "${flags_before}" OR DEFINED CMAKE_RUNTIME_OUTPUT_DIRECTORY)
    message(FATAL_ERROR "the consumer's own settings have changed: \"${CMAKE_CXX_FLAGS}\"")
endif()
get_property(targets DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTY BUILDSYSTEM_TARGETS)
if(NOT targets STREQUAL "example;example_20;example_23;headers;plugin")
    message(FATAL_ERROR "the consumer's folder has the targets ${targets}")
endif()

enable_testing()
foreach(program example example_20 example_23)
    add_test(NAME ${program} COMMAND ${program})
    set_tests_properties(${program} PROPERTIES PASS_REGULAR_EXPRESSION "cosine similarity 0\\.98")
endforeach()

# Which macros a header leaves behind: what the compiler knows after it and not after the standard headers that it includes.
add_test(NAME macros COMMAND ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_CXX_COMPILER}
         "-DINCLUDES=$<TARGET_PROPERTY:lanewise::kernels,INTERFACE_INCLUDE_DIRECTORIES>"
         -P ${CMAKE_CURRENT_LIST_DIR}/macros.cmake)
# Symbols that a program could take from a shared library, of the library and of what contains it.
add_test(NAME exports COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM}
         "-DFILES=$<TARGET_FILE:plugin>;$<$<STREQUAL:$<TARGET_PROPERTY:lanewise::kernels,TYPE>,SHARED_LIBRARY>:$<TARGET_FILE:lanewise::kernels>>"
         -P ${CMAKE_CURRENT_LIST_DIR}/exports.cmake)
