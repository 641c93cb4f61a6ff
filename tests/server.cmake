# The server: units, connections on real sockets, conformance by RFC, limits, faults, and the program itself.
add_library(lanewise_test_peer OBJECT http_peer.cpp)
target_link_libraries(lanewise_test_peer PUBLIC lanewise_server_library doctest::doctest PRIVATE lanewise_flags)

# lanewise_server_test(<name> <part...>): tests/<part>_test.cpp, all in one program and one ctest entry.
function(lanewise_server_test name)
    list(TRANSFORM ARGN APPEND _test.cpp OUTPUT_VARIABLE sources)
    add_executable(${name}_test ${sources})
    target_link_libraries(${name}_test PRIVATE lanewise_flags lanewise_test_main lanewise_test_peer)
    add_test(NAME ${name} COMMAND ${name}_test)
endfunction()

lanewise_server_test(session session)
lanewise_server_test(conformance conformance_message conformance_framing conformance_connection conformance_semantics)
