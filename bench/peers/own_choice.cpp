// Peers that choose their instructions at run time, and the standard library.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <vector>

#include "peers.hpp"

#if PEERS_OPENBLAS
#include <cblas.h>
#endif
#if PEERS_VQSORT
#include <hwy/contrib/sort/vqsort.h>
#endif

#if PEERS_SIMDJSON
#include <simdjson.h>
#endif
#if PEERS_ONEDNN
#include <dnnl.h>
#endif

namespace lanewise::peers {
namespace {

#if PEERS_OPENBLAS

float openblas_dot(const float* x, const float* y, std::size_t count) {
    return cblas_sdot(static_cast<blasint>(count), x, 1, y, 1);
}

void openblas_gemm(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
                   float* c) {
    const auto size = [](std::size_t count) { return static_cast<blasint>(count); };
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size(m), size(n), size(k), 1.0F, a,
                size(k), b, size(n), 0.0F, c, size(n));
}

#endif

void partial_sort(const float* x, std::size_t count, std::size_t k, std::uint32_t* indexes) {
    static thread_local std::vector<std::uint32_t> all;
    all.resize(count);
    std::iota(all.begin(), all.end(), 0U);
    std::partial_sort(
        all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k), all.end(),
        [x](std::uint32_t a, std::uint32_t b) { return x[a] > x[b] || (x[a] == x[b] && a < b); });
    std::copy_n(all.begin(), k, indexes);
}

#if PEERS_VQSORT

// The k largest by `sort` of keys that order as floats do, with the index below; no NaN among the
// data of this benchmark.
template <class Sort>
void by_keys(const float* x, std::size_t count, std::size_t k, std::uint32_t* indexes,
             const Sort& sort) {
    static thread_local std::vector<std::uint64_t> keys;
    keys.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(x[i]);
        const std::uint32_t order = (bits >> 31) != 0 ? ~bits : bits | 0x80000000U;
        keys[i] = std::uint64_t{order} << 32 | (0xffffffffU - static_cast<std::uint32_t>(i));
    }
    sort(keys.data());
    for (std::size_t j = 0; j < k; ++j)
        indexes[j] = 0xffffffffU - static_cast<std::uint32_t>(keys[j]);
}

void vqsort(const float* x, std::size_t count, std::size_t k, std::uint32_t* indexes) {
    static const hwy::Sorter sorter;
    by_keys(x, count, k, indexes,
            [&](std::uint64_t* keys) { sorter(keys, count, hwy::SortDescending()); });
}

#if PEERS_VQSELECT

// Selects the k largest, and sorts those alone.
void vqselect(const float* x, std::size_t count, std::size_t k, std::uint32_t* indexes) {
    by_keys(x, count, k, indexes, [&](std::uint64_t* keys) {
        hwy::VQPartialSort(keys, count, k, hwy::SortDescending());
    });
}

#endif
#endif

#if PEERS_SIMDJSON

bool simdjson_utf8(const std::uint8_t* x, std::size_t count, const char* implementation) {
    static const auto* const chosen = simdjson::get_available_implementations()[implementation];
    return chosen->validate_utf8(reinterpret_cast<const char*>(x), count);
}

#endif
#if PEERS_ONEDNN

void onednn_gemm_i8(std::size_t m, std::size_t n, std::size_t k, const std::int8_t* a,
                    const std::int8_t* b, std::int32_t* c) {
    const auto size = [](std::size_t count) { return static_cast<dnnl_dim_t>(count); };
    const std::int32_t no_offset = 0;
    dnnl_gemm_s8s8s32('N', 'N', 'F', size(m), size(n), size(k), 1.0F, a, size(k), 0, b, size(n), 0,
                      0.0F, c, size(n), &no_offset);
}

#endif

}  // namespace

own_choice find_own_choice() {
    own_choice out{};
#if PEERS_OPENBLAS
    openblas_set_num_threads(1);
    out.openblas_core = openblas_get_corename();
    out.openblas_dot = openblas_dot;
    out.openblas_gemm = openblas_gemm;
#endif
    out.partial_sort = partial_sort;
#if PEERS_VQSORT
    out.vqsort = vqsort;
#if PEERS_VQSELECT
    out.vqselect = vqselect;
#endif
#endif
#if PEERS_SIMDJSON
    out.simdjson_utf8 = simdjson_utf8;
    out.ondemand_floats = ondemand_floats;
    out.dom_floats = dom_floats;
#endif
#if PEERS_FAST_FLOAT
    out.fast_floats = fast_floats;
#endif
#if PEERS_ONEDNN
    out.onednn_gemm_i8 = onednn_gemm_i8;
#endif
    return out;
}

}  // namespace lanewise::peers
