# The public headers define no macro.
#   cmake -DCOMPILER=<c++> "-DINCLUDES=<folders>" -P macros.cmake
cmake_minimum_required(VERSION 3.25)
list(TRANSFORM INCLUDES PREPEND -I)
function(macros_of text found)
    execute_process(COMMAND sh -c "printf '%s' '${text}' | \"$@\"" sh ${COMPILER} -std=c++20 ${INCLUDES} -x c++ -E -dM -
                    OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "#define [A-Za-z_0-9]*[Ll][Aa][Nn][Ee][Ww][Ii][Ss][Ee][A-Za-z_0-9]*" names "${output}")
    set(${found} "${names}" PARENT_SCOPE)
endfunction()
macros_of("#include <kernels/kernels.hpp>\n#include <kernels/catalogue.hpp>\n#include <kernels/generate.hpp>\n" ours)
if(ours)
    message(FATAL_ERROR "the headers leave macros behind: ${ours}")
endif()
# The check itself: a macro of ours is found.
macros_of("#define LANEWISE_LEAK 1\n" leak)
if(NOT leak)
    message(FATAL_ERROR "no macro is found where there is one")
endif()
