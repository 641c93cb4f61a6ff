# cmake -DNM=nm -P isa_symbols.cmake -- <objects of ISA units>
# Fails on a symbol that the linker may merge with one of the same name from elsewhere (weak, or unique): whichever copy
# it keeps, some CPU can't run it. Names that hold the unit's own are allowed, for nobody else has them.
include(${CMAKE_CURRENT_LIST_DIR}/arguments.cmake)
arguments_after_dashes(objects)
list(LENGTH objects count)
if(count LESS 2)
    message(FATAL_ERROR "expected the objects of at least two units, got: ${objects}")
endif()

set(merged)
foreach(object IN LISTS objects)
    execute_process(COMMAND ${NM} --defined-only --demangle --format=posix ${object} OUTPUT_VARIABLE text
                    COMMAND_ERROR_IS_FATAL ANY)
    if(NOT text MATCHES "lanewise::kernels::units::([a-z0-9_]+)")
        message(FATAL_ERROR "${object} defines no unit: is nm reading the right file?\n${text}")
    endif()
    set(own "^xsimd_${CMAKE_MATCH_1}::| xsimd_${CMAKE_MATCH_1}::")
    string(REPLACE ";" "," text "${text}")
    string(REPLACE "\n" ";" lines "${text}")
    foreach(line IN LISTS lines)
        # Type information holds no code.
        if(NOT line MATCHES "${own}" AND NOT line MATCHES "^typeinfo (name )?for " AND line MATCHES "^(.+) [WVu] [0-9a-f]")
            list(APPEND merged "${CMAKE_MATCH_1}\n    in ${object}")
        endif()
    endforeach()
endforeach()
if(merged)
    list(SORT merged)
    list(JOIN merged "\n" merged)
    message(FATAL_ERROR "symbols that the linker may take from elsewhere:\n${merged}")
endif()
message(STATUS "${count} units, no symbol that the linker may take from elsewhere")
