# add_isa_unit(<library> <variant> <xsimd architecture> <CPU that qemu emulates for it> [flags...])
# Compiles isa_unit.cpp once more, with one variant's flags, into <library>, and appends the variant to its list.
# The order of the calls is the order of choice. The emulated CPU has what the variant needs, and no more where qemu has such
# a one; "-" for a variant that tests never run under emulation.
# Two units must not share a weak symbol, for the linker keeps either. So xsimd, which leaves some, gets a namespace of its
# own in each unit; a unit has no exceptions, whose personality is one more; and it is never compiled below -O1.
# Functions begin with a cache line, so that a loop runs as fast wherever the linker puts the unit.
function(add_isa_unit library variant architecture emulated_cpu)
    if(LANEWISE_ISAS AND NOT variant IN_LIST LANEWISE_ISAS AND NOT variant STREQUAL "portable")
        return()
    endif()
    add_library(${library}_${variant} OBJECT isa_unit.cpp)
    target_compile_definitions(${library}_${variant} PRIVATE LANEWISE_ISA=${variant} "LANEWISE_ARCHITECTURE=${architecture}"
                               xsimd=xsimd_${variant})
    target_compile_options(${library}_${variant} PRIVATE ${ARGN} -fno-exceptions -falign-functions=64 $<$<CONFIG:Debug>:-O1>)
    target_include_directories(${library}_${variant} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
    target_link_libraries(${library}_${variant} PRIVATE lanewise_flags xsimd)
    lanewise_show(${library}_${variant} PRIVATE kernels/bodies kernels/registers)
    set(flags ${ARGN})
    list(FILTER flags INCLUDE REGEX "^-m")
    set_target_properties(${library}_${variant} PROPERTIES POSITION_INDEPENDENT_CODE ON
                          LANEWISE_EMULATED_CPU "${emulated_cpu}" LANEWISE_ISA_FLAGS "${flags}")
    target_sources(${library} PRIVATE $<TARGET_OBJECTS:${library}_${variant}>)
    set_property(TARGET ${library} APPEND PROPERTY LANEWISE_VARIANTS ${variant})
endfunction()
