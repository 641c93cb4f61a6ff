// OpenSSL's objects, freed where they end, and its failures as exceptions. Private to this folder.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

namespace lanewise::bench {

template <auto Free>
struct with_free {
    template <class T>
    void operator()(T* held) const noexcept {
        Free(held);
    }
};
template <class T, auto Free>
using handle = std::unique_ptr<T, with_free<Free>>;

inline void check_openssl(bool fine, const char* what) {
    if (!fine) throw std::runtime_error{std::string{"OpenSSL: "} + what + " failed"};
}

}  // namespace lanewise::bench
