#include "contests.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "kernels/bodies/scratch.hpp"
#include "kernels/catalogue.hpp"
#include "kernels/generate.hpp"
#include "kernels/kernels.hpp"
#include "peers.hpp"
#include "server/calls/wire.hpp"
#include "server/http/body_pool.hpp"

namespace lanewise::peers {
namespace {

// Arrays begin with a cache line, as every library's own allocator would have it.
template <class T>
struct line_allocator {
    using value_type = T;
    static constexpr std::align_val_t line{64};
    T* allocate(std::size_t count) {
        return static_cast<T*>(::operator new(count * sizeof(T), line));
    }
    void deallocate(T* memory, std::size_t /*count*/) { ::operator delete(memory, line); }
    friend bool operator==(line_allocator, line_allocator) { return true; }
};
template <class T>
using array_of = std::vector<T, line_allocator<T>>;

template <class T>
array_of<T> generated(kernels::element_type type, std::size_t count, std::uint64_t array) {
    array_of<T> out(count + 64 / sizeof(T));
    kernels::generate(type, 1, array, 0, count, out.data());
    return out;
}

std::string text(std::size_t number) {
    return std::to_string(number);
}

char* printed_by_to_chars(const float* from, std::size_t count, char* to) {
    for (std::size_t i = 0; i < count; ++i) {
        to = std::to_chars(to, to + 16, from[i]).ptr;
        *to++ = ',';
    }
    return to;
}

class contests {
public:
    explicit contests(options chosen)
        : chosen_(std::move(chosen)),
          wide_(chosen_.isa == "avx512" || chosen_.isa == "amx"),
          isa_(wide_ ? avx512 : avx2),
          loops_(wide_ ? avx512_loops : avx2_loops),
          options_(wide_ ? avx512_options : avx2_options),
          own_(find_own_choice()) {}

    void run() {
        std::printf("kernels run %s; OpenBLAS runs its core type %s\n\n",
                    std::string{kernels::active_variant()}.c_str(),
                    own_.openblas_core ? own_.openblas_core : "(not found)");
        std::printf(
            "| kernel | size | isa | ours | peer | theirs | ratio (quartiles) | goal "
            "|\n|---|---|---|---|---|---|---|---|\n");
        if (wanted("dot_f32")) dot_f32();
        if (wanted("sum_f32")) sum_f32();
        if (wanted("dot_i8")) dot_i8();
        if (wanted("exp_f32")) exp_f32();
        if (wanted("softmax_f32")) softmax_f32();
        if (wanted("black_scholes_f32")) black_scholes_f32();
        if (wanted("gemm_f32")) gemm_f32();
        if (wanted("gemm_i8")) gemm_i8();
        if (wanted("convolve_f32")) convolve_f32();
        if (wanted("histogram_u8")) histogram_u8();
        if (wanted("topk_f32")) topk_f32();
        if (wanted("utf8_validate")) utf8_validate();
        if (wanted("json")) json();
    }

private:
    bool wanted(const char* name) const { return chosen_.kernel.empty() || chosen_.kernel == name; }

    void dot_f32() {
        for (const std::size_t n :
             {1UL, 8UL, 32UL, 100UL, 768UL, 4096UL, 65536UL, 1048576UL, 33554432UL}) {
            const auto x = generated<float>(kernels::element_type::f32, n, 0);
            const auto y = generated<float>(kernels::element_type::f32, n, 1);
            contest of{"dot_f32",
                       text(n),
                       8.0 * static_cast<double>(n),
                       "GB/s",
                       [n, x = x.data(), y = y.data()] { keep(kernels::dot_f32({x, n}, {y, n})); },
                       {}};
            const double goal = n == 100         ? 0.95
                                : n == 768       ? 0.95
                                : n == 4096      ? 0.97
                                : n > 10'000'000 ? 1.0
                                                 : 0.0;
            add_peer(of, "Highway", goal, isa_.highway_dot, x.data(), y.data(), n);
            add_peer(of, "OpenBLAS", goal, own_.openblas_dot, x.data(), y.data(), n);
            add_peer(of, "Eigen", 0, isa_.eigen_dot, x.data(), y.data(), n);
            add_peer(of, "free order", 0, isa_.free_dot, x.data(), y.data(), n);
            measure(of, chosen_);
        }
    }

    void sum_f32() {
        for (const std::size_t n :
             {1UL, 8UL, 32UL, 100UL, 4096UL, 131072UL, 2097152UL, 67108864UL}) {
            const auto x = generated<float>(kernels::element_type::f32, n, 0);
            contest of{"sum_f32",
                       text(n),
                       4.0 * static_cast<double>(n),
                       "GB/s",
                       [n, x = x.data()] { keep(kernels::sum_f32({x, n})); },
                       {}};
            const double goal = n == 4096 || n > 10'000'000 ? 1.0 : 0;
            add_peer(of, "Highway", n == 100 ? 0.95 : goal, isa_.highway_sum, x.data(), n);
            add_peer(of, "Eigen", goal, isa_.eigen_sum, x.data(), n);
            add_peer(of, "read loop", n == 4096 ? 0.9 : 0, isa_.read, x.data(), n);
            add_peer(of, "free order", 0, isa_.free_sum, x.data(), n);
            measure(of, chosen_);
        }
    }

    void dot_i8() {
        for (const std::size_t n :
             {1UL, 8UL, 32UL, 100UL, 768UL, 4096UL, 262144UL, 4194304UL, 134217728UL}) {
            const auto x = generated<std::int8_t>(kernels::element_type::i8, n, 0);
            const auto y = generated<std::int8_t>(kernels::element_type::i8, n, 1);
            contest of{"dot_i8",
                       text(n),
                       2.0 * static_cast<double>(n),
                       "GB/s",
                       [n, x = x.data(), y = y.data()] { keep(kernels::dot_i8({x, n}, {y, n})); },
                       {}};
            const double goal = n == 4096                    ? (wide_ ? 2.0 : 1.0)
                                : n == 100 || n > 10'000'000 ? 1.0
                                                             : 0.0;
            add_peer(of, "SimSIMD", goal, isa_.simsimd_dot_i8, x.data(), y.data(), n);
            measure(of, chosen_);
        }
    }

    void exp_f32() {
        for (const std::size_t n : {100UL, 4096UL, 65536UL, 1048576UL, 33554432UL}) {
            auto x = generated<float>(kernels::element_type::f32, n, 0);
            for (float& value : x) value *= 10;
            array_of<float> result(n);
            contest of{"exp_f32",
                       text(n),
                       static_cast<double>(n),
                       "Gelem/s",
                       [&] { kernels::exp_f32({x.data(), n}, result); },
                       {}};
            const double goal = n == 4096 ? 1.2 : 0;
            add_peer(of, "libmvec", goal, isa_.libmvec_exp, x.data(), result.data(), n);
            add_peer(of, "SLEEF", goal, isa_.sleef_exp, x.data(), result.data(), n);
            measure(of, chosen_);
        }
    }

    void softmax_f32() {
        for (const std::size_t n : {100UL, 4096UL, 65536UL, 1048576UL, 33554432UL}) {
            auto x = generated<float>(kernels::element_type::f32, n, 0);
            for (float& value : x) value *= 10;
            array_of<float> result(n);
            contest of{"softmax_f32",
                       text(n),
                       static_cast<double>(n),
                       "Gelem/s",
                       [&] { kernels::softmax_f32({x.data(), n}, result); },
                       {}};
            add_peer(of, "-ffast-math", n == 4096 ? 1.3 : 0, loops_.softmax, x.data(),
                     result.data(), n);
            add_peer(of, "free order", 0, isa_.free_softmax, x.data(), result.data(), n);
            measure(of, chosen_);
        }
    }

    void black_scholes_f32() {
        const auto& arrays = kernels::find_kernel("black_scholes_f32")->inputs;
        for (const std::size_t n : {100UL, 1024UL, 16384UL, 1048576UL, 8388608UL}) {
            std::vector<array_of<float>> data;
            std::vector<const float*> in;
            for (std::size_t a = 0; a < arrays.size(); ++a) {
                data.push_back(generated<float>(kernels::element_type::f32, n, a));
                kernels::generate(arrays[a], 1, a, 0, n, data.back().data());
                in.push_back(data.back().data());
            }
            array_of<float> call(n);
            array_of<float> put(n);
            const kernels::options options{
                {in[0], n}, {in[1], n}, {in[2], n}, {in[3], n}, {in[4], n}};
            contest of{"black_scholes_f32",
                       text(n),
                       static_cast<double>(n),
                       "Gelem/s",
                       [&] { kernels::black_scholes_f32(options, call, put); },
                       {}};
            const double goal = n == 1024 ? 1.0 : 0;
            add_peer(of, "libmvec", goal, options_.libmvec, in.data(), call.data(), put.data(), n);
            add_peer(of, "SLEEF", goal, options_.sleef, in.data(), call.data(), put.data(), n);
            measure(of, chosen_);
        }
    }

    void gemm_f32() {
        const std::size_t shapes[][3] = {
            {8, 8, 8},       {64, 64, 64},      {100, 100, 100},    {255, 257, 259},
            {256, 256, 256}, {512, 512, 512},   {1000, 1000, 1000}, {1024, 1024, 1024},
            {1, 1024, 1024}, {2, 1024, 1024},   {3, 1024, 1024},    {1024, 1, 1024},
            {1000, 1, 1000}, {100, 1, 100},     {1024, 2, 1024},    {1024, 3, 1024},
            {1024, 4, 1024}, {1024, 8, 1024},   {1024, 1024, 1},    {17, 2000, 65},
            {4096, 16, 64},  {2048, 2048, 2048}};
        for (const auto& [m, n, k] : shapes) {
            const auto a = generated<float>(kernels::element_type::f32, m * k, 0);
            const auto b = generated<float>(kernels::element_type::f32, k * n, 1);
            array_of<float> c(m * n);
            array_of<float> scratch(kernels::gemm_scratch_bytes(n, k) / 4);
            const std::string size =
                m == n && n == k ? text(m) : text(m) + "x" + text(n) + "x" + text(k);
            contest of{
                "gemm_f32",
                size,
                2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k),
                "GFLOP/s",
                [&, m = m, n = n, k = k] {
                    kernels::gemm_f32(m, n, k, {a.data(), m * k}, {b.data(), k * n}, c);
                },
                {}};
            // Odd shapes: no cliff.
            const bool cube = m == n && n == k;
            const bool column = n == 1 && m > 1;
            const double goal = cube               ? (m >= 1000  ? 1.0
                                                      : m >= 256 ? 0.97
                                                      : m >= 64  ? 0.95
                                                                 : 0.9)
                                : column || n == 8 ? 1.0
                                                   : 0.9;
            add_peer(of, "OpenBLAS", goal, own_.openblas_gemm, m, n, k, a.data(), b.data(),
                     c.data());
            add_peer(of, "Eigen", column ? 0.95 : 0, isa_.eigen_gemm, m, n, k, a.data(), b.data(),
                     c.data());
            add_peer(of, "free order", 0, isa_.free_gemm, m, n, k, a.data(), b.data(), c.data(),
                     scratch.data());
            measure(of, chosen_);
        }
    }

    // Beside the libraries, our own product of floats: what a byte is to gain over one. On AVX2
    // exact instructions allow twice at most, on VNNI four times.
    void gemm_i8() {
        const std::size_t shapes[][3] = {{8, 8, 8},       {64, 64, 64},       {100, 100, 100},
                                         {256, 256, 256}, {512, 512, 512},    {1000, 1000, 1000},
                                         {1, 1024, 1024}, {3, 1024, 1024},    {1024, 1, 1024},
                                         {1024, 8, 1024}, {1024, 1024, 1024}, {17, 2000, 65}};
        for (const auto& [m, n, k] : shapes) {
            const auto a = generated<std::int8_t>(kernels::element_type::i8, m * k, 0);
            const auto b = generated<std::int8_t>(kernels::element_type::i8, k * n, 1);
            const auto a_floats = generated<float>(kernels::element_type::f32, m * k, 0);
            const auto b_floats = generated<float>(kernels::element_type::f32, k * n, 1);
            array_of<std::int32_t> c(m * n);
            array_of<float> c_floats(m * n);
            contest of{
                "gemm_i8",
                m == n && n == k ? text(m) : text(m) + "x" + text(n) + "x" + text(k),
                2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k),
                "Gop/s",
                [&, m = m, n = n, k = k] {
                    kernels::gemm_i8(m, n, k, {a.data(), m * k}, {b.data(), k * n}, c);
                },
                {}};
            add_peer(of, "oneDNN", 1.0, own_.onednn_gemm_i8, m, n, k, a.data(), b.data(), c.data());
            add_peer(of, "gemmlowp", 1.0, isa_.gemmlowp_gemm_i8, m, n, k, a.data(), b.data(),
                     c.data());
            of.theirs.push_back({"our gemm_f32", m >= 256 && chosen_.isa != "avx2" ? 3.0 : 0,
                                 [&, m = m, n = n, k = k] {
                                     kernels::gemm_f32(m, n, k, {a_floats.data(), m * k},
                                                       {b_floats.data(), k * n}, c_floats);
                                 }});
            measure(of, chosen_);
        }
    }

    void convolve_f32() {
        const std::size_t shapes[][2] = {{16, 16},     {37, 53},     {64, 64},     {512, 512},
                                         {1024, 1024}, {1080, 1920}, {4096, 4096}, {3, 100'000}};
        const auto weights = generated<float>(kernels::element_type::f32, 25, 1);
        for (const auto& [height, width] : shapes) {
            const std::size_t n = height * width;
            const auto image = generated<float>(kernels::element_type::f32, n, 0);
            array_of<float> result(n);
            const std::span<const float, 25> taps(weights.data(), 25);
            contest of{"convolve_f32",
                       text(height) + "x" + text(width),
                       static_cast<double>(n),
                       "Gelem/s",
                       [&, height = height, width = width] {
                           kernels::convolve_f32(height, width, {image.data(), n}, taps, result);
                       },
                       {}};
            const double goal = height == 512 || height == 1080 ? 1.0 : 0;
            add_peer(of, "-O3 -ffast-math", goal, loops_.convolve, height, width, image.data(),
                     weights.data(), result.data());
            measure(of, chosen_);
        }
    }

    void histogram_u8() {
        const auto contest_of = [&](const array_of<std::uint8_t>& x, std::size_t n,
                                    const std::string& size, double goal) {
            std::uint64_t counts[256];
            contest of{"histogram_u8",
                       size,
                       static_cast<double>(n),
                       "GB/s",
                       [&] { kernels::histogram_u8({x.data(), n}, counts); },
                       {}};
            add_peer(of, "four tables", goal, loops_.histogram, x.data(), n, &counts[0]);
            measure(of, chosen_);
        };
        for (const std::size_t n : {100UL, 4096UL, 65536UL, 1048576UL, 134217728UL}) {
            const auto x = generated<std::uint8_t>(kernels::element_type::u8, n, 0);
            contest_of(x, n, text(n), n == 4096 || n == 65536 ? 1.05 : n == 1048576 ? 1.0 : 0);
        }
        constexpr std::size_t n = 65536;
        contest_of(array_of<std::uint8_t>(n, 7), n, text(n) + ", constant", 1.0);
        auto bits = generated<std::uint8_t>(kernels::element_type::u8, n, 0);
        for (auto& each : bits) each &= 1;
        contest_of(bits, n, text(n) + ", 0 or 1", 1.0);
    }

    void topk_f32() {
        const std::size_t sizes[][2] = {
            {4096, 10}, {1'000'000, 10}, {1'000'000, 1000}, {1'000'000, 100'000}, {33'554'432, 10}};
        for (const auto& [n, k] : sizes) {
            const auto x = generated<float>(kernels::element_type::f32, n, 0);
            array_of<float> values(k);
            array_of<std::uint32_t> indexes(k);
            contest of{"topk_f32",
                       text(n) + ", k=" + text(k),
                       static_cast<double>(n),
                       "Gelem/s",
                       [&, n = n] { kernels::topk_f32({x.data(), n}, values, indexes); },
                       {}};
            const bool goals = n == 1'000'000 && k == 10;
            add_peer(of, "partial_sort", goals ? 5.0 : 0, own_.partial_sort, x.data(), n, k,
                     indexes.data());
            add_peer(of, "vqsort", k == 100'000 ? 1.0 : 0, own_.vqsort, x.data(), n, k,
                     indexes.data());
            add_peer(of, "vqsort-select", goals ? 0.8 : 0, own_.vqselect, x.data(), n, k,
                     indexes.data());
            measure(of, chosen_);
        }
    }

    void utf8_validate() {
        const kernels::array mixed = kernels::find_kernel("utf8_validate")->inputs[0];
        for (const std::size_t n : {100UL, 4096UL, 65536UL, 1048576UL, 134217728UL}) {
            for (const bool ascii : {false, true}) {
                auto x = generated<std::uint8_t>(kernels::element_type::u8, n, 0);
                kernels::generate(mixed, 1, 0, 0, n, x.data());
                if (ascii) {
                    for (auto& each : x) each &= 0x7f;
                }
                contest of{"utf8_validate",
                           text(n) + (ascii ? ", ASCII" : ", mixed"),
                           static_cast<double>(n),
                           "GB/s",
                           [&] { keep(kernels::utf8_validate({x.data(), n})); },
                           {}};
                const double goal = n == 100 ? 1.0 : n == 4096 || n == 65536 ? 0.7 : 0;
                add_peer(of, "simdjson", goal, own_.simdjson_utf8, x.data(), n,
                         wide_ ? "icelake" : "haswell");
                measure(of, chosen_);
            }
        }
    }

    // A body of {"x":[...]} as the server reads it: shortest texts of floats, and whole numbers.
    void json() {
        namespace wire = lanewise::server::wire;
        lanewise::server::body_pool pool(std::size_t{1} << 30);
        for (const std::size_t n : {100UL, 10'000UL, 1'000'000UL}) {
            for (const bool whole : {false, true}) {
                auto x = generated<float>(kernels::element_type::f32, n, 0);
                if (whole) {
                    for (float& each : x) each = static_cast<float>(static_cast<int>(each * 1000));
                }
                const std::uint64_t sizes[] = {n};
                void* outputs[] = {x.data()};
                const auto& one_array = *kernels::find_kernel("exp_f32");
                const auto printed = wire::to_json(one_array, sizes, outputs, pool);
                std::string body{printed->text()};
                const std::string shape = text(n) + (whole ? ", whole" : ", floats");
                std::string by_to_chars(16 * n + 32, ' ');
                contest written{
                    "json",
                    shape + ", written",
                    static_cast<double>(body.size()),
                    "GB/s",
                    [&] { keep(wire::to_json(one_array, sizes, outputs, pool)->data()); },
                    {}};
                add_peer(written, "std::to_chars", 0, printed_by_to_chars, x.data(), n,
                         by_to_chars.data());
                measure(written, chosen_);
                body.replace(body.find("result"), 6, "x");
                const std::size_t bytes = body.size();
                body.append(64, ' ');  // simdjson reads beyond the end
                array_of<float> to(n);
                contest of{"json",
                           shape,
                           static_cast<double>(bytes),
                           "GB/s",
                           [&] {
                               const auto read = wire::from_json(one_array, {std::nullopt},
                                                                 {body.data(), bytes}, n, pool);
                               keep(read->inputs[0]);
                           },
                           {}};
                add_peer(of, "simdjson", 0, own_.ondemand_floats, body.data(), bytes, to.data());
                add_peer(of, "simdjson, tree", 0, own_.dom_floats, body.data(), bytes, to.data());
                add_peer(of, "fast_float", 0, own_.fast_floats, body.data(), bytes, to.data());
                measure(of, chosen_);
            }
        }
    }

    options chosen_;
    bool wide_;
    const isa_peers& isa_;
    const plain_loops& loops_;
    const option_peers& options_;
    own_choice own_;
};

}  // namespace

void run_contests(const options& chosen) {
    contests{chosen}.run();
}

}  // namespace lanewise::peers
