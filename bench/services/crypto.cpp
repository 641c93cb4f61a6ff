#include <openssl/evp.h>

#include <array>
#include <string>
#include <vector>

#include "openssl_handles.hpp"
#include "sample_data.hpp"
#include "service_tasks.hpp"

namespace lanewise::bench {
namespace {

constexpr std::size_t message_bytes = 16 << 10;

const unsigned char* bytes_of(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// Each message gets a nonce of its own and a tag, as a record of TLS does.
class sealing : public task {
public:
    explicit sealing(const char* cipher)
        : cipher_{EVP_CIPHER_fetch(nullptr, cipher, nullptr)},
          context_{EVP_CIPHER_CTX_new()},
          message_{sample_noise(sample_seed, message_bytes)},
          sealed_(message_bytes + 16) {
        const auto key = sample_noise(sample_seed + 1, 32);
        check_openssl(cipher_ && context_ &&
                          EVP_EncryptInit_ex2(context_.get(), cipher_.get(), bytes_of(key),
                                              nonce_.data(), nullptr) == 1,
                      cipher);
    }

    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) {
            ++nonce_.back();
            int written = 0, rest = 0;
            auto* to = sealed_.data();
            const bool fine = EVP_EncryptInit_ex2(context_.get(), nullptr, nullptr, nonce_.data(),
                                                  nullptr) == 1 &&
                              EVP_EncryptUpdate(context_.get(), to, &written, bytes_of(message_),
                                                static_cast<int>(message_bytes)) == 1 &&
                              EVP_EncryptFinal_ex(context_.get(), to + written, &rest) == 1 &&
                              EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, 16,
                                                  to + message_bytes) == 1;
            check_openssl(fine, "to encrypt");
        }
        asm volatile("" : : "r"(sealed_.data()) : "memory");
        return static_cast<double>(times) * static_cast<double>(message_bytes);
    }

private:
    handle<EVP_CIPHER, EVP_CIPHER_free> cipher_;
    handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context_;
    std::string message_;
    std::vector<unsigned char> sealed_;
    std::array<unsigned char, 12> nonce_{};
};

class hashing : public task {
public:
    hashing()
        : digest_{EVP_MD_fetch(nullptr, "SHA256", nullptr)},
          context_{EVP_MD_CTX_new()},
          message_{sample_noise(sample_seed, message_bytes)} {
        check_openssl(digest_ && context_, "SHA-256");
    }
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) {
            unsigned length = 0;
            const bool fine =
                EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1 &&
                EVP_DigestUpdate(context_.get(), message_.data(), message_.size()) == 1 &&
                EVP_DigestFinal_ex(context_.get(), hash_.data(), &length) == 1;
            check_openssl(fine, "SHA-256");
        }
        asm volatile("" : : "r"(hash_.data()) : "memory");
        return static_cast<double>(times) * static_cast<double>(message_bytes);
    }

private:
    handle<EVP_MD, EVP_MD_free> digest_;
    handle<EVP_MD_CTX, EVP_MD_CTX_free> context_;
    std::string message_;
    std::array<unsigned char, 32> hash_{};
};

class sharing : public task {
public:
    sharing() {
        const auto own = sample_noise(sample_seed, 32), other = sample_noise(sample_seed + 1, 32);
        own_.reset(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, bytes_of(own), 32));
        other_.reset(
            EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, bytes_of(other), 32));
        context_.reset(own_ ? EVP_PKEY_CTX_new_from_pkey(nullptr, own_.get(), nullptr) : nullptr);
        check_openssl(context_ && other_ && EVP_PKEY_derive_init(context_.get()) == 1 &&
                          EVP_PKEY_derive_set_peer(context_.get(), other_.get()) == 1,
                      "X25519");
    }
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) {
            std::size_t length = secret_.size();
            check_openssl(EVP_PKEY_derive(context_.get(), secret_.data(), &length) == 1, "X25519");
        }
        asm volatile("" : : "r"(secret_.data()) : "memory");
        return static_cast<double>(times);
    }

private:
    handle<EVP_PKEY, EVP_PKEY_free> own_, other_;
    handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context_;
    std::array<unsigned char, 32> secret_{};
};

}  // namespace

std::unique_ptr<task> aes_256_gcm_task() {
    return std::make_unique<sealing>("AES-256-GCM");
}
std::unique_ptr<task> chacha20_poly1305_task() {
    return std::make_unique<sealing>("ChaCha20-Poly1305");
}
std::unique_ptr<task> sha256_task() {
    return std::make_unique<hashing>();
}
std::unique_ptr<task> x25519_task() {
    return std::make_unique<sharing>();
}

}  // namespace lanewise::bench
