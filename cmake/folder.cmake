# lanewise_folder(<folder> <sources...>)
# One static library for one folder of sources, lanewise_<folder with _ for />. Whoever links it may include the folder's
# headers by their path from the root; whoever does not, can't: the compiler is shown a link to each folder that a target
# depends on, not the root. So an include against the flow of HACKING.md's map does not build.
function(lanewise_folder folder)
    string(REPLACE "/" "_" target lanewise_${folder})
    if(ARGN)
        add_library(${target} STATIC ${ARGN})
        target_link_libraries(${target} PRIVATE lanewise_flags)
        lanewise_show(${target} PUBLIC ${folder})
    else()
        add_library(${target} INTERFACE)
        lanewise_show(${target} INTERFACE ${folder})
    endif()
endfunction()

# Links of an earlier layout go first: a folder that was a link would be written through.
file(REMOVE_RECURSE ${PROJECT_BINARY_DIR}/shown)

# lanewise_show(<target> PUBLIC|PRIVATE|INTERFACE <folders or files...>): lets it include them by their path from the root.
function(lanewise_show target visibility)
    set(shown ${PROJECT_BINARY_DIR}/shown/${target}/${visibility})
    foreach(path IN LISTS ARGN)
        cmake_path(GET path PARENT_PATH parent)
        file(MAKE_DIRECTORY ${shown}/${parent})
        file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${path} ${shown}/${path} SYMBOLIC)
    endforeach()
    target_include_directories(${target} ${visibility} $<BUILD_INTERFACE:${shown}>)
endfunction()
