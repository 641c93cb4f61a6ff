# No shared library exports a symbol of an ISA unit: neither its table nor a function that was compiled for some CPUs alone.
#   cmake -DNM=<nm> "-DFILES=<shared libraries>" -P exports.cmake
cmake_minimum_required(VERSION 3.25)
list(REMOVE_ITEM FILES "")
foreach(file IN LISTS FILES)
    execute_process(COMMAND ${NM} --dynamic --defined-only --demangle ${file} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
    if(symbols MATCHES "([^\n]*(lanewise::kernels::units::|xsimd)[^\n]*)")
        message(SEND_ERROR "${file} exports ${CMAKE_MATCH_1}")
    endif()
    if(file MATCHES "lanewise" AND NOT symbols MATCHES "lanewise::kernels::dot_f32")
        message(SEND_ERROR "${file} does not export what it is for")
    endif()
endforeach()
