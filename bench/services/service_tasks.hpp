// The tasks of this folder, each with the library that does the work. Private to it.
#pragma once

#include <cstddef>
#include <memory>

#include "bench/measure/crew.hpp"

namespace lanewise::bench {

// tls_handshake.cpp
/// Full handshakes of TLS 1.3 with ECDSA on P-256, two tickets each; the client's part, which runs
/// on the same thread, is not counted.
[[nodiscard]] std::unique_ptr<task> tls_handshake_task();

// crypto.cpp: bytes, in messages of 16 KiB, which is a record of TLS
[[nodiscard]] std::unique_ptr<task> aes_256_gcm_task();
[[nodiscard]] std::unique_ptr<task> chacha20_poly1305_task();
[[nodiscard]] std::unique_ptr<task> sha256_task();
/// Shared secrets with one peer.
[[nodiscard]] std::unique_ptr<task> x25519_task();

// compression.cpp: bytes of the text, which both ways begin or end with
[[nodiscard]] std::unique_ptr<task> zstd_compress_task();
[[nodiscard]] std::unique_ptr<task> zstd_decompress_task();
[[nodiscard]] std::unique_ptr<task> gzip_compress_task();
[[nodiscard]] std::unique_ptr<task> gzip_decompress_task();

// parsing.cpp: bytes of the JSON text
[[nodiscard]] std::unique_ptr<task> json_parse_task();
[[nodiscard]] std::unique_ptr<task> json_write_task();

// memory.cpp
/// Loads of which each needs the last one's result, over so many bytes in an order of chance.
[[nodiscard]] std::unique_ptr<task> pointer_chase_task(std::size_t bytes);
/// Whole cache lines of 64 bytes in an order of chance, each read independent of the others.
[[nodiscard]] std::unique_ptr<task> random_read_task(std::size_t bytes);
/// Keys sorted, 65,536 of them at a time, with the copy that brings them into disorder.
[[nodiscard]] std::unique_ptr<task> sort_task();
/// Lookups in a table of a million entries, half of them in vain.
[[nodiscard]] std::unique_ptr<task> hash_lookup_task();

}  // namespace lanewise::bench
