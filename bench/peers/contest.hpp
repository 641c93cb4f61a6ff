// One row of the table: ours and theirs on the same data, one thread, samples interleaved at
// random. The ratio is theirs to ours in time, so that more than 1 means that ours is faster; it is
// taken within each round, and its quartiles say how steady it was.
#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <vector>

namespace lanewise::peers {

struct peer {
    std::string name;
    double goal;  ///< 0: none
    std::function<void()> call;
};

struct contest {
    std::string kernel;
    std::string size;
    double work;       ///< of one call, in units
    const char* unit;  ///< of work a nanosecond
    std::function<void()> ours;
    std::vector<peer> theirs;
};

/// What the command line asks for.
struct options {
    std::string isa = "avx512";
    std::string kernel;  ///< empty: all
    std::string size;    ///< empty: all
    double seconds = 1;  ///< a row
};

/// Measures what the options ask for, and prints a row for each peer.
void measure(const contest& of, const options& chosen);

/// Keeps a result, and all that memory holds, from being optimised away.
template <class T>
void keep(const T& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

/// A peer that was not found is null, and is left out.
template <class Function, class... Arguments>
void add_peer(contest& to, const char* name, double goal, Function function,
              Arguments... arguments) {
    if (!function) return;
    to.theirs.push_back({name, goal, [=] {
                             if constexpr (std::is_void_v<decltype(function(arguments...))>) {
                                 function(arguments...);
                                 keep(function);
                             } else {
                                 keep(function(arguments...));
                             }
                         }});
}

}  // namespace lanewise::peers
