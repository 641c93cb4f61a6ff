# The server: units, connections on real sockets, conformance by RFC, limits, faults, and the program itself.
add_library(lanewise_test_peer OBJECT http_peer.cpp)
target_link_libraries(lanewise_test_peer PUBLIC lanewise_server_library doctest::doctest PRIVATE lanewise_flags)

# lanewise_server_program(<name> <part...>): tests/<part>_test.cpp, all in one program.
function(lanewise_server_program name)
    list(TRANSFORM ARGN APPEND _test.cpp OUTPUT_VARIABLE sources)
    add_executable(${name}_test ${sources})
    target_link_libraries(${name}_test PRIVATE lanewise_flags lanewise_test_main lanewise_test_peer)
endfunction()

# The same, as one ctest entry.
function(lanewise_server_test name)
    lanewise_server_program(${name} ${ARGN})
    add_test(NAME ${name} COMMAND ${name}_test)
endfunction()

lanewise_server_test(session session interleaving metrics openapi threads)
lanewise_server_test(conformance conformance_message conformance_framing conformance_chunked conformance_connection
    conformance_semantics conformance_content)
lanewise_server_test(limits limits)
lanewise_server_test(access access)
lanewise_server_test(allocations allocations)
# GCC 12 with -fsanitize=address takes parts of its own <regex> for uninitialised (its bug 105562).
set_source_files_properties(conformance_semantics_test.cpp PROPERTIES
    COMPILE_OPTIONS $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
lanewise_server_test(page page)
lanewise_server_test(server_units config target wire body_pool compute)

# The program itself, behind the emulator where it is of another architecture.
string(REPLACE ";" "|" emulator "${CMAKE_CROSSCOMPILING_EMULATOR}")
add_library(lanewise_test_process OBJECT server_process.cpp)
target_link_libraries(lanewise_test_process PUBLIC lanewise_server_library doctest::doctest PRIVATE lanewise_flags)
target_compile_definitions(lanewise_test_process PRIVATE
    LANEWISE_SERVER_COMMAND="${emulator}|$<TARGET_FILE:lanewise-server>")
foreach(name program faults)
    lanewise_server_program(${name} ${name})
    target_link_libraries(${name}_test PRIVATE lanewise_test_process)
    add_dependencies(${name}_test lanewise-server)
endforeach()
add_test(NAME program COMMAND program_test)
add_test(NAME faults COMMAND faults_test "--test-case-exclude=ten thousand*,memory*")
# What some machines can't show stands apart, so that it is seen as Skipped there.
add_test(NAME faults.idle COMMAND faults_test "--test-case=ten thousand*")
add_test(NAME faults.memory COMMAND faults_test "--test-case=memory*")
set_tests_properties(faults.idle faults.memory PROPERTIES SKIP_REGULAR_EXPRESSION "Skipped:")
