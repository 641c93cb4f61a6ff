# Runs lanewise-bench as a user does, and checks what it prints and how it exits.
list(REMOVE_ITEM PROGRAM "")
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})

# expect(<exit code> <regular expression over both outputs> <arguments...>)
function(expect code text)
    execute_process(COMMAND ${PROGRAM} ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output
                    WORKING_DIRECTORY ${FOLDER})
    if(NOT result EQUAL code)
        message(SEND_ERROR "lanewise-bench ${ARGN}: exit code ${result} instead of ${code}\n${output}")
    endif()
    if(NOT output MATCHES "${text}")
        message(SEND_ERROR "lanewise-bench ${ARGN}: nothing matches \"${text}\" in\n${output}")
    endif()
endfunction()

expect(0 "EXAMPLES.*EXIT STATUS" --help)
expect(0 "^lanewise-bench [0-9]+\\.[0-9]+\\.[0-9]+ \\([0-9a-z-]+, ([0-9]+-[0-9][0-9]-[0-9][0-9]|unknown)\\)\n$" --version)
expect(2 "names no command; known are run, http, machine")
expect(2 "there is no command \"reprot\"; did you mean \"report\".* Known are run, http, machine" reprot)
expect(2 "there is no command \"frobnicate\"; known are run, http" frobnicate --help)
expect(2 "^lanewise-bench run: there is no option --frobnicate [^\n]*\n$" run --frobnicate)
expect(2 "'?nope'?" run --isa nope)
expect(2 "no kernel is called \"nope\"; there are dot_f32" run --kernel nope)
expect(2 "repetitions" run --repetitions 0)
expect(2 "^lanewise-bench report: files is missing [^\n]*\n$" report)
expect(0 "Usage: lanewise-bench .OPTIONS. COMMAND.*Commands:" --help)
foreach(command run http machine report export import-wrk workload cluster cluster/preflight compare)
    string(REPLACE "/" " " name "${command}")
    string(REPLACE "/" ";" command "${command}")
    expect(0 "Usage: lanewise-bench ${name} .*EXAMPLES" ${command} --help)
    # Ranges and defaults in words, without what the parser calls them.
    execute_process(COMMAND ${PROGRAM} ${command} --help OUTPUT_VARIABLE help)
    if(help MATCHES "(INT|FLOAT|UINT|REQUIRED|Excludes| TEXT|=-|[{]false[}]| in .[0-9.]+ - |[0-9]e[+][0-9])")
        message(SEND_ERROR "lanewise-bench ${command} --help shows its parser: \"${CMAKE_MATCH_1}\" in\n${help}")
    endif()
endforeach()
expect(0 "--repetitions NUMBER +How often .*1 to.*1000; default: 9" run --help)
expect(0 "Usage:.*EXIT STATUS.*EXAMPLES" cluster preflight --help)
expect(0 "--server-pid POOL=PID .*--rate-max NUMBER .*1 to.*10000000" http --help)
expect(2 "^lanewise-bench cluster: names no command; known are [^\n]*\n$" cluster)
expect(2 "docker.io=mirror.example" cluster preflight --mirror nonsense)
expect(2 "[Ee]xcludes" cluster preflight -A -n shop)
expect(2 "is no day such as" report none.json --date 24.11.2026)
expect(2 "pdf not in {" report none.json --format pdf)
expect(2 "a report is never pdf; it is text \\(.txt\\), Markdown \\(.md\\) or HTML \\(.html\\)" report none.json -o report.pdf)
expect(0 "active variant" machine)
expect(0 "C library +[a-z].*page size +[0-9]+" machine)
expect(0 "\"architecture\": \"(amd64|arm64)\"" machine --json)
expect(0 "instance +m9x.large" machine --instance m9x.large)
expect(1 "not counted: none.json: can't be read" report none.json)
# A variable that nobody reads is told, by its name alone; those of the server are no mistake.
set(ENV{LANEWISE_INSTNACE} s3cret)
set(ENV{LANEWISE_BODY_BYTES_MAX} 1)
execute_process(COMMAND ${PROGRAM} machine RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE said)
unset(ENV{LANEWISE_INSTNACE})
unset(ENV{LANEWISE_BODY_BYTES_MAX})
if(NOT said STREQUAL "lanewise-bench: LANEWISE_INSTNACE is no setting: ignored; the nearest name is LANEWISE_INSTANCE\n"
   OR NOT result EQUAL 0)
    message(SEND_ERROR "a misspelt variable: exit code ${result}\n${said}")
endif()
file(WRITE ${FOLDER}/broken.json "{\"schema\": ")
expect(1 "not counted: broken.json: field /schema: is cut off" report broken.json)

# A standard descriptor that is closed at start is held by /dev/null, which is empty. An emulator takes what is free itself.
list(LENGTH PROGRAM words)
if(words EQUAL 1)
    foreach(descriptor 0 1)
        execute_process(COMMAND sh -c "exec \"$0\" report /proc/self/fd/${descriptor} ${descriptor}>&-" ${PROGRAM}
                        WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE result ERROR_VARIABLE said)
        if(NOT result EQUAL 1 OR said MATCHES "can't be read")
            message(SEND_ERROR "descriptor ${descriptor} closed: exit code ${result}\n${said}")
        endif()
    endforeach()
endif()

# Workloads: whole or not at all; what is left out is named by line.
file(WRITE ${FOLDER}/access.log "192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a?token=S3CRET HTTP/1.1\" 200 5\nbroken\n")
file(WRITE ${FOLDER}/broken.log "a\nb\n")
file(WRITE ${FOLDER}/empty.log "")
file(WRITE ${FOLDER}/two.har "{\"log\":{\"entries\":[{\"request\":{\"method\":\"GET\",\"url\":\"https://a.example/\"}},{\"request\":{\"method\":\"GET\",\"url\":\"https://b.example/\"}}]}}")
expect(0 "left out 1 line: no access log line.*: line 2.*dropped query parameter token" workload access.log -o workload.json)
file(READ ${FOLDER}/workload.json text)
if(NOT text MATCHES "\"weight\":1,\"method\":\"GET\",\"path\":\"/a\"" OR text MATCHES "S3CRET")
    message(SEND_ERROR "workload.json holds something else:\n${text}")
endif()
expect(0 "S3CRET" workload access.log --keep-secrets)
expect(0 "\"origin\": \"https://b.example\"" workload two.har --origin https://b.example)
expect(0 "\"method\":\"PUT\"" workload --from-curl "curl -X PUT http://a.example/x")
expect(2 "broken.log: none of its 2 lines is a request: no access log line" workload broken.log -o none.json)
expect(2 "empty.log: is empty" workload empty.log -o none.json)
expect(2 "empty.log: is empty" workload --from-har empty.log -o none.json)
expect(2 "absent.log: No such file" workload absent.log -o none.json)
expect(2 "2 origins; choose with --origin https://a.example" workload two.har -o none.json)
expect(2 "no request was sent there; there are https://a.example" workload two.har --origin https://c.example -o none.json)
expect(2 "are mixed" workload access.log two.har -o none.json)
expect(2 "nothing to read" workload -o none.json)
expect(2 "no log.entries|no list log.entries" workload --from-har access.log -o none.json)
expect(2 "a ' is not closed" workload --from-curl "curl 'http://a" -o none.json)
expect(1 "no/w.json: No such file or directory" workload access.log -o no/w.json)
file(WRITE ${FOLDER}/zero.json "{\"schema\": \"lanewise.workload/1\",\n\"requests\": [{\"weight\": 0}]}")
expect(2 "zero.json: field /requests/0/weight, line 2: must be more than 0" http http://127.0.0.1:1/ --workload zero.json -o none.json)
expect(2 "absent.json: No such file" http http://127.0.0.1:1/ --workload absent.json -o none.json)
expect(2 "excludes" http http://127.0.0.1:1/ --workload workload.json --method PUT -o none.json)
if(EXISTS ${FOLDER}/none.json)
    message(SEND_ERROR "a workload that could not be made was written")
endif()

# Price lists and plans: what is wrong is said in one sentence, and nothing is written.
file(WRITE ${FOLDER}/items.json "{\"Items\": [{\"retailPrice\": 0.5, \"currencyCode\": \"USD\", \"armRegionName\": \"eastus\", \"armSkuName\": \"Standard_D8s_v6\", \"serviceName\": \"Virtual Machines\", \"type\": \"Consumption\", \"unitOfMeasure\": \"1 Hour\"}], \"NextPageLink\": \"https://a.example/\"}")
expect(0 "Standard_D8s_v6,amd64,.*next page.*1 instances" prices import items.json)
expect(2 "no price that can be used: empty.log: is empty" prices import empty.log -o none.json)
expect(2 "line 1: must be JSON" prices import broken.log -o none.json)
expect(2 "absent.json: No such file" prices import absent.json -o none.json)
expect(2 "is no day such as" prices import items.json --date today -o none.json)
set(examples ${CMAKE_CURRENT_LIST_DIR}/../../bench/examples)
set(six)
foreach(number 1 2 3)
    list(APPEND six ${examples}/synthetic-amd64-${number}.json ${examples}/synthetic-arm64-${number}.json)
endforeach()
expect(0 "6 nodes of m7g.2xlarge .* 19.0 % less than 6 nodes of m7i.2xlarge" plan ${six} --peak 600000 --p99-ms 5)
expect(0 "\"schema\": \"lanewise.plan/1\"" plan ${six} --peak 600000 --format json)
expect(2 "--peak must be requests a second, more than 0, is 0" plan ${six} --peak 0 -o none.json)
expect(2 "--zones 1 with --survive zone" plan ${six} --peak 1 --zones 1 -o none.json)
expect(2 "--growth must be a share such as 0.2, not below 0" plan ${six} --peak 1 --growth=-0.1 -o none.json)
expect(1 "no plan: the documents say what holds with p99 within 5.00 ms, not within 8.00 ms" plan ${six} --peak 1 --p99-ms 8 -o none.json)
expect(1 "no plan: no document holds load of a server" plan ${examples}/epyc-guest.json --peak 1 -o none.json)
expect(1 "no document can be used for a plan" plan broken.log --peak 1 -o none.json)
if(EXISTS ${FOLDER}/none.json)
    message(SEND_ERROR "a plan or a price table that could not be made was written")
endif()

if(BUILD_TYPE STREQUAL Release)
    expect(0 "" run --quick --kernel sum_f32 --seconds 0.0001 --output result.json)
    expect(0 "Kernels on .*result.json  sha256 " report result.json)
    expect(0 "not counted: broken.json.*Kernels on " report broken.json result.json)
    # Said at once, before anything is measured for it.
    expect(1 "^lanewise-bench: no/such/folder/r.json: No such file or directory\n$" run --output no/such/folder/r.json)
    expect(1 "^lanewise-bench: \\.: Is a directory\n$" run --output .)
    expect(1 "^lanewise-bench: no/r.json: No such file or directory\n$" http http://127.0.0.1:1/ --output no/r.json)
    # What is wrong with a flag is said before anything is asked, and nothing is written.
    file(WRITE ${FOLDER}/no.pem "no certificate\n")
    execute_process(COMMAND ${PROGRAM} machine --json OUTPUT_FILE ${FOLDER}/machine.json)
    file(READ ${FOLDER}/machine.json text)
    string(REGEX REPLACE "\"cores\": [^,]*," "\"cores\": \"many\"," text "${text}")
    file(WRITE ${FOLDER}/edited.json "${text}")
    foreach(wrong "user name|http://me:secret@127.0.0.1:1/" "fragment|http://127.0.0.1:1/#a" "%20|http://127.0.0.1:1/a b"
                  "%25|http://127.0.0.1:1/%zz" "http:// or https://|ftp://127.0.0.1/"
                  "--method|http://127.0.0.1:1/|--method|get" "no colon|http://127.0.0.1:1/|--header|Accept"
                  "No such file|http://127.0.0.1:1/|--body|@none" "--expect|http://127.0.0.1:1/|--expect|ok"
                  "requests-per-connection|http://127.0.0.1:1/|--requests-per-connection|-1"
                  "names no pool before the =|=http://127.0.0.1:1/" "write arm=URL|http://127.0.0.1:1/|--instance|arm=m7g.large"
                  "did you mean .arm|arm=http://127.0.0.1:1/|--machine|amr=m.json"
                  "m.json.*No such file|arm=http://127.0.0.1:1/|--machine|arm=m.json"
                  "is no JSON object|arm=http://127.0.0.1:1/|--machine|arm=no.pem"
                  "edited.json: field /cores: must be integer|arm=http://127.0.0.1:1/|--machine|arm=edited.json"
                  "is no POOL=FILE|arm=http://127.0.0.1:1/|--machine|machine.json"
                  "says it of arm a second time|arm=http://127.0.0.1:1/|--instance|arm=x|--instance|arm=y"
                  "nothing behind the =|arm=http://127.0.0.1:1/|--instance|arm="
                  "stands there twice|arm=http://127.0.0.1:1/|arm=http://127.0.0.1:1/"
                  "--server-pid .12x. is no number of a process|arm=http://127.0.0.1:1/|--server-pid|arm=12x"
                  "no process has the number 4194304 here|arm=http://127.0.0.1:1/|--server-pid|arm=4194304"
                  "is no cgroup that counts CPU time|arm=http://127.0.0.1:1/|--server-cgroup|arm=none/such"
                  "--server-metrics: .host:9100. does not start with|arm=http://127.0.0.1:1/|--server-metrics|arm=host:9100"
                  "arm has no page|arm=http://127.0.0.1:1/|--server-pod|arm=a/b"
                  "is no NAMESPACE/POD|arm=http://127.0.0.1:1/|--server-metrics|arm=http://127.0.0.1:1/|--server-pod|arm=/b"
                  "does not stand in quotes|arm=http://127.0.0.1:1/|--server-metrics|arm=http://127.0.0.1:1/|--server-series|arm=x{a=b}"
                  "is of no use without|arm=http://127.0.0.1:1/|--server-cpus|arm=4"
                  "is no number of CPUs|arm=http://127.0.0.1:1/|--server-metrics|arm=http://127.0.0.1:1/|--server-cpus|arm=nan"
                  "one of --server-pid|arm=http://127.0.0.1:1/|--server-pid|arm=1|--server-metrics|arm=http://127.0.0.1:1/"
                  "no list of CPUs such as 2-3,8|http://127.0.0.1:1/|--cpus|3-1"
                  "p99-ms|http://127.0.0.1:1/|--p99-ms|0" "--p99-ms: .nan. is no number from 0.01 to 60000|http://127.0.0.1:1/|--p99-ms|nan"
                  "warmup|http://127.0.0.1:1/|--warmup|-1" "warmup|http://127.0.0.1:1/|--warmup|nan"
                  "seconds|http://127.0.0.1:1/|--seconds|nan" "rounds|http://127.0.0.1:1/|--rounds|0"
                  "rate-first|http://127.0.0.1:1/|--rate-first|nan" "rate-max|http://127.0.0.1:1/|--rate-max|inf"
                  "--connections: .1.5. is no whole number from 1 to 10000|http://127.0.0.1:1/|--connections|1.5"
                  "No such file|https://127.0.0.1:1/|--cacert|none.pem" "no certificate|http://127.0.0.1:1/|--cacert|no.pem")
        string(REPLACE "|" ";" words "${wrong}")
        list(POP_FRONT words said)
        expect(2 "${said}" http ${words} --output none.json)
        if(EXISTS ${FOLDER}/none.json)
            message(SEND_ERROR "a wrong flag leaves a file behind")
        endif()
    endforeach()
    expect(1 "127.0.0.1:1/: can't be connected to" http arm=http://127.0.0.1:1/ --instance arm=m7g.large --instance m7i.large --output none.json)
    expect(1 "127.0.0.1:1/.a=b: can't be connected to: 127.0.0.1: connection refused" http HTTP://127.0.0.1:1/?a=b --output none.json)
    # Ctrl-C, here to the process and its group at once, leaves a valid document of what was done.
    execute_process(COMMAND timeout --signal=INT 3 ${PROGRAM} run --kernel sum_f32 --repetitions 900 --output interrupted.json
                    WORKING_DIRECTORY ${FOLDER} OUTPUT_QUIET ERROR_QUIET)
    expect(0 "interrupted.json: interrupted: what had not run by then.*interrupted.json  sha256 " report interrupted.json)

    expect(0 "^file,machine,kind" export result.json --format csv)
    expect(0 "\"benchmarks\"" export result.json --format google-benchmark)
    expect(0 "" report result.json --output report.html)
    expect(0 "" report result.json --output report.md)
    foreach(file report.html report.md)
        file(READ ${FOLDER}/${file} text)
        if(NOT text MATCHES "Kernels on ")
            message(SEND_ERROR "${file} holds no table of kernels")
        endif()
    endforeach()
    expect(2 "no document names an instance or a pool \"m7g.large\"; known are " report --price m7g.large=1 result.json)
    expect(0 "" run --quick --kernel sum_f32 --seconds 0.0001 --no-sweeps --instance m7g.large --output named.json)
    expect(0 "Kernels on .*named.json  sha256 " report --price m7g.large=1 named.json)
    expect(2 "\"m7g.lagre\"; did you mean \"m7g.large\"" report --price m7g.large=1 --price m7g.lagre=1 named.json)
    foreach(file report.pdf report.json)
        expect(2 "a report is never" report result.json -o ${file})
    endforeach()
    expect(0 "" report result.json -o report.2026-11-29)
    expect(0 "" report result.json -o report.pdf --format text)
    foreach(stdout "/dev/full")
        foreach(arguments "report result.json" "export result.json --format csv" "run --quick --kernel sum_f32 --seconds 0.0001 --no-sweeps")
            execute_process(COMMAND sh -c "\"$@\" ${arguments} >${stdout}" sh ${PROGRAM}
                            RESULT_VARIABLE result ERROR_VARIABLE output WORKING_DIRECTORY ${FOLDER})
            if(NOT result EQUAL 1 OR NOT output MATCHES "standard output")
                message(SEND_ERROR "lanewise-bench ${arguments} >${stdout}: exit code ${result}\n${output}")
            endif()
        endforeach()
    endforeach()
    expect(2 "there is no price of z9 to multiply" report result.json --price z9=x0.5)
    expect(2 "not one of each" compare http://127.0.0.1:1/ b)
    # Under qemu-user a program that can't be started is one that ends with 127.
    expect(1 "can't be started|exit code 127" compare ./none ./none)
    # Both programs are tried before the first is measured.
    if(NOT CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL "" AND PROGRAM MATCHES "^[^;]*$")
        expect(1 "/bin/true is no lanewise-bench" compare ${PROGRAM} /bin/true)
        expect(1 "can't be started" compare ${PROGRAM} ./none)
    endif()
    file(WRITE ${FOLDER}/wrk.txt "Requests/sec: 5\n")
    expect(1 "wrk.txt: holds no line of wrk.lua" import-wrk wrk.txt)
else()
    expect(1 "debug build" run --quick)
    expect(1 "debug build" http http://127.0.0.1:1/)
    expect(1 "debug build" compare http://127.0.0.1:1/ http://127.0.0.1:2/)
endif()
