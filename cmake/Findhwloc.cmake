# hwloc ships a pkg-config file and no CMake package. Its configured header lies in the architecture's own folder.
find_path(hwloc_INCLUDE_DIR hwloc.h)
find_path(hwloc_CONFIG_DIR hwloc/autogen/config.h)
find_library(hwloc_LIBRARY hwloc)
if(hwloc_CONFIG_DIR)
    file(STRINGS ${hwloc_CONFIG_DIR}/hwloc/autogen/config.h line REGEX "define HWLOC_VERSION \"")
    string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" hwloc_VERSION "${line}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(hwloc REQUIRED_VARS hwloc_LIBRARY hwloc_INCLUDE_DIR hwloc_CONFIG_DIR
                                  VERSION_VAR hwloc_VERSION)
mark_as_advanced(hwloc_INCLUDE_DIR hwloc_CONFIG_DIR hwloc_LIBRARY)
if(hwloc_FOUND AND NOT TARGET hwloc::hwloc)
    add_library(hwloc::hwloc UNKNOWN IMPORTED)
    set_target_properties(hwloc::hwloc PROPERTIES IMPORTED_LOCATION ${hwloc_LIBRARY}
                          INTERFACE_INCLUDE_DIRECTORIES "${hwloc_INCLUDE_DIR};${hwloc_CONFIG_DIR}")
endif()
