// black_scholes_f32: against the reference over its domain, outside of it, and to the last bit.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/catalogue.hpp"
#include "kernels/generate.hpp"
#include "tests/kernels/golden.hpp"
#include "tests/kernels/kernel_call.hpp"
#include "tests/kernels/kernel_values.hpp"
#include "tests/kernels/reference.hpp"

namespace {

// The five inputs of some options, in the order in which the kernel declares them.
struct book {
    std::vector<float> inputs[5];

    explicit book(std::size_t count) {
        for (auto& each : inputs) each.resize(count);
    }
    kernels::options options() const {
        return {inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]};
    }
};

constexpr float least[] = {1e-9F, 1e-9F, 1e-6F, -0.5F, 1e-3F};
constexpr float most[] = {1e12F, 1e12F, 100, 0.5F, 10};

// Calls, then puts.
std::vector<float> prices(const book& of) {
    const std::size_t count = of.inputs[0].size();
    std::vector<float> result(2 * count);
    const std::span<float> both(result);
    kernels::black_scholes_f32(of.options(), both.first(count), both.last(count));
    return result;
}

enum class market : unsigned char { ordinary, at_the_money, anywhere };

book make_book(market kind, std::size_t count, std::uint64_t seed) {
    book out(count);
    const auto& arrays = kernels::find_kernel("black_scholes_f32")->inputs;
    for (std::size_t a = 0; a < 5; ++a) {
        if (kind == market::ordinary) {
            kernels::generate(arrays[a], seed, a, 0, count, out.inputs[a].data());
            continue;
        }
        // Evenly by logarithm, save the rate.
        kernels::generate(kernels::element_type::f32, seed, a, 0, count, out.inputs[a].data());
        for (float& value : out.inputs[a]) {
            const double part = (double{value} + 1) / 2 * 0.998 + 0.001;
            value = a == 3 ? value / 2
                           : static_cast<float>(least[a] *
                                                std::pow(double{most[a]} / double{least[a]}, part));
        }
        if (kind == market::at_the_money && a == 1) {
            for (std::size_t i = 0; i < count; ++i) {
                const auto near = static_cast<double>(i % 29) * 1e-3;
                out.inputs[1][i] =
                    static_cast<float>(double{out.inputs[0][i]} * (1 + near * near * near));
            }
        }
    }
    return out;
}

}  // namespace

TEST_CASE("black_scholes_f32 is within its bound of the reference, all over its domain") {
    for (const market kind : {market::ordinary, market::at_the_money, market::anywhere}) {
        const std::size_t count = 3'000;
        const book of = make_book(kind, count, 11);
        const auto got = prices(of);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto& in = of.inputs;
            const auto expected =
                reference::black_scholes_f32(in[0][i], in[1][i], in[2][i], in[3][i], in[4][i]);
            const double ulp = reference::ulp(static_cast<double>(expected.scale));
            const double bound =
                (4 + std::abs(std::log(double{in[0][i]} / double{in[1][i]})) / 2) * ulp;
            const auto within = [&](float price, long double exact) {
                return price >= 0 &&
                       std::abs(static_cast<double>(static_cast<long double>(price) - exact)) <=
                           bound;
            };
            wrong += within(got[i], expected.call) && within(got[count + i], expected.put) ? 0 : 1;
        }
        CAPTURE(static_cast<int>(kind));
        CHECK(wrong == 0);
    }
}

TEST_CASE("black_scholes_f32 of an option that textbooks price") {
    // Hull, Options, Futures and Other Derivatives: 42, 40, half a year, 10 %, 20 %: 4.76 and 0.81.
    book of(1);
    const float option[] = {42, 40, 0.5F, 0.1F, 0.2F};
    for (std::size_t a = 0; a < 5; ++a) of.inputs[a][0] = option[a];
    const auto got = prices(of);
    CHECK(got[0] == doctest::Approx(4.7594).epsilon(1e-4));
    CHECK(got[1] == doctest::Approx(0.8086).epsilon(1e-4));
}

TEST_CASE("black_scholes_f32 answers NaN outside of its domain, and prices up to its bounds") {
    const float ordinary[] = {100, 100, 1, 0.05F, 0.2F};
    const auto price = [&](std::size_t changed, float value) {
        book of(40);
        for (std::size_t a = 0; a < 5; ++a) {
            for (float& each : of.inputs[a]) each = ordinary[a];
        }
        of.inputs[changed][7] = value;
        const auto got = prices(of);
        CHECK(got[6] == got[8]);
        CHECK(got[6] > 10);
        CHECK(std::isnan(got[7]) == std::isnan(got[47]));
        if (std::isnan(got[7])) CHECK(bits(got[7]) == canonical_nan);
        if (std::isnan(got[47])) CHECK(bits(got[47]) == canonical_nan);
        return got[7];
    };
    for (std::size_t a = 0; a < 5; ++a) {
        CAPTURE(a);
        CHECK_FALSE(std::isnan(price(a, least[a])));
        CHECK_FALSE(std::isnan(price(a, most[a])));
        for (const float outside :
             {std::nextafter(least[a], -infinity), std::nextafter(most[a], infinity), infinity,
              -infinity, from_bits(0x7fc00000), from_bits(0xff812345)}) {
            CHECK(std::isnan(price(a, outside)));
        }
        if (a != 3) {
            for (const float outside : {0.0F, -0.0F, -1.0F, from_bits(1)})
                CHECK(std::isnan(price(a, outside)));
        }
    }
    // Far out of the money: exactly nothing, with the sign of nothing.
    CHECK(bits(price(1, 1e12F)) == 0);
}

TEST_CASE("black_scholes_f32 of no options touches nothing") {
    CHECK(prices(book(0)).empty());
}

TEST_CASE(
    "black_scholes_f32 has portable's bits at every length, offset and kind of value, and stays "
    "inside its arrays") {
    std::vector<float> again(2 * lengths_end);
    std::uint64_t all = hash_of_nothing;
    sweep(7, [&](const auto& arrays, const std::string& where) {
        CAPTURE(where);
        const std::size_t count = arrays[0].size();
        if (count > 40 && count % 7 != 0) return;  // seven arrays a call, and emulators are slow
        // Two thirds of the sweep's values are in the domain, or nearly.
        for (std::size_t a = 0; a < 5; ++a) {
            for (std::size_t i = 0; i < count; ++i) {
                float& value = arrays[a][i];
                if (i % 3 != 0 && std::abs(value) < 1e30F)
                    value = least[a] + std::abs(value) * (a == 3 ? 1.0F : 3.0F);
            }
        }
        const kernels::options of{arrays[0], arrays[1], arrays[2], arrays[3], arrays[4]};
        const std::span<float> call(again.data(), count);
        const std::span<float> put(again.data() + count, count);
        on_portable([&] {
            kernels::black_scholes_f32(of, call, put);
            return 0;
        });
        kernels::black_scholes_f32(of, arrays[5], arrays[6]);
        CHECK(bytes_of(arrays[5]) == bytes_of(call));
        CHECK(bytes_of(arrays[6]) == bytes_of(put));
        all = hash(bytes_of(arrays[6]), hash(bytes_of(arrays[5]), all));
        // In place.
        kernels::black_scholes_f32(of, arrays[4], arrays[0]);
        CHECK(bytes_of(arrays[4]) == bytes_of(call));
        CHECK(bytes_of(arrays[0]) == bytes_of(put));
    });
    check_sweep("black_scholes_f32", all);
}

TEST_CASE("the catalogue runs black_scholes_f32") {
    const auto got = prices(make_book(market::ordinary, 1000, 5));
    check_run("black_scholes_f32", {1000}, bytes_of(std::span(got)));
    for (const float price : got) CHECK(price >= 0);
}
