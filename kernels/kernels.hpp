// SIMD kernels that return the same answer to the last bit on every node.
// Each call runs the active variant: the best that this CPU and this system can run, or the one
// that was forced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lanewise::kernels {

/// Dot product of x and y, which have equal lengths. Order of summation: 64 virtual lanes, then a
/// fixed tree. No elements give +0; a NaN anywhere gives the canonical quiet NaN (0x7fc00000).
[[nodiscard]] float dot_f32(std::span<const float> x, std::span<const float> y) noexcept;

/// Dot product of two vectors of signed bytes, exact for any values and any length below 2^49.
[[nodiscard]] std::int64_t dot_i8(std::span<const std::int8_t> x,
                                  std::span<const std::int8_t> y) noexcept;

/// Sum of x. Order of summation: 128 virtual lanes, then a fixed tree. No elements give +0.
[[nodiscard]] float sum_f32(std::span<const float> x) noexcept;

/// e to the power of each element of x, into result, which has as many elements; x and result may
/// be the same array. Error at most 1.1 ulp; overflow gives infinity, NaN gives the canonical quiet
/// NaN.
void exp_f32(std::span<const float> x, std::span<float> result) noexcept;

/// e to the power of each element of x over the sum of all such powers, into result, which has as
/// many elements; x and result may be the same array. The largest element is taken off first, then
/// the powers are those of exp_f32, added over 32 virtual lanes and a fixed tree, and each is
/// multiplied by the sum's reciprocal. For d, the largest element less x, up to 87 the relative
/// error is at most (11 + ln n + n / 32 + d) / 2^24: what exp_f32 errs, the chain of a lane, and
/// the rounding of d; against long double it was at most (2.4 + d) / 2^24 for n up to 4,096, and
/// (8.2 + d) / 2^24 at 20,003 (uniform data of four ranges). Below, results are denormals, and 0
/// from d = 104 on. A NaN or +infinity anywhere, or -infinity everywhere, makes every result the
/// canonical quiet NaN; else -infinity gives +0.
void softmax_f32(std::span<const float> x, std::span<float> result) noexcept;

/// Options to be priced, an element of each array for each: prices in any one currency, years to
/// expiry, the continuous rate and the volatility by the year (0.05 is 5 %).
struct options {
    std::span<const float> spot, strike, years, rate, volatility;
};

/// Prices of European calls and puts by Black, Scholes (1973) and Merton (1973), without dividends.
/// All arrays have as many elements; results may overwrite inputs. Domain: spot and strike from
/// 1e-9 to 1e12, years from 1e-6 to 100, rate from -0.5 to 0.5, volatility from 0.001 to 10; where
/// any of an option's five is outside of it or NaN, both prices are the canonical quiet NaN. A
/// price is never below +0. The error is at most 4 + |ln(spot / strike)| / 2 ulp of the larger of
/// spot and discounted strike: what a logarithm rounded to f32 makes of deep options with little
/// volatility. Against long double (8 million options, half of them at the money or over the whole
/// domain) it was at most 3.7 ulp where ln(spot / strike) is below 1.7, and 13.5 ulp anywhere.
void black_scholes_f32(const options& of, std::span<float> call, std::span<float> put) noexcept;

/// Matrix product c = a b of an m by k and a k by n matrix, all dense in row-major order; c must
/// not overlap a or b. Each element is one chain of fma over the inner index, in order, from +0: k
/// = 0 gives +0, a zero keeps the sign that the chain gives it, and a NaN is canonical. Where n is
/// 1, each element is dot_f32 of a's row and b, with its order of summation. Throws std::bad_alloc.
void gemm_f32(std::size_t m, std::size_t n, std::size_t k, std::span<const float> a,
              std::span<const float> b, std::span<float> c);

/// Matrix product c = a b of an m by k and a k by n matrix of signed bytes, all dense in row-major
/// order; c must not overlap a or b. Sums are of 32 bits and wrap around modulo 2^32, so that each
/// element is exact for any values while k is below 2^17. k = 0 gives 0. Throws std::bad_alloc.
void gemm_i8(std::size_t m, std::size_t n, std::size_t k, std::span<const std::int8_t> a,
             std::span<const std::int8_t> b, std::span<std::int32_t> c);

/// A 5 by 5 filter of an image of height by width elements, row-major, into result of the same
/// shape, which must not overlap it: result(y, x) is the sum over i and j from 0 to 4 of
/// weights(i, j) * image(y + i - 2, x + j - 2), where rows and columns beyond the image's borders
/// are the nearest within. Nothing is mirrored: this is a correlation, as image filters are. Each
/// element is one chain of 25 fma in the order of the weights, from +0, so that its error is at
/// most 25 / 2^24 of the sum of its terms' magnitudes; a NaN is canonical. A height or width of 0
/// gives nothing.
void convolve_f32(std::size_t height, std::size_t width, std::span<const float> image,
                  std::span<const float, 25> weights, std::span<float> result) noexcept;

/// How often each byte occurs in x: counts[b] is set to the number of elements that are b. Exact;
/// no elements give 256 zeros.
void histogram_u8(std::span<const std::uint8_t> x, std::span<std::uint64_t, 256> counts) noexcept;

/// The k largest elements of x, largest first, where k is the size of values and of indexes: at
/// most that of x, which is at most 2^32 - 1. Of equal elements the one with the lower index comes
/// first; -0 equals +0 and keeps its sign; a NaN comes after every number, and is canonical in
/// values. Throws std::bad_alloc.
void topk_f32(std::span<const float> x, std::span<float> values, std::span<std::uint32_t> indexes);

/// Whether bytes are text, and where they cease to be.
struct utf8_verdict {
    bool valid;
    std::size_t offset;  ///< of the first byte of the first wrong sequence; the length if valid
};

/// Whether x is well-formed UTF-8 by RFC 3629: no character cut short, none longer than it need be,
/// no surrogate, nothing beyond U+10FFFF. A wrong sequence begins where a character would have to;
/// a continuation of nothing is one by itself. No elements are valid. Exact; method: Keiser and
/// Lemire, Validating UTF-8 in less than one instruction per byte (2021).
[[nodiscard]] utf8_verdict utf8_validate(std::span<const std::uint8_t> x) noexcept;

/// Squared Euclidean distance of x and y, which have equal lengths: the sum of (x - y)^2, where
/// each difference is rounded first. Order of summation: that of dot_f32. No elements give +0; a
/// NaN anywhere, or the same infinity in both at one place, gives the canonical quiet NaN.
[[nodiscard]] float squared_distance_f32(std::span<const float> x,
                                         std::span<const float> y) noexcept;

/// One way that the kernels were compiled: one set of instructions.
struct variant {
    std::string_view name;
    bool runnable;           ///< this CPU and this system have all that it needs
    std::string_view lacks;  ///< what is missing if it is not runnable, such as "avx512vnni"
    unsigned register_bits;  ///< width of the vector registers that it may use
};

/// All that were built for this architecture, best first, `portable` last.
[[nodiscard]] std::span<const variant> variants() noexcept;

/// The one that every call runs now.
[[nodiscard]] std::string_view active_variant() noexcept;

/// Makes every later call run this variant; returns what is wrong with the name if it can't. Not
/// for use while calls run.
[[nodiscard]] std::optional<std::string> force_variant(std::string_view name);

}  // namespace lanewise::kernels
