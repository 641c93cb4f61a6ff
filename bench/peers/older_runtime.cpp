// Debian 13's static archives on an older Debian: the few functions that their compiler and C
// library call by new names.
#include <cstdlib>

#if !__GLIBC_PREREQ(2, 38)
// What strtol is called where it reads C23's 0b101 too.
extern "C" long __isoc23_strtol(const char* text, char** end, int base) {
    return std::strtol(text, end, base);
}
#endif

#if _GLIBCXX_RELEASE < 13
// Streams are made by whoever includes <iostream> there; here each such file makes them.
extern "C" void _ZSt21ios_base_library_initv() {}
#endif
