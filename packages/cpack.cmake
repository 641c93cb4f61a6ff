# What CPack makes a .deb of: packages/pack hands in the staged files and the facts that differ, by -D.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "Lanewise")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "Lanewise maintainers <lanewise@users.noreply.github.com>")
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
