# Every macro that an ISA unit's flags define, and the baseline's do not, has a row in features.hpp, or stands for no
# instruction of its own:
#   cmake -DCOMPILER=<C++ compiler> -P isa_macros.cmake -- <features.hpp> <flags...>
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/arguments.cmake)
arguments_after_dashes(arguments)
list(POP_FRONT arguments table)

function(macros_of result)
    execute_process(COMMAND ${COMPILER} -std=c++20 -O2 ${ARGN} -dM -E -x c++ /dev/null OUTPUT_VARIABLE text
                    COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "#define [A-Za-z0-9_]+" names "${text}")
    list(TRANSFORM names REPLACE "#define " "")
    set(${result} ${names} PARENT_SCOPE)
endfunction()
macros_of(baseline)
macros_of(unit ${arguments})
list(REMOVE_ITEM unit ${baseline})

# What follows from an instruction set that has a row (CRC32 is a part of SSE4.2), tells a version or a choice of tuning, or
# names a processor.
set(no_instruction "^(__CRC32__$|__FP_FAST_|__GCC_|__SSE[0-9_]*MATH__$|__BIGGEST_ALIGNMENT__|__EVEX(256|512)__$|__MMX_WITH_SSE__|\
__tune_|__ARM_ARCH|__ARM_FEATURE_SVE_BITS$|__ARM_FEATURE_SVE_VECTOR_OPERATORS|__ARM_FEATURE_SVE_PREDICATE_OPERATORS|\
__ARM_FEATURE_FMA|__ARM_FEATURE_QBIT|__k8|__x86_64_v|__core|__FLT_EVAL|__FLOAT)")
file(READ ${table} rows)
set(unknown)
foreach(macro IN LISTS unit)
    if(NOT macro MATCHES "${no_instruction}" AND NOT rows MATCHES "[( ]${macro},")
        list(APPEND unknown ${macro})
    endif()
endforeach()
if(unknown)
    foreach(macro IN LISTS unknown)
        message(SEND_ERROR "features.hpp has no row for ${macro}, which ${arguments} define")
    endforeach()
endif()
