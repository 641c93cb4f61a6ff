# add_kernels(<library> <kernel>...)
# Adds each kernel to <library>: catalogue/<kernel>.cpp, its public call and its row, and what is generated from the list:
# the body that each ISA unit includes, its place in the unit's table, its row in the catalogue. The tests take the list
# from the property LANEWISE_KERNELS. The order is that of table.hpp and of the catalogue.
function(add_kernels library)
    set(names "")
    set(bodies "")
    foreach(kernel IN LISTS ARGN)
        target_sources(${library} PRIVATE catalogue/${kernel}.cpp)
        string(APPEND names "LANEWISE_KERNEL(${kernel})\n")
        string(APPEND bodies "#include \"kernels/bodies/${kernel}.inl.hpp\"\n")
    endforeach()
    file(CONFIGURE OUTPUT kernel_names.inc CONTENT "${names}" @ONLY)
    file(CONFIGURE OUTPUT kernel_bodies.inc CONTENT "${bodies}" @ONLY)
    set_property(TARGET ${library} PROPERTY LANEWISE_KERNELS ${ARGN})
endfunction()
