# add_isa_unit(<library> <variant> <xsimd architecture> [flags...])
# Compiles isa_unit.cpp once more, with one variant's flags, into <library>, and appends the variant to its list.
# The order of the calls is the order of choice.
# Two units must not share a weak symbol, for the linker keeps either. So xsimd, which leaves some, gets a namespace of its
# own in each unit; a unit has no exceptions, whose personality is one more; and it is never compiled below -O1.
function(add_isa_unit library variant architecture)
    add_library(${library}_${variant} OBJECT isa_unit.cpp)
    target_compile_definitions(${library}_${variant} PRIVATE LANEWISE_ISA=${variant} "LANEWISE_ARCHITECTURE=${architecture}"
                               xsimd=xsimd_${variant})
    target_compile_options(${library}_${variant} PRIVATE ${ARGN} -fno-exceptions $<$<CONFIG:Debug>:-O1>)
    target_link_libraries(${library}_${variant} PRIVATE lanewise_flags xsimd)
    lanewise_show(${library}_${variant} PRIVATE kernels/bodies kernels/registers)
    set_target_properties(${library}_${variant} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_sources(${library} PRIVATE $<TARGET_OBJECTS:${library}_${variant}>)
    set_property(TARGET ${library} APPEND PROPERTY LANEWISE_VARIANTS ${variant})
endfunction()
