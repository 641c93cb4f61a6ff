# The kernels: every variant of this architecture by itself, the choice between them, what their objects hold, and the
# installed package. Under emulation each variant gets a CPU that has just it.
if(CMAKE_CROSSCOMPILING)
    set(cpu_portable cortex-a72)
    set(cpu_neon cortex-a72)
    set(cpu_neon_dotprod cortex-a76)
    set(cpu_sve128 max,sve-default-vector-length=16)
    set(cpu_sve256 max,sve-default-vector-length=32)
    set(cpu_sve512 max,sve-default-vector-length=64)
endif()

# lanewise_on_cpu(<test> <variant> [environment...]): runs a test where it can run the variant.
function(lanewise_on_cpu test variant)
    set(environment ${ARGN})
    if(CMAKE_CROSSCOMPILING)
        list(APPEND environment QEMU_CPU=${cpu_${variant}})
    endif()
    set_tests_properties(${test} PROPERTIES ENVIRONMENT "${environment}")
endfunction()

get_target_property(variants lanewise_kernels LANEWISE_VARIANTS)

# One program for all kernels, by kernel.
set(cases float_sums dot_i8 exp_f32 softmax_f32 black_scholes_f32 gemm_f32 convolve_f32 histogram_u8 topk_f32 utf8_validate catalogue)
list(TRANSFORM cases APPEND _test.cpp)
add_executable(kernels_test ${cases} golden.cpp kernel_call.cpp kernel_values.cpp)
target_link_libraries(kernels_test PRIVATE lanewise_flags lanewise_test_main)
target_compile_definitions(kernels_test PRIVATE LANEWISE_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
add_test(NAME kernels COMMAND kernels_test)
foreach(variant IN LISTS variants)
    add_test(NAME kernels.${variant} COMMAND kernels_test)
    lanewise_on_cpu(kernels.${variant} ${variant} LANEWISE_ISA=${variant})
    set_tests_properties(kernels.${variant} PROPERTIES SKIP_REGULAR_EXPRESSION "^Skipped:|\nSkipped:")
endforeach()

lanewise_test(dispatch)
if(CMAKE_CROSSCOMPILING)
    # Where the CPU is known, so is the choice; and no length of SVE passes for another.
    list(REMOVE_ITEM variants portable)
    foreach(variant IN LISTS variants)
        add_test(NAME dispatch.${variant} COMMAND dispatch_test)
        lanewise_on_cpu(dispatch.${variant} ${variant} LANEWISE_TEST_CHOICE=${variant})
    endforeach()
    lanewise_on_cpu(dispatch sve256 LANEWISE_TEST_REFUSED=sve512
                    "LANEWISE_TEST_REFUSED_WHY=a vector length of 512 bits (it is 256)")
endif()

# No code compiled for some CPUs may be merged into what runs on all: no unit has a symbol that the linker merges.
get_target_property(variants lanewise_kernels LANEWISE_VARIANTS)
set(objects)
foreach(variant IN LISTS variants)
    list(APPEND objects $<TARGET_OBJECTS:lanewise_kernels_${variant}>)
endforeach()
set(check_symbols ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -P ${CMAKE_CURRENT_SOURCE_DIR}/isa_symbols.cmake --)
add_test(NAME isa_symbols COMMAND ${check_symbols} ${objects} COMMAND_EXPAND_LISTS)
# The check itself: two units that share an inline function must fail it.
foreach(unit first second)
    add_library(isa_leak_${unit} OBJECT isa_leak.cpp)
    target_compile_definitions(isa_leak_${unit} PRIVATE LANEWISE_UNIT=${unit})
    target_link_libraries(isa_leak_${unit} PRIVATE lanewise_flags)
endforeach()
add_test(NAME isa_symbols.finds_a_leak COMMAND ${check_symbols} $<TARGET_OBJECTS:isa_leak_first> $<TARGET_OBJECTS:isa_leak_second>)
set_tests_properties(isa_symbols.finds_a_leak PROPERTIES PASS_REGULAR_EXPRESSION "leak.*isa_leak_first.*isa_leak_second")

# A project outside the tree that finds, links and runs the installed library.
add_test(NAME package COMMAND ${CMAKE_COMMAND}
         -DBUILD=${PROJECT_BINARY_DIR} -DCONFIG=$<CONFIG> -DGENERATOR=${CMAKE_GENERATOR} -DCOMPILER=${CMAKE_CXX_COMPILER}
         -DTOOLCHAIN=${CMAKE_TOOLCHAIN_FILE} -DSANITIZE=${LANEWISE_SANITIZE}
         -P ${CMAKE_CURRENT_SOURCE_DIR}/package.cmake)
