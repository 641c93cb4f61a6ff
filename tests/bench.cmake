# The tests of the bench.
foreach(unit statistics document environment kernel_runs load http_load sweeps
             compare_pools prices regressions claims report exports)
    lanewise_test(${unit} lanewise_bench)
endforeach()
# Thousands of simulated comparisons: seconds natively, on Arm too, but minutes under an emulator that has nothing to add.
if(CMAKE_CROSSCOMPILING)
    set_tests_properties(compare_pools PROPERTIES DISABLED TRUE)
endif()
target_compile_definitions(claims_test PRIVATE LANEWISE_EXAMPLES="${PROJECT_SOURCE_DIR}/bench/examples")
add_test(NAME bench_program
         COMMAND ${CMAKE_COMMAND} "-DPROGRAM=${CMAKE_CROSSCOMPILING_EMULATOR};$<TARGET_FILE:lanewise-bench>"
                 -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/bench_program -DBUILD_TYPE=${CMAKE_BUILD_TYPE}
                 -P ${CMAKE_CURRENT_SOURCE_DIR}/bench_program.cmake)
