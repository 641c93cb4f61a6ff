# lanewise-bench compare BASE HEAD -- COMMAND: one command in two folders. Differences are large enough for any machine.
#   cmake -DPROGRAM=<lanewise-bench> -DFOLDER=<work> -P compare_folders.cmake
list(REMOVE_ITEM PROGRAM "")
file(REMOVE_RECURSE ${FOLDER})
function(script name text)
    file(WRITE ${FOLDER}/${name} "#!/bin/sh\n${text}\n")
    file(CHMOD ${FOLDER}/${name} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
endfunction()
function(expect code text)
    execute_process(COMMAND ${PROGRAM} compare --rounds 6 --seconds 0.05 ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output
                    ERROR_VARIABLE output WORKING_DIRECTORY ${FOLDER})
    if(NOT result EQUAL code OR NOT output MATCHES "${text}")
        message(SEND_ERROR "compare ${ARGN}: exit code ${result} instead of ${code}, or nothing matches \"${text}\" in\n${output}")
    endif()
endfunction()

script(quick/run "sleep 0.02")
script(slow/run "sleep 0.5")
expect(3 "1 of 1 case got slower by more than 5.*[|] ./run [|] -[0-9.]+ %.*slower" quick slow -- ./run)
expect(0 "No case of 1 got slower" slow quick -- ./run)
expect(0 "No case of 1 got slower by more than 90" quick quick --bound 0.9 -- ./run)

# Words are no shell's: what a shell would expand arrives as it is, in the folder of each.
script(quick/words "[ \"$1\" = '$(x) *' ] && [ \"$#\" = 1 ] && [ -e words ]")
expect(0 "No case of 1" quick quick --bound 0.9 -- ./words "$(x) *")

# The rates of a program's own benchmarks, not the time that it takes: the slow one finds its numbers quicker.
foreach(which quick slow)
    set(time 100)
    set(wait 0.1)
    if(which STREQUAL slow)
        set(time 200)
        set(wait 0)
    endif()
    script(${which}/benchmarks "sleep ${wait}
for word; do case \$word in --benchmark_out=*) out=\${word#*=} ;; --benchmark_repetitions=3) asked=yes ;; esac; done
[ \"\$asked\" ] || exit 5
row() { echo \"{\\\"name\\\": \\\"\$1\\\", \\\"run_name\\\": \\\"\$1\\\", \\\"run_type\\\": \\\"iteration\\\", \\\"repetitions\\\": 1, \\\"iterations\\\": 10, \\\"real_time\\\": \$2, \\\"cpu_time\\\": \$2, \\\"time_unit\\\": \\\"ns\\\"}\"; }
echo \"{\\\"context\\\": {}, \\\"benchmarks\\\": [\$(row same 50), \$(row encode/4096 ${time}), \$(row only_in_${which} 1)]}\" >\"\$out\"")
endforeach()
expect(3 "1 of 2 cases got slower.*encode/4096 [|] -50" quick slow --google-benchmark -- ./benchmarks)
expect(0 "No case of 2 got slower" slow quick --google-benchmark -- ./benchmarks)

# What can't be compared is said.
script(slow/fails "echo the disk is full >&2; exit 7")
script(quick/fails "exit 0")
expect(1 "./fails in slow ended with exit code 7: the disk is full" quick slow -- ./fails)
expect(1 "can't be started|exit code 127" quick slow -- ./none)
expect(2 "\"nowhere\" is no folder" quick nowhere -- ./run)
expect(2 "in two folders, not at two URLs" http://127.0.0.1:1/ http://127.0.0.1:2/ -- ./run)
expect(2 "--google-benchmark needs a program" quick slow --google-benchmark)
script(quick/empty "for word; do case \$word in --benchmark_out=*) echo no JSON >\"\${word#*=}\" ;; esac; done")
expect(1 "benchmarks.json" quick quick --google-benchmark -- ./empty)
