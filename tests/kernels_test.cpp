// Every kernel on the active variant: against the reference, and to the last bit against `portable`
// and the golden hashes.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iomanip>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "guarded.hpp"
#include "kernels/catalogue.hpp"
#include "kernels/generate.hpp"
#include "kernels/kernels.hpp"
#include "reference.hpp"

namespace kernels = lanewise::kernels;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr std::uint32_t canonical_nan = 0x7fc00000;
constexpr std::size_t lengths_end = 301;

std::uint32_t bits(float value) {
    return std::bit_cast<std::uint32_t>(value);
}
float from_bits(std::uint32_t value) {
    return std::bit_cast<float>(value);
}

template <class T>
std::string_view bytes_of(std::span<T> values) {
    return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

const kernels::variant& variant_named(std::string_view name) {
    const auto list = kernels::variants();
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.name == name; });
    REQUIRE(found != list.end());
    return *found;
}

// What one call takes, in memory that the kernels' contract asks for, and what it gave.
class call {
public:
    call(const kernels::kernel& which, std::vector<std::uint64_t> parameters)
        : kernel_(which), parameters_(std::move(parameters)) {
        for (const auto& each : which.inputs) inputs_.push_back(memory(each));
        for (const auto& each : which.outputs) outputs_.push_back(memory(each));
        if (which.scratch_bytes) scratch_.resize(which.scratch_bytes(parameters_) / 64 + 1);
    }

    void generate(std::uint64_t seed) {
        for (std::size_t a = 0; a < inputs_.size(); ++a) {
            const auto& array = kernel_.inputs[a];
            kernels::generate(array.type, seed, a, 0,
                              kernels::extent(array.dimensions, parameters_), inputs_[a].data());
        }
    }

    // The outputs' bytes, one after another.
    std::string run(const kernels::variant* on = nullptr) {
        std::vector<const void*> in;
        std::vector<void*> out;
        for (const auto& each : inputs_) in.push_back(each.data());
        for (auto& each : outputs_) out.push_back(each.data());
        const kernels::arguments arguments{
            .parameters = parameters_, .inputs = in, .outputs = out, .scratch = scratch_.data()};
        if (on) {
            kernels::run(kernel_, *on, arguments);
        } else {
            kernels::run(kernel_, arguments);
        }
        std::string all;
        for (std::size_t a = 0; a < outputs_.size(); ++a) {
            all.append(reinterpret_cast<const char*>(outputs_[a].data()),
                       bytes(kernel_.outputs[a]));
        }
        return all;
    }

private:
    struct alignas(64) line {
        std::byte bytes[64];
    };

    std::size_t bytes(const kernels::array& array) const {
        return kernels::extent(array.dimensions, parameters_) * kernels::element_bytes(array.type);
    }
    std::vector<line> memory(const kernels::array& array) const {
        return std::vector<line>(bytes(array) / 64 + 1);
    }

    const kernels::kernel& kernel_;
    std::vector<std::uint64_t> parameters_;
    std::vector<std::vector<line>> inputs_;
    std::vector<std::vector<line>> outputs_;
    std::vector<line> scratch_;
};

// FNV-1a, 64 bits.
constexpr std::uint64_t hash_of_nothing = 0xcbf29ce484222325;
std::uint64_t hash(std::string_view bytes, std::uint64_t before = hash_of_nothing) {
    for (const char byte : bytes)
        before = (before ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    return before;
}

// Kinds of values that an array is filled with; each element is a function of its index alone.
enum class values : unsigned char { uniform, any_bits, special, huge, tiny, mixed };
constexpr values all_values[] = {values::uniform, values::any_bits, values::special,
                                 values::huge,    values::tiny,     values::mixed};

void fill(std::span<float> out, values kind, std::uint64_t seed) {
    static const float specials[] = {0.0F,
                                     -0.0F,
                                     1.0F,
                                     -1.0F,
                                     infinity,
                                     -infinity,
                                     from_bits(0x7fc00000),
                                     from_bits(0xffc12345),  // a negative NaN with a payload
                                     from_bits(0x7f812345),  // a signalling NaN
                                     from_bits(0x00000001),
                                     from_bits(0x807fffff),
                                     from_bits(0x00800000),
                                     from_bits(0x7f7fffff),
                                     from_bits(0xff7fffff),
                                     88.72283F,
                                     -87.33654F,
                                     -103.97208F,
                                     -103.97209F};
    std::vector<std::uint32_t> words(out.size());
    kernels::generate(kernels::element_type::u32, seed, 7, 0, words.size(), words.data());
    kernels::generate(kernels::element_type::f32, seed, 0, 0, out.size(), out.data());
    for (std::size_t i = 0; i < out.size(); ++i) {
        switch (kind) {
            case values::uniform:
                break;
            case values::any_bits:
                out[i] = from_bits(words[i]);
                break;
            case values::special:
                out[i] = specials[words[i] % std::size(specials)];
                break;
            case values::huge:
                out[i] *= 3e38F;
                break;
            case values::tiny:
                out[i] *= 1e-38F;
                break;
            // Mostly ordinary, so that a single special value meets every position of a register.
            case values::mixed:
                out[i] = words[i] % 37 == 0 ? specials[words[i] / 37 % std::size(specials)]
                                            : out[i] * 100;
        }
    }
}

std::string describe(std::size_t count, std::size_t offset, values kind, guard side) {
    std::ostringstream out;
    out << "count " << count << ", offset " << offset << ", values " << static_cast<int>(kind)
        << ", guard " << (side == guard::before ? "before" : "after");
    return out.str();
}

// Calls check(inputs, outputs, where) for every length, every offset below the widest vector, every
// kind of values, next to either guard page. The offset varies with the length, so that the product
// stays small and every pair of kinds occurs.
template <class Check>
void sweep(std::size_t arrays, const Check& check) {
    std::vector<guarded<float>*> pages;
    for (std::size_t a = 0; a < arrays; ++a) pages.push_back(new guarded<float>(1024));
    for (std::size_t count = 0; count < lengths_end; ++count) {
        for (std::size_t offset = 0; offset < 16; ++offset) {
            for (const guard side : {guard::before, guard::after}) {
                const values kind = all_values[(count + offset) % std::size(all_values)];
                std::vector<std::span<float>> spans;
                // The arrays are misaligned against each other too.
                for (std::size_t a = 0; a < arrays; ++a) {
                    spans.push_back(pages[a]->at(side, count, (offset * (a + 1)) % 16));
                    fill(spans.back(), kind, count * 16 + offset + a);
                }
                check(spans, describe(count, offset, kind, side));
            }
        }
    }
    for (auto* page : pages) delete page;
}

// Lines "kernel parameters... seed hash", or "kernel sweep hash" for the sweep below; '#' begins a
// comment.
struct golden_row {
    std::string kernel;
    std::vector<std::uint64_t> parameters;
    std::uint64_t seed = 0;
    std::string hash;
    bool sweep = false;
};

std::vector<golden_row> read_golden() {
    std::ifstream file(LANEWISE_TEST_DATA "/golden.txt");
    REQUIRE(file);
    std::vector<golden_row> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        golden_row row;
        words >> row.kernel;
        const auto* kernel = kernels::find_kernel(row.kernel);
        REQUIRE_MESSAGE(kernel, line);
        row.sweep = line.find(" sweep ") != std::string::npos;
        if (row.sweep) {
            std::string word;
            words >> word;
        } else {
            row.parameters.resize(kernel->parameters.size());
            for (auto& parameter : row.parameters) words >> parameter;
            words >> row.seed;
        }
        words >> row.hash;
        REQUIRE_MESSAGE(words, line);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string hexadecimal(std::uint64_t value) {
    std::ostringstream out;
    out << std::hex << std::setw(16) << std::setfill('0') << value;
    return out.str();
}

// The bits of everything that a sweep computed are the same on every architecture, `portable`
// included.
void check_sweep(std::string_view kernel, std::uint64_t hash) {
    for (const auto& row : read_golden()) {
        if (row.sweep && row.kernel == kernel) {
            CHECK_MESSAGE(hexadecimal(hash) == row.hash, "now: ", std::string(kernel), " sweep ",
                          hexadecimal(hash));
            return;
        }
    }
    FAIL("golden.txt has no sweep of " << std::string(kernel) << "; now: " << hexadecimal(hash));
}

template <class Call>
auto on_portable(const Call& function) {
    const std::string active(kernels::active_variant());
    REQUIRE_FALSE(kernels::force_variant("portable"));
    const auto out = function();
    REQUIRE_FALSE(kernels::force_variant(active));
    return out;
}

}  // namespace

TEST_CASE("dot_f32 is within its bound of the reference") {
    for (const std::size_t count : {1UL, 2UL, 63UL, 64UL, 65UL, 100UL, 768UL, 4096UL, 100'003UL}) {
        std::vector<float> x(count);
        std::vector<float> y(count);
        fill(x, values::uniform, count);
        fill(y, values::uniform, count + 1);
        const auto expected = reference::dot_f32(x, y);
        // One rounding a step of a lane's chain, and six levels of the tree.
        const double bound =
            (static_cast<double>(count / 64 + 1) + 6) * 0x1p-24 * expected.magnitude;
        CAPTURE(count);
        CHECK(std::abs(double{kernels::dot_f32(x, y)} - expected.value) <= bound);
    }
}

TEST_CASE("sum_f32 is within its bound of the reference") {
    for (const std::size_t count : {1UL, 2UL, 127UL, 128UL, 129UL, 1000UL, 4096UL, 100'003UL}) {
        std::vector<float> x(count);
        fill(x, values::uniform, count);
        const auto expected = reference::sum_f32(x);
        const double bound =
            (static_cast<double>(count / 128 + 1) + 7) * 0x1p-24 * expected.magnitude;
        CAPTURE(count);
        CHECK(std::abs(double{kernels::sum_f32(x)} - expected.value) <= bound);
    }
}

TEST_CASE("dot_i8 is exact, also where every product is the largest and the sum passes 32 bits") {
    for (const std::size_t count :
         {0UL, 1UL, 15UL, 16UL, 17UL, 63UL, 64UL, 65UL, 1000UL, 600'000UL, 1'100'003UL}) {
        CAPTURE(count);
        std::vector<std::int8_t> x(count);
        std::vector<std::int8_t> y(count);
        kernels::generate(kernels::element_type::i8, count, 0, 0, count, x.data());
        kernels::generate(kernels::element_type::i8, count, 1, 0, count, y.data());
        CHECK(kernels::dot_i8(x, y) == reference::dot_i8(x, y));
        for (const int a : {-128, -1, 0, 127}) {
            for (const int b : {-128, 127}) {
                std::fill(x.begin(), x.end(), static_cast<std::int8_t>(a));
                std::fill(y.begin(), y.end(), static_cast<std::int8_t>(b));
                CHECK(kernels::dot_i8(x, y) == static_cast<std::int64_t>(count) * a * b);
            }
        }
    }
}

TEST_CASE("dot_i8 is exact at every length and byte offset, and stays inside its arrays") {
    const guarded<std::int8_t> xs(1024);
    const guarded<std::int8_t> ys(1024);
    std::uint64_t all = hash_of_nothing;
    for (std::size_t count = 0; count < lengths_end; ++count) {
        for (std::size_t offset = 0; offset < 64; ++offset) {
            const guard side = (count + offset / 2) % 2 == 0 ? guard::before : guard::after;
            const auto x = xs.at(side, count, offset);
            const auto y = ys.at(side, count, offset * 5 % 64);
            kernels::generate(kernels::element_type::i8, count * 64 + offset, 0, 0, count,
                              x.data());
            kernels::generate(kernels::element_type::i8, count * 64 + offset, 1, 0, count,
                              y.data());
            CAPTURE(count);
            CAPTURE(offset);
            std::int64_t got = kernels::dot_i8(x, y);
            CHECK(got == reference::dot_i8(x, y));
            all = hash(bytes_of(std::span(&got, 1)), all);
        }
    }
    check_sweep("dot_i8", all);
}

namespace {

struct worst {
    double error_ulp = 0;
    float at = 0;
    std::uint64_t wrong =
        0;  // results that no error in ulp describes: a NaN, an infinity or a sign that isn't right
};

// exp_f32 of the floats whose bits are first, first + step ... below 2^32.
worst exp_errors(std::uint64_t first, std::uint64_t step) {
    worst out;
    std::vector<float> x(4096);
    std::vector<float> result(x.size());
    for (std::uint64_t next = first; next < (1ULL << 32);) {
        std::size_t count = 0;
        for (; count < x.size() && next < (1ULL << 32); ++count, next += step) {
            x[count] = from_bits(static_cast<std::uint32_t>(next));
        }
        kernels::exp_f32({x.data(), count}, {result.data(), count});
        for (std::size_t i = 0; i < count; ++i) {
            if (std::isnan(x[i])) {
                out.wrong += bits(result[i]) != canonical_nan;
                continue;
            }
            const double expected = reference::exp_f32(x[i]);
            // What rounds to 2^128 or more is infinity.
            if (expected >= 0x1.ffffffp127) {
                out.wrong += result[i] != infinity;
                continue;
            }
            if (std::signbit(result[i]) || std::isinf(result[i]) || std::isnan(result[i])) {
                ++out.wrong;
                continue;
            }
            const double error = std::abs(double{result[i]} - expected) / reference::ulp(expected);
            if (error > out.error_ulp) out = {.error_ulp = error, .at = x[i], .wrong = out.wrong};
        }
    }
    return out;
}

}  // namespace

TEST_CASE("exp_f32 errs by at most 1.1 ulp on a sample of all floats") {
    const worst found = exp_errors(1, 4'099);
    CAPTURE(found.at);
    CHECK(found.error_ulp <= 1.1);
    CHECK(found.wrong == 0);
}

// Minutes: run it with --no-skip --test-case='*on all floats' after a change of the polynomial.
TEST_CASE("exp_f32 errs by at most 1.1 ulp on all floats" * doctest::skip()) {
    const worst found = exp_errors(0, 1);
    std::printf("worst error of exp_f32: %.4f ulp at %a\n", found.error_ulp, double{found.at});
    CHECK(found.error_ulp <= 1.1);
    CHECK(found.wrong == 0);
}

TEST_CASE("no elements give +0") {
    CHECK(bits(kernels::dot_f32({}, {})) == 0);
    CHECK(bits(kernels::sum_f32({})) == 0);
    kernels::exp_f32({}, {});
}

TEST_CASE("a zero sum is +0, whatever the signs of its terms") {
    for (std::size_t count = 1; count < lengths_end; ++count) {
        const std::vector<float> negative_zero(count, -0.0F);
        const std::vector<float> tiny(count, -1e-30F);
        const std::vector<float> also_tiny(count, 1e-30F);  // their products underflow to -0
        CAPTURE(count);
        CHECK(bits(kernels::sum_f32(negative_zero)) == 0);
        CHECK(bits(kernels::dot_f32(negative_zero, also_tiny)) == 0);
        CHECK(bits(kernels::dot_f32(tiny, also_tiny)) == 0);
    }
}

TEST_CASE("a NaN anywhere gives the canonical NaN, and so do opposite infinities") {
    for (std::size_t count = 1; count < lengths_end; ++count) {
        std::vector<float> x(count, 1.0F);
        const std::vector<float> y(count, 1.0F);
        const std::size_t place = count * 7919 % count;
        x[place] = from_bits(0xff812345);
        CAPTURE(count);
        CHECK(bits(kernels::dot_f32(x, y)) == canonical_nan);
        CHECK(bits(kernels::dot_f32(y, x)) == canonical_nan);
        CHECK(bits(kernels::sum_f32(x)) == canonical_nan);
        x[place] = infinity;
        CHECK(kernels::sum_f32(x) == infinity);
        CHECK(kernels::dot_f32(y, x) == infinity);
        if (count > 1) {
            x[(place + 1) % count] = -infinity;
            CHECK(bits(kernels::sum_f32(x)) == canonical_nan);
            CHECK(bits(kernels::dot_f32(y, x)) == canonical_nan);
        }
    }
    const std::vector<float> zero{0.0F};
    const std::vector<float> infinite{infinity};
    CHECK(bits(kernels::dot_f32(zero, infinite)) == canonical_nan);
}

TEST_CASE("exp_f32 of special values") {
    const std::vector<float> x{0.0F,         -0.0F,     infinity,    -infinity, 89.0F, -104.0F,
                               from_bits(1), 88.72283F, -103.97208F, 1e30F,     -1e30F};
    const std::vector<float> expected{1.0F,      1.0F,     infinity, 0.0F,
                                      infinity,  0.0F,     1.0F,     0x1.ffff08p127F,
                                      0x1p-149F, infinity, 0.0F};
    std::vector<float> result(x.size());
    kernels::exp_f32(x, result);
    for (std::size_t i = 0; i < x.size(); ++i) {
        CAPTURE(x[i]);
        CHECK(bits(result[i]) == bits(expected[i]));
    }
    // Results below the normal range are denormals, not zero.
    const std::vector<float> small(64, -100.0F);
    std::vector<float> denormal(64);
    kernels::exp_f32(small, denormal);
    CHECK(denormal[63] == doctest::Approx(std::exp(-100.0)).epsilon(0.05));
    CHECK(std::fpclassify(denormal[0]) == FP_SUBNORMAL);
}

TEST_CASE(
    "dot_f32 has portable's bits at every length, offset and kind of value, and stays inside its "
    "arrays") {
    std::uint64_t all = hash_of_nothing;
    sweep(2, [&](const auto& arrays, const std::string& where) {
        CAPTURE(where);
        const auto call = [&] { return kernels::dot_f32(arrays[0], arrays[1]); };
        const float got = call();
        CHECK(bits(got) == bits(on_portable(call)));
        all = hash(bytes_of(std::span(&got, 1)), all);
    });
    check_sweep("dot_f32", all);
}

TEST_CASE(
    "sum_f32 has portable's bits at every length, offset and kind of value, and stays inside its "
    "array") {
    std::uint64_t all = hash_of_nothing;
    sweep(1, [&](const auto& arrays, const std::string& where) {
        CAPTURE(where);
        const auto call = [&] { return kernels::sum_f32(arrays[0]); };
        const float got = call();
        CHECK(bits(got) == bits(on_portable(call)));
        all = hash(bytes_of(std::span(&got, 1)), all);
    });
    check_sweep("sum_f32", all);
}

TEST_CASE(
    "exp_f32 has portable's bits at every length, offset and kind of value, and stays inside its "
    "arrays") {
    std::vector<float> again(lengths_end);
    std::uint64_t all = hash_of_nothing;
    sweep(2, [&](const auto& arrays, const std::string& where) {
        CAPTURE(where);
        const auto result = arrays[1];
        kernels::exp_f32(arrays[0], result);
        const std::span<float> portable(again.data(), result.size());
        on_portable([&] {
            kernels::exp_f32(arrays[0], portable);
            return 0;
        });
        CHECK(bytes_of(result) == bytes_of(portable));
        all = hash(bytes_of(result), all);
        // In place.
        kernels::exp_f32(arrays[0], arrays[0]);
        CHECK(bytes_of(arrays[0]) == bytes_of(portable));
    });
    check_sweep("exp_f32", all);
}

namespace {

// Values' bits, then indexes: the result of topk_f32, and what it should be.
std::string topk(std::span<const float> x, std::size_t k) {
    std::vector<float> values(k);
    std::vector<std::uint32_t> indexes(k);
    kernels::topk_f32(x, values, indexes);
    return std::string(bytes_of(std::span(values))) + std::string(bytes_of(std::span(indexes)));
}

std::string topk_expected(std::span<const float> x, std::size_t k) {
    auto indexes = reference::topk_f32(x, k);
    std::vector<float> values;
    values.reserve(k);
    for (const auto index : indexes) {
        values.push_back(std::isnan(x[index]) ? from_bits(canonical_nan) : x[index]);
    }
    return std::string(bytes_of(std::span(values))) + std::string(bytes_of(std::span(indexes)));
}

}  // namespace

TEST_CASE("topk_f32 finds the largest in any order of the input, ties by index") {
    for (const std::size_t count : {1UL, 2UL, 257UL, 1000UL, 20'000UL}) {
        std::vector<float> x(count);
        for (int order = 0; order < 8; ++order) {
            fill(x, order < 6 ? all_values[order] : values::uniform, count);
            if (order == 6) std::sort(x.begin(), x.end());
            if (order == 7) std::sort(x.rbegin(), x.rend());
            for (const std::size_t k :
                 {std::size_t{1}, std::size_t{10}, std::size_t{300}, count / 2, count}) {
                if (k == 0 || k > count) continue;
                CAPTURE(count);
                CAPTURE(order);
                CAPTURE(k);
                CHECK(topk(x, k) == topk_expected(x, k));
            }
        }
        std::fill(x.begin(), x.end(), 1.0F);
        CHECK(topk(x, count) == topk_expected(x, count));
        std::fill(x.begin(), x.end(), from_bits(0xffc00001));
        CHECK(topk(x, count / 2) == topk_expected(x, count / 2));
        x[count - 1] = -infinity;  // one number among NaNs, at the very end
        CHECK(topk(x, 1) == topk_expected(x, 1));
    }
    CHECK(topk({}, 0).empty());
}

TEST_CASE(
    "topk_f32 is right at every length, offset and kind of value, and stays inside its array") {
    std::uint64_t all = hash_of_nothing;
    sweep(1, [&](const auto& arrays, const std::string& where) {
        CAPTURE(where);
        const std::size_t k = arrays[0].size() < 7 ? arrays[0].size() : 7;
        const std::string got = topk(arrays[0], k);
        CHECK(got == topk_expected(arrays[0], k));
        all = hash(got, all);
    });
    check_sweep("topk_f32", all);
}

TEST_CASE("gemm_f32 is within its bound of the reference") {
    const std::size_t shapes[][3] = {{1, 1, 1},     {3, 5, 7},     {14, 32, 256},
                                     {15, 33, 257}, {64, 64, 64},  {1, 500, 9},
                                     {500, 1, 300}, {29, 97, 600}, {13, 1000, 31}};
    for (const auto& shape : shapes) {
        const std::size_t m = shape[0];
        const std::size_t n = shape[1];
        const std::size_t k = shape[2];
        std::vector<float> a(m * k);
        std::vector<float> b(k * n);
        std::vector<float> c(m * n);
        fill(a, values::uniform, m);
        fill(b, values::uniform, n);
        kernels::gemm_f32(m, n, k, a, b, c);
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                const auto expected = reference::gemm_f32(n, k, a, b, i, j);
                const double bound = static_cast<double>(k) * 0x1p-24 * expected.magnitude;
                CAPTURE(m);
                CAPTURE(n);
                CAPTURE(k);
                if (!(std::abs(double{c[i * n + j]} - expected.value) <= bound))
                    FAIL_CHECK(i << ", " << j);
            }
        }
    }
}

TEST_CASE(
    "gemm_f32 is one chain of fma per element, to the last bit, and stays inside its arrays") {
    // Every size around the edges of the tiles, with values that tell a chain from any other order;
    // and a depth beyond one block.
    const guarded<float> as(32 * 1024);
    const guarded<float> bs(64 * 1024);
    const guarded<float> cs(8 * 1024);
    std::uint64_t all = hash_of_nothing;
    std::uint64_t seed = 0;
    const auto check = [&](std::size_t m, std::size_t n, std::size_t k) {
        const guard side = ++seed % 2 == 0 ? guard::before : guard::after;
        const auto a = as.at(side, m * k, seed % 16);
        const auto b = bs.at(side, k * n, seed / 16 % 16);
        const auto c = cs.at(side, m * n, seed % 5);
        fill(a, all_values[seed % std::size(all_values)], seed);
        fill(b, all_values[seed / 2 % std::size(all_values)], seed + 1);
        kernels::gemm_f32(m, n, k, a, b, c);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                float expected = 0.0F;
                for (std::size_t p = 0; p < k; ++p)
                    expected = std::fma(a[i * k + p], b[p * n + j], expected);
                if (std::isnan(expected)) expected = from_bits(canonical_nan);
                wrong += bits(c[i * n + j]) != bits(expected) ? 1 : 0;
            }
        }
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        CHECK(wrong == 0);
        all = hash(bytes_of(c), all);
    };
    for (std::size_t m = 0; m <= 30; ++m) check(m, 33, 5);
    for (std::size_t n = 0; n <= 100; ++n) check(15, n, 4);
    for (std::size_t k = 0; k <= 40; ++k) check(7, 18, k);
    for (const std::size_t k : {255UL, 256UL, 257UL, 512UL, 513UL}) check(17, 50, k);
    for (const std::size_t m : {1UL, 2UL, 3UL, 4UL}) check(m, 1000, 3);
    for (std::size_t n = 1; n <= 70; ++n) check(1, n, 5);
    for (std::size_t m = 1; m <= 140; ++m) check(m, 1, 1 + m % 37);
    check(300, 1, 80);
    check_sweep("gemm_f32", all);
}

TEST_CASE("exp_f32 gives an element the same bits wherever it stands") {
    // A full group takes a shorter way when all its elements are ordinary: no result may show which
    // way it went.
    std::vector<float> x(64);
    for (std::uint32_t sample = 0; sample < 20'000; ++sample) {
        const float value = from_bits(sample * 214'729U);
        std::fill(x.begin(), x.end(), value);
        std::vector<float> alone(1);
        std::vector<float> together(64);
        kernels::exp_f32({x.data(), 1}, alone);
        kernels::exp_f32(x, together);
        CAPTURE(value);
        CHECK(bits(together[0]) == bits(alone[0]));
        CHECK(bits(together[63]) == bits(alone[0]));
    }
}

TEST_CASE("the catalogue's names are unique, and run() is the C++ face") {
    std::set<std::string_view> names;
    for (const auto& kernel : kernels::catalogue()) {
        CAPTURE(kernel.name);
        CHECK(names.insert(kernel.name).second);
        CHECK(kernels::find_kernel(kernel.name) == &kernel);
        CHECK(bool(kernel.run));
        CHECK(!kernel.summary.empty());
        CHECK(!kernel.outputs.empty());
    }
    CHECK(kernels::find_kernel("dot_f33") == nullptr);

    std::vector<float> x(1000);
    std::vector<float> y(1000);
    std::vector<float> result(1000);
    kernels::generate(kernels::element_type::f32, 5, 0, 0, x.size(), x.data());
    kernels::generate(kernels::element_type::f32, 5, 1, 0, y.size(), y.data());
    const auto same = [](std::string_view name, std::vector<std::uint64_t> parameters,
                         const void* expected) {
        const auto* kernel = kernels::find_kernel(name);
        REQUIRE(kernel);
        call made(*kernel, std::move(parameters));
        made.generate(5);
        const std::string got = made.run();
        CAPTURE(name);
        CHECK(std::memcmp(got.data(), expected, got.size()) == 0);
    };
    const float dot = kernels::dot_f32(x, y);
    same("dot_f32", {1000}, &dot);
    std::vector<std::int8_t> x_bytes(1000);
    std::vector<std::int8_t> y_bytes(1000);
    kernels::generate(kernels::element_type::i8, 5, 0, 0, x_bytes.size(), x_bytes.data());
    kernels::generate(kernels::element_type::i8, 5, 1, 0, y_bytes.size(), y_bytes.data());
    const std::int64_t dot_bytes = kernels::dot_i8(x_bytes, y_bytes);
    same("dot_i8", {1000}, &dot_bytes);
    const float sum = kernels::sum_f32(x);
    same("sum_f32", {1000}, &sum);
    kernels::exp_f32(x, result);
    same("exp_f32", {1000}, result.data());
    std::vector<float> product(24 * 20);
    const std::span<const float> elements(x);
    std::vector<float> right(30 * 20);
    kernels::generate(kernels::element_type::f32, 5, 1, 0, right.size(), right.data());
    kernels::gemm_f32(24, 20, 30, elements.first(24 * 30), right, product);
    same("gemm_f32", {24, 20, 30}, product.data());
    const std::string largest = topk(x, 10);
    same("topk_f32", {1000, 10}, largest.data());
    const auto* topk_kernel = kernels::find_kernel("topk_f32");
    REQUIRE(topk_kernel);
    CHECK(topk_kernel->refuses(std::vector<std::uint64_t>{10, 10}).empty());
    CHECK(topk_kernel->refuses(std::vector<std::uint64_t>{10, 11}) ==
          "k is 11; it has to be from 1 to n, which is 10");
}

TEST_CASE("extent saturates where a product overflows") {
    const kernels::dimension shape[] = {
        {.parameter = 0}, {.parameter = 1}, {.parameter = -1, .constant = 4}};
    const std::uint64_t small[] = {3, 5};
    const std::uint64_t large[] = {1ULL << 40, 1ULL << 40};
    CHECK(kernels::extent(shape, small) == 60);
    CHECK(kernels::extent(shape, large) == SIZE_MAX);
    CHECK(kernels::extent({}, small) == 1);
}

TEST_CASE("generated input is splitmix64, as documented") {
    // splitmix64's first outputs from state 1234567, as its author publishes them.
    const std::uint64_t published[] = {6457827717110365317U, 3203168211198807973U,
                                       9817491932198370423U};
    constexpr std::uint64_t step = 0x9e3779b97f4a7c15;
    const auto mix = [](std::uint64_t z) {
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    };
    for (std::uint64_t i = 0; i < 3; ++i) CHECK(mix(1234567 + (i + 1) * step) == published[i]);

    for (const std::uint64_t seed : {0ULL, 1ULL, ~0ULL}) {
        for (std::uint64_t array = 0; array < 3; ++array) {
            std::uint64_t words[50];
            float floats[50];
            std::int8_t bytes[50];
            kernels::generate(kernels::element_type::u64, seed, array, 0, 50, words);
            kernels::generate(kernels::element_type::f32, seed, array, 0, 50, floats);
            kernels::generate(kernels::element_type::i8, seed, array, 0, 50, bytes);
            for (std::uint64_t i = 0; i < 50; ++i) {
                CHECK(words[i] == mix(mix(seed + (array + 1) * step) + (i + 1) * step));
                CHECK(double{floats[i]} == static_cast<double>(words[i] >> 40) * 0x1p-23 - 1);
                CHECK(bytes[i] == static_cast<std::int8_t>(words[i] >> 56));
            }
            std::uint64_t later[20];
            kernels::generate(kernels::element_type::u64, seed, array, 30, 20, later);
            CHECK(std::equal(later, later + 20, words + 30));
        }
    }
}

TEST_CASE("results have the golden hashes, on every architecture") {
    std::map<std::string_view, int> rows_of;
    for (const auto& row : read_golden()) {
        if (row.sweep) continue;
        const auto& kernel = *kernels::find_kernel(row.kernel);
        ++rows_of[kernel.name];
        call made(kernel, row.parameters);
        made.generate(row.seed);
        const std::string got =
            hexadecimal(hash(made.run(&variant_named(kernels::active_variant()))));
        std::ostringstream now;
        now << row.kernel;
        for (const auto parameter : row.parameters) now << ' ' << parameter;
        now << ' ' << row.seed << ' ' << got;
        CHECK_MESSAGE(got == row.hash, "now: ", now.str());
    }
    for (const auto& kernel : kernels::catalogue()) {
        CAPTURE(kernel.name);
        CHECK(rows_of[kernel.name] >= 5);
    }
}
