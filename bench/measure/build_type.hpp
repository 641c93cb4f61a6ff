// Whether this program was compiled for speed. Times of one that was not mean nothing.
#pragma once

namespace lanewise::bench {

#if defined(NDEBUG) && defined(__OPTIMIZE__)
inline constexpr bool release_build = true;
#else
inline constexpr bool release_build = false;
#endif

}  // namespace lanewise::bench
