# Makes one document of server/page/, and a .cpp of it:
#   cmake -DFOLDER=server/page -DMODULES=a.mjs,b.mjs -DOUTPUT=page_template.cpp -P embed_page.cmake
# One document, for a load balancer may send each connection to another pod, and in a canary that is another version:
# scripts that came by requests of their own would not fit the page. The modules become one script, in the order given,
# without their import and export words; so their top-level names have to differ.
cmake_minimum_required(VERSION 3.25)
string(REPLACE "," ";" modules "${MODULES}")
set(script "")
foreach(module IN LISTS modules)
    file(READ "${FOLDER}/${module}" text)
    string(REGEX REPLACE "(^|\n)import [^\n]*" "" text "${text}")
    string(REGEX REPLACE "(^|\n)export " "\\1" text "${text}")
    string(APPEND script "${text}")
endforeach()
string(REGEX MATCHALL "\n(export )?(async )?(const|let|class|function) [A-Za-z0-9_]+" names "\n${script}")
list(TRANSFORM names REPLACE ".* " "")
set(seen ${names})
list(REMOVE_DUPLICATES seen)
foreach(name IN LISTS seen)
    list(REMOVE_AT names 0)
    if(name IN_LIST names)
        message(FATAL_ERROR "server/page/: two modules have ${name} at top level")
    endif()
endforeach()

file(READ "${FOLDER}/style.css" style)
# Neither is read by people: comments and indentation stay here.
string(REGEX REPLACE "(^|\n) *//[^\n]*" "" script "${script}")
string(REGEX REPLACE "\n[ \n]+" "\n" script "${script}")
string(REGEX REPLACE "/\\*[^*]*\\*+([^/*][^*]*\\*+)*/" "" style "${style}")
string(REGEX REPLACE "\n[ \n]+" "\n" style "${style}")

file(READ "${FOLDER}/index.html" page)
string(REPLACE "{{style}}" "${style}" page "${page}")
string(REPLACE "{{script}}" "${script}" page "${page}")
file(WRITE "${OUTPUT}" "// Made from server/page/ by cmake/embed_page.cmake.\n#include \"server/page/page.hpp\"\n\n\
namespace lanewise::server {\n\nconst std::string_view page_template = R\"lanewise(${page})lanewise\";\n\n}  // namespace lanewise::server\n")
