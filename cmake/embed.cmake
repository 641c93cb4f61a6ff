# A file of data as a string in the program: embed(<target> <file> <header> <name>) makes <header>.hpp with <name>.
function(embed target file header name)
    set(content "")
    if(EXISTS "${file}")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
        file(READ ${file} content)
    endif()
    file(CONFIGURE OUTPUT embedded/${header}.hpp @ONLY CONTENT
"#pragma once
#include <string_view>
namespace lanewise::bench {
inline constexpr std::string_view @name@ = R\"embedded(@content@)embedded\";
}
")
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/embedded)
endfunction()

