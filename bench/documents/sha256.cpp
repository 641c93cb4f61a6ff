#include "sha256.hpp"

#include <openssl/sha.h>

namespace lanewise::bench {

std::string sha256(std::string_view data) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

std::string sha256_hex(std::string_view data) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char byte : sha256(data)) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

}  // namespace lanewise::bench
