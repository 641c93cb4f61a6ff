#pragma once
#pragma GCC system_header
// What the switches of switches.mjs call. MUTATION_SWITCHED=N makes the change of that number.
// MUTATION_SWITCHED_SEEN=FILE, of a byte per change, notes what runs: 1 where a place is reached, 2
// where its change makes, or may make, a difference there, 4 where the change would not compile.
// Constants are as they are: no switch works while the compiler computes. The names don't begin
// with LANEWISE_, for the server warns of settings that it does not know.
//
// Everything is always inlined: a function that objects share may be the one that a compiler made
// for a newer CPU.

#if __cplusplus >= 202002L  // CMake asks the compiler for its version first, in an older language

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <type_traits>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MUTATION_INLINE [[gnu::always_inline]] inline

namespace mutation {

inline const int active = [] {
    const char* const number = std::getenv("MUTATION_SWITCHED");
    return number == nullptr ? 0 : std::atoi(number);
}();

inline constexpr int changes_max = 1 << 16;

inline unsigned char* const seen = []() -> unsigned char* {
    const char* const name = std::getenv("MUTATION_SWITCHED_SEEN");
    const int file = name == nullptr ? -1 : ::open(name, O_RDWR | O_CLOEXEC);
    if (file < 0) return nullptr;
    void* const mapped = ::mmap(nullptr, changes_max, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    return mapped == MAP_FAILED ? nullptr : static_cast<unsigned char*>(mapped);
}();

MUTATION_INLINE void note(int number, int bits) {
    if (seen != nullptr) seen[number] = static_cast<unsigned char>(seen[number] | bits);
}

// Whether the change is made; a place whose change makes a difference wherever it is reached.
MUTATION_INLINE constexpr bool is_on(int number) {
    if (std::is_constant_evaluated()) return false;
    note(number, 3);
    return active == number;
}

// `a < b` is written `a < mutation::less{7} < b`: the operators keep what binds more tightly.
template <class A, class Operator>
struct left_of {
    A&& value;
    int number;
};

#define MUTATION_OPERATOR(name, op, other, has_truth)                                           \
    struct name {                                                                               \
        int number;                                                                             \
    };                                                                                          \
    template <class A>                                                                          \
    MUTATION_INLINE constexpr left_of<A, name> operator op(A && a, name place) {                \
        return {static_cast<A&&>(a), place.number};                                             \
    }                                                                                           \
    template <class A, class B>                                                                 \
    MUTATION_INLINE constexpr auto operator op(left_of<A, name> left, B&& b)                    \
        ->std::remove_cvref_t<decltype(static_cast<A&&>(left.value) op static_cast<B&&>(b))> {  \
        using result =                                                                          \
            std::remove_cvref_t<decltype(static_cast<A&&>(left.value) op static_cast<B&&>(b))>; \
        if (!std::is_constant_evaluated()) {                                                    \
            if constexpr (requires(A&& x, B&& y) {                                              \
                              result(static_cast<A&&>(x) other static_cast<B&&>(y));            \
                          }) {                                                                  \
                if (active == left.number)                                                      \
                    return result(static_cast<A&&>(left.value) other static_cast<B&&>(b));      \
                if constexpr (!(has_truth))                                                     \
                    note(left.number, 3);                                                       \
                else if (seen != nullptr)                                                       \
                    note(left.number,                                                           \
                         result(left.value op b) != result(left.value other b) ? 3 : 1);        \
            } else {                                                                            \
                note(left.number, 5);                                                           \
            }                                                                                   \
        }                                                                                       \
        return static_cast<A&&>(left.value) op static_cast<B&&>(b);                             \
    }
MUTATION_OPERATOR(less, <, <=, true)
MUTATION_OPERATOR(greater, >, >=, true)
MUTATION_OPERATOR(at_most, <=, <, true)
MUTATION_OPERATOR(at_least, >=, >, true)
MUTATION_OPERATOR(equal, ==, !=, true)
MUTATION_OPERATOR(unequal, !=, ==, true)
MUTATION_OPERATOR(plus, +, -, false)
MUTATION_OPERATOR(minus, -, +, false)
MUTATION_OPERATOR(times, *, /, false)
MUTATION_OPERATOR(by, /, *, false)

// `a += b` is written `a += mutation::plus_assign{7} += b`, which is read from the right.
template <class B, class Operator>
struct right_of {
    B&& value;
    int number;
};

#define MUTATION_ASSIGNMENT(name, op, other)                                              \
    struct name {                                                                         \
        int number;                                                                       \
    };                                                                                    \
    template <class B>                                                                    \
    MUTATION_INLINE constexpr right_of<B, name> operator op(name place, B && b) {         \
        return {static_cast<B&&>(b), place.number};                                       \
    }                                                                                     \
    template <class A, class B>                                                           \
    MUTATION_INLINE constexpr decltype(auto) operator op(A& a, right_of<B, name> right) { \
        if (!std::is_constant_evaluated()) {                                              \
            if constexpr (requires(A& x, B&& y) { x other static_cast<B&&>(y); }) {       \
                note(right.number, 3);                                                    \
                if (active == right.number)                                               \
                    a other static_cast<B&&>(right.value);                                \
                else                                                                      \
                    a op static_cast<B&&>(right.value);                                   \
                return (a);                                                               \
            } else {                                                                      \
                note(right.number, 5);                                                    \
            }                                                                             \
        }                                                                                 \
        a op static_cast<B&&>(right.value);                                               \
        return (a);                                                                       \
    }
MUTATION_ASSIGNMENT(plus_assign, +=, -=)
MUTATION_ASSIGNMENT(minus_assign, -=, +=)

// `a + 1` is written `a + mutation::one(7)`.
MUTATION_INLINE constexpr int one(int number) {
    return is_on(number) ? 0 : 1;
}

// `a && b` is written `a && mutation::and_left<7>() || mutation::and_right<7>() && b`, and `a || b`
// with or_left and or_right: the first is reached where a is true, and the second always but where
// the first ends it.
template <int Number>
inline thread_local bool was_true = false;

template <int Number>
MUTATION_INLINE bool taken() {
    const bool was = was_true<Number>;
    was_true<Number> = false;
    return was;
}

template <int Number>
MUTATION_INLINE bool and_left() {
    if (active == Number) return true;
    was_true<Number> = true;
    return false;
}

template <int Number>
MUTATION_INLINE bool and_right() {
    return is_on(Number) || taken<Number>();
}

template <int Number>
MUTATION_INLINE bool or_left() {
    if (!is_on(Number)) return true;
    was_true<Number> = true;
    return false;
}

template <int Number>
MUTATION_INLINE bool or_right() {
    return !is_on(Number) || taken<Number>();
}

// `std::min` is written `mutation::extreme<7, true>::of`, `std::max` with false.
template <int Number, bool IsLeast>
struct extreme {
    template <class T, class... Compare>
    MUTATION_INLINE static constexpr const T& of(const T& a, const T& b, Compare... compare) {
        return is_on(Number) != IsLeast ? std::min(a, b, compare...) : std::max(a, b, compare...);
    }
    template <class T, class... Compare>
    MUTATION_INLINE static constexpr T of(std::initializer_list<T> list, Compare... compare) {
        return is_on(Number) != IsLeast ? std::min(list, compare...) : std::max(list, compare...);
    }
};

}  // namespace mutation

#endif
