# Takes memory from `lanewise-bench run` at one moment after the other: whatever part fails, the run ends with exit code 1,
# says so, and leaves a valid document of what it found.
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
set(kernels_failed 0)
set(sweeps_failed 0)
set(no_document 0)

# run_without(<variable=number>): one run; sets `result`, `said` and `text`, the document, which is empty where there is none
function(run_without variable)
    file(REMOVE ${FOLDER}/r.json)
    execute_process(
        COMMAND ${CMAKE_COMMAND} -E env LD_PRELOAD=${FAILING_MEMORY} LANEWISE_TEST_${variable}
                ${PROGRAM} run --quick --kernel sum_f32 --seconds 0.0001 --repetitions 1 --output r.json
        RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE said WORKING_DIRECTORY ${FOLDER})
    set(text "")
    if(EXISTS ${FOLDER}/r.json)
        file(READ ${FOLDER}/r.json text)
        execute_process(COMMAND ${PROGRAM} report r.json RESULT_VARIABLE reported OUTPUT_VARIABLE report ERROR_VARIABLE report
                        WORKING_DIRECTORY ${FOLDER})
        if(NOT reported EQUAL 0 OR report MATCHES "Not counted: ")
            message(SEND_ERROR "${variable}: the document does not count:\n${report}")
        endif()
        if(result EQUAL 1 AND NOT report MATCHES "interrupted by")
            message(SEND_ERROR "${variable}: the report does not say that parts are missing:\n${report}")
        endif()
    endif()
    set(result "${result}" PARENT_SCOPE)
    set(said "${said}" PARENT_SCOPE)
    set(text "${text}" PARENT_SCOPE)
endfunction()

function(expect_in what text pattern)
    if(NOT text MATCHES "${pattern}")
        message(SEND_ERROR "${what}: nothing matches \"${pattern}\" in\n${text}")
    endif()
endfunction()

# One case has no memory: the others count, and the missing one is named.
run_without(MMAP_FAILS=1)
expect_in("one case" "exit ${result}" "^exit 1$")
expect_in("one case" "${said}" "memory is used up: not measured: sum_f32/")
expect_in("one case" "${text}" "\"/kernels\".*memory was used up: not measured: sum_f32/")
expect_in("one case" "${text}" "\"items_per_second\"")
expect_in("one case" "${text}" "\"placement\": \"one\"")

# No case has memory: both parts say so, and what the machine is stays.
run_without(MMAP_FAILS=1+)
expect_in("no case" "exit ${result}" "^exit 1$")
expect_in("no case" "${said}" "kernels failed: memory is used up.*memory is used up: not measured: ")
expect_in("no case" "${text}" "\"architecture\"")
expect_in("no case" "${text}" "\"kernels\": null.*\"/kernels\".*failed: memory is used up")
expect_in("no case" "${text}" "\"/sweeps\".*memory was used up: not measured: ")

# One allocation fails, an earlier or a later one: the run says so, and never ends by a signal. Google Benchmark itself
# ends a program that can't read what its caches are.
foreach(number RANGE 150 1000 17)
    run_without(MALLOC_FAILS=${number})
    if(NOT result MATCHES "^[01]$")
        message(SEND_ERROR "allocation ${number} fails: exit code ${result}\n${said}")
    elseif(result EQUAL 0)
        # The allocation was one that could be done without.
        expect_in("allocation ${number}" "${text}" "\"items_per_second\".*\"placement\": \"one\"")
    elseif(text STREQUAL "")
        expect_in("allocation ${number}" "${said}" "lanewise-bench: memory is used up|^Failed to read from file")
        math(EXPR no_document "${no_document} + 1")
    elseif(text MATCHES "\"kernels\": null")
        math(EXPR kernels_failed "${kernels_failed} + 1")
        expect_in("allocation ${number}" "${text}" "\"placement\": \"one\".*failed: (memory is used up|what Google Benchmark wrote is no JSON)")
    else()
        math(EXPR sweeps_failed "${sweeps_failed} + 1")
        expect_in("allocation ${number}" "${text}" "\"items_per_second\"")
    endif()
endforeach()
message(STATUS "${no_document} without a document, ${kernels_failed} without kernels, ${sweeps_failed} that lack something else")
if(kernels_failed EQUAL 0 OR sweeps_failed EQUAL 0)
    message(SEND_ERROR "no allocation of the kernels (${kernels_failed}) or of what comes after (${sweeps_failed}) failed")
endif()
